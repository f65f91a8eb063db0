import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct GradientNormTests {
    @Test(arguments: TestDevice.all)
    func clipsAsTorchDoes(on name: TestDevice) throws {
      let device = try name.open()
      for count in [1, 15, 16, 17, 129, 8191, 8192, 8193, 300_000] {
        var generator = SeededGenerator(seed: UInt64(count))
        let workload = OptimizerWorkload(count: count, steps: 1, using: &generator)
        let gradient = try device.buffer(workload.gradients[0])
        let expected = workload.norm()
        for limit in [Float(expected) / 3, Float(expected) * 3, .infinity] {
          var runs: [[Float]] = []
          for _ in 0..<2 {
            var norm = try Canary(device, count: 1)
            var factor = try Canary(device, count: 1)
            try device.gradientNorm(
              gradient, count: count, limit: limit, norm: &norm.buffer,
              clipFactor: &factor.buffer)
            let length = try #require(try norm.result(device))
            let clip = try #require(try factor.result(device))
            #expect(relativeError(length, [expected]) < Tolerance.rowArithmetic.rawValue)
            let clipFactor = min(1, Double(limit) / (expected + 1e-6))
            #expect(relativeError(clip, [clipFactor]) < Tolerance.rowArithmetic.rawValue)
            runs.append(length + clip)
          }
          #expect(runs[0] == runs[1])
        }
      }
    }
  }
}
