import Compute
import Foundation
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct CrossEntropyTests {
    static let widths = [1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 2047, 2048, 2049, 151_936]
    static let settings: [(temperature: Float, softCap: Float?)] = [(1, nil), (0.5, nil), (2, 30)]

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = CrossEntropyWorkload(
          rows: width > 3000 ? 1 : 3, width: width, using: &generator)
        for setting in Self.settings { try check(workload, setting, on: device) }
      }
    }

    private func check(
      _ workload: CrossEntropyWorkload, _ setting: (temperature: Float, softCap: Float?),
      on device: Device
    ) throws {
      let (rows, width) = (workload.rows, workload.width)
      let targets = try device.buffer(workload.targets)
      // A batch whose first row is another chunk's.
      let rowIndices = try device.rowIndices([0] + workload.rowIndices)
      var logits = try Canary(device, count: workload.logits.count, values: workload.logits)
      var losses = try Canary(device, count: rows + 1)
      try device.crossEntropyLoss(
        of: targets, at: rowIndices, logits: logits.buffer, rows: rows, width: width,
        firstIndex: 1, firstRow: 1, temperature: setting.temperature, losses: &losses.buffer)
      let measured = try #require(try losses.result(device))
      #expect(try logits.result(device) == workload.logits)
      try device.crossEntropy(
        of: targets, at: rowIndices, logits: &logits.buffer, rows: rows, width: width,
        firstIndex: 1, firstRow: 1, temperature: setting.temperature, weight: workload.weight,
        softCap: setting.softCap, losses: &losses.buffer)
      let found = try #require(try losses.result(device))
      let comment: Comment = "width \(width), \(setting)"
      let expected = workload.losses(temperature: setting.temperature)
      for list in [measured, found] {
        let error = relativeError(Array(list[1...]), expected, terms: 1)
        #expect(error < Tolerance.transcendental.rawValue, comment)
      }
      let gradient = workload.gradient(
        temperature: setting.temperature, softCap: setting.softCap)
      let error = relativeError(
        try #require(try logits.result(device)), gradient,
        terms: Double(workload.weight / setting.temperature))
      #expect(error < Tolerance.transcendental.rawValue, comment)
    }

    @Test(arguments: TestDevice.all)
    func chunksAndRepetitionsGiveTheSameBits(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 5)
      let workload = CrossEntropyWorkload(rows: 4, width: 5000, using: &generator)
      let targets = try device.buffer(workload.targets)
      let rowIndices = try device.rowIndices(workload.rowIndices)
      var losses = try device.buffer(of: Float.self, count: 4)
      func gradient(_ first: Int, _ rows: Int) throws -> [Float] {
        var logits = try device.buffer(
          Array(workload.logits[(first * 5000)..<((first + rows) * 5000)]))
        try device.crossEntropy(
          of: targets, at: rowIndices, logits: &logits, rows: rows, width: 5000,
          firstIndex: first, firstRow: first, temperature: 1, weight: 1, losses: &losses)
        return try device.download(logits)
      }
      let whole = try gradient(0, 4)
      let loss = try device.download(losses)
      #expect(try gradient(0, 2) + gradient(2, 2) == whole)
      #expect(try device.download(losses) == loss)
    }

    @Test func referenceGradientsAgreeWithCentralDifferences() {
      var generator = SeededGenerator(seed: 7)
      let workload = CrossEntropyWorkload(rows: 2, width: 9, using: &generator)
      let point = workload.logits.map(Double.init)
      for temperature: Float in [0.5, 1, 2] {
        let numeric = centralDifferences(at: point) {
          workload.losses(temperature: temperature, $0).reduce(0, +) * Double(workload.weight)
        }
        let gradient = workload.gradient(temperature: temperature).map(Float.init)
        #expect(relativeError(gradient, numeric) < 1e-6)
        let cap = 30.0
        let capped = centralDifferences(at: point.map { cap * atanh($0 / cap) }) { raw in
          workload.losses(temperature: temperature, raw.map { cap * tanh($0 / cap) })
            .reduce(0, +) * Double(workload.weight)
        }
        let bent = workload.gradient(temperature: temperature, softCap: 30).map(Float.init)
        #expect(relativeError(bent, capped) < 1e-6)
      }
    }
  }
}
