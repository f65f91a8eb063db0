import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct AdamWTests {
    @Test(arguments: TestDevice.all)
    func followsTorch(on name: TestDevice) throws {
      let device = try name.open()
      for count in [1, 255, 256, 257, 14_336] {
        var generator = SeededGenerator(seed: UInt64(count))
        let workload = OptimizerWorkload(count: count, steps: 12, using: &generator)
        var parameters = try Canary(device, count: count, values: workload.parameters)
        let zeros = [Float](repeating: 0, count: count)
        var first = try Canary(device, count: count, values: zeros)
        var second = try Canary(device, count: count, values: zeros)
        let scale = try device.buffer([workload.gradientScale])
        for (index, gradient) in workload.gradients.enumerated() {
          let gradient = try device.buffer(gradient)
          // In two parts, as tensors with rates of their own.
          for part in [0..<(count / 3), (count / 3)..<count] where !part.isEmpty {
            try device.adamW(
              &parameters.buffer, gradient: gradient, firstMoment: &first.buffer,
              secondMoment: &second.buffer, from: part.lowerBound, count: part.count,
              learningRate: 0.01, betas: (0.9, 0.99), epsilon: 1e-8, weightDecay: 0.1,
              step: index + 1, gradientScale: scale)
          }
        }
        let found = try #require(try parameters.result(device))
        let reference = workload.adamW(
          learningRate: 0.01, betas: (0.9, 0.99), epsilon: 1e-8, weightDecay: 0.1)
        #expect(relativeError(found, reference) < Tolerance.rowArithmetic.rawValue)
        #expect(try first.result(device) != nil)
        #expect(try second.result(device) != nil)
      }
    }
  }
}
