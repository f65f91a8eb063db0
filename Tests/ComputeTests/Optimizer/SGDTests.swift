import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SGDTests {
    @Test(arguments: TestDevice.all, [0, 0.9])
    func followsTorch(on name: TestDevice, momentum: Double) throws {
      let device = try name.open()
      for count in [1, 255, 256, 257, 14_336] {
        var generator = SeededGenerator(seed: UInt64(count))
        let workload = OptimizerWorkload(count: count, steps: 5, using: &generator)
        var parameters = try Canary(device, count: count, values: workload.parameters)
        var velocity = try Canary(
          device, count: count, values: [Float](repeating: 0, count: count))
        let scale = try device.buffer([workload.gradientScale])
        for gradient in workload.gradients {
          let gradient = try device.buffer(gradient)
          // In two parts, as tensors with rates of their own.
          for part in [0..<(count / 3), (count / 3)..<count] where !part.isEmpty {
            try device.sgd(
              &parameters.buffer, gradient: gradient, velocity: &velocity.buffer,
              from: part.lowerBound, count: part.count, learningRate: 0.01, momentum: momentum,
              weightDecay: 0.1, gradientScale: scale)
          }
        }
        let found = try #require(try parameters.result(device))
        let reference = workload.sgd(learningRate: 0.01, momentum: momentum, weightDecay: 0.1)
        #expect(relativeError(found, reference) < Tolerance.rowArithmetic.rawValue)
        #expect(try velocity.result(device) != nil)
      }
    }
  }
}
