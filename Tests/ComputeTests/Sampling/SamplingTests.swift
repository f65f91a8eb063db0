import Compute
import Foundation
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SamplingTests {
    /// The tokens that a device draws from logits; -1 marks elements that must not be written.
    static func tokens(
      _ logits: [Float], uniforms: [Float], temperature: Float, width: Int, on device: Device
    ) throws -> [Int32] {
      let rows = uniforms.count
      var values = try device.buffer(logits)
      let numbers = try device.buffer(uniforms)
      var tokens = try device.buffer([Int32](repeating: -1, count: rows + 8))
      try device.softmax(&values, rows: rows, width: width, temperature: temperature)
      try device.sample(values, uniforms: numbers, rows: rows, width: width, into: &tokens)
      let found = try device.download(tokens)
      #expect(found[rows...].allSatisfy { $0 == -1 })
      return Array(found[..<rows])
    }

    @Test(arguments: TestDevice.all)
    func drawsByTheDistributionFunction(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 15, 16, 17, 255, 257, 513, 151_936] {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = VocabularyWorkload(rows: 4, width: width, using: &generator)
        for temperature: Float in [0.5, 1, 3] {
          let found = try Self.tokens(
            workload.logits, uniforms: workload.uniforms, temperature: temperature, width: width,
            on: device)
          for (row, token) in found.enumerated() {
            // The uniform number is in the token's interval of the distribution, up to rounding.
            let cumulative = workload.cumulative(row, temperature: Double(temperature))
            let uniform = Double(workload.uniforms[row])
            let below = token == 0 ? 0 : cumulative[Int(token) - 1]
            #expect(below - 1e-5 < uniform && uniform < cumulative[Int(token)] + 1e-5)
          }
          let again = try Self.tokens(
            workload.logits, uniforms: workload.uniforms, temperature: temperature, width: width,
            on: device)
          #expect(found == again)
        }
      }
    }

    @Test(arguments: TestDevice.all)
    func neverDrawsWhatHasNoProbability(on name: TestDevice) throws {
      let device = try name.open()
      let width = 1030
      var logits = [Float](repeating: -.infinity, count: width)
      logits[40] = 1
      logits[700] = 1
      let uniforms: [Float] = [0, 0.25, 0.75, 1 - 0x1p-24]
      let found = try Self.tokens(
        Array([[Float]](repeating: logits, count: 4).joined()), uniforms: uniforms,
        temperature: 1, width: width, on: device)
      #expect(found == [40, 40, 700, 700])
    }

    @Test(arguments: TestDevice.all)
    func frequenciesFollowTheProbabilities(on name: TestDevice) throws {
      let device = try name.open()
      let draws = 4096
      let logits: [Float] = [0, 1, 2, -1, 0.5]
      let numbers = UniformNumbers(seed: 5)
      let found = try Self.tokens(
        Array([[Float]](repeating: logits, count: draws).joined()),
        uniforms: (0..<draws).map { numbers[UInt64($0)] }, temperature: 0.8, width: 5, on: device)
      let weights = logits.map { Double($0) / 0.8 }.map { x in exp(x) }
      let total = weights.reduce(0, +)
      for (token, weight) in weights.enumerated() {
        let expected = weight / total
        let frequency = Double(found.count { $0 == token }) / Double(draws)
        // Four standard deviations of the frequency over this many draws.
        #expect(
          abs(frequency - expected) < 4 * (expected * (1 - expected) / Double(draws)).squareRoot())
      }
    }

    @Test func refusesATemperatureOfZero() throws {
      let device = try TestDevice.cpu.open()
      #expect(throws: ComputeError.temperature(0)) {
        _ = try Self.tokens([0, 1], uniforms: [0.5], temperature: 0, width: 2, on: device)
      }
    }
  }
}
