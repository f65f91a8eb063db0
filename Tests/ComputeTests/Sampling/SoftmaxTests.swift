import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SoftmaxTests {
    static let widths = [1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 2047, 2048, 2049, 151_936]

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        for temperature: Float in [0.5, 1, 2] {
          var generator = SeededGenerator(seed: UInt64(width))
          let workload = SoftmaxWorkload(
            rows: 3, width: width, temperature: temperature, using: &generator)
          var rows = try Canary(device, count: workload.logits.count, values: workload.logits)
          try device.softmax(
            &rows.buffer, rows: workload.rows, width: width, temperature: temperature)
          let found = try #require(try rows.result(device))
          #expect(
            relativeError(found, workload.probabilities()) < Tolerance.transcendental.rawValue,
            "width \(width), temperature \(temperature)")
        }
      }
    }

    @Test(arguments: TestDevice.all)
    func holdsWhereExponentialsAloneWouldOverflow(on name: TestDevice) throws {
      let device = try name.open()
      var logits = try device.buffer([Float](arrayLiteral: 1000, 999, -60000))
      try device.softmax(&logits, rows: 1, width: 3)
      let found = try device.download(logits)
      #expect(abs(found[0] - 0.7310586) < 1e-6)
      #expect(abs(found[1] - 0.2689414) < 1e-6)
      #expect(found[2] == 0)
    }

    @Test(arguments: TestDevice.all)
    func aNumberThatIsNoneShows(on name: TestDevice) throws {
      let device = try name.open()
      var logits = [Float](repeating: 0, count: 300)
      logits[200] = .nan
      var buffer = try device.buffer(logits)
      try device.softmax(&buffer, rows: 1, width: 300)
      #expect(try device.download(buffer).allSatisfy(\.isNaN))
    }
  }
}
