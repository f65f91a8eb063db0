import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct ActivationTests {
    static let counts = [1, 255, 256, 257, 14_592]

    @Test(arguments: TestDevice.all, Activation.allCases)
    func matchesTheDoubleReference(on name: TestDevice, activation: Activation) throws {
      let device = try name.open()
      for count in Self.counts {
        var generator = SeededGenerator(seed: UInt64(count))
        let workload = ActivationWorkload(
          rows: 1, width: count, activation: activation, using: &generator)
        let inputs = Array(workload.gateUp[..<count])
        var x = try Canary(device, count: count, values: inputs)
        var y = try Canary(device, count: count)
        try device.activate(x.buffer, activation: activation, count: count, into: &y.buffer)
        let found = try #require(try y.result(device))
        let values = inputs.map { ActivationWorkload.value(Double($0), activation) }
        #expect(relativeError(found, values) < Tolerance.rowArithmetic.rawValue)

        let gradient = try device.buffer(workload.hiddenGradient)
        try device.activateBackward(
          gradient, activation: activation, count: count, in: &x.buffer)
        let slopes = try #require(try x.result(device))
        let reference = zip(inputs, workload.hiddenGradient).map { x, gradient in
          Double(gradient) * ActivationWorkload.slope(Double(x), activation)
        }
        #expect(relativeError(slopes, reference) < Tolerance.rowArithmetic.rawValue)
      }
    }

    /// Element by element from -5 on: the negative tail keeps its digits, so the error is measured
    /// against each value.
    @Test(arguments: TestDevice.all, Activation.allCases)
    func keepsItsDigitsInTheTail(on name: TestDevice, activation: Activation) throws {
      let device = try name.open()
      let inputs = (0..<20_000).map { Float($0) * 0.001 - 5 }
      let x = try device.buffer(inputs)
      var y = try Canary(device, count: inputs.count)
      try device.activate(x, activation: activation, count: inputs.count, into: &y.buffer)
      let found = try #require(try y.result(device))
      let worst = zip(inputs, found).map { x, y in
        relativeError([y], [ActivationWorkload.value(Double(x), activation)])
      }
      #expect((worst.max() ?? 1) < Tolerance.rowArithmetic.rawValue)
    }

    @Test(arguments: Activation.allCases)
    func referenceSlopeAgreesWithCentralDifferences(activation: Activation) {
      let points = stride(from: -6.05, through: 6, by: 0.1).map { $0 }
      for point in points {
        let numeric = centralDifferences(at: [point]) { x in
          ActivationWorkload.value(x[0], activation)
        }
        #expect(abs(ActivationWorkload.slope(point, activation) - numeric[0]) < 1e-8)
      }
    }
  }
}
