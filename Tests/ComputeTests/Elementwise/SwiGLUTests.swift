import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct SwiGLUTests {
    static let widths = [1, 15, 17, 255, 256, 257, 4864]

    @Test(arguments: TestDevice.all, Activation.allCases)
    func matchesTheDoubleReference(on name: TestDevice, activation: Activation) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = ActivationWorkload(
          rows: 3, width: width, activation: activation, using: &generator)
        var gateUp = try Canary(
          device, count: workload.gateUp.count, values: workload.gateUp)
        var hidden = try Canary(device, count: workload.hiddenGradient.count)
        try device.swiGLU(
          gateUp.buffer, activation: activation, rows: workload.rows, width: width,
          into: &hidden.buffer)
        let found = try #require(try hidden.result(device))
        #expect(
          relativeError(found, workload.forward()) < Tolerance.rowArithmetic.rawValue,
          "width \(width)")

        let gradient = try device.buffer(workload.hiddenGradient)
        try device.swiGLUBackward(
          gradient, activation: activation, rows: workload.rows, width: width, in: &gateUp.buffer)
        let gradients = try #require(try gateUp.result(device))
        #expect(
          relativeError(gradients, workload.backward()) < Tolerance.rowArithmetic.rawValue,
          "width \(width)")
      }
    }

    @Test(arguments: Activation.allCases)
    func referenceGradientAgreesWithCentralDifferences(activation: Activation) {
      var generator = SeededGenerator(seed: 11)
      let workload = ActivationWorkload(
        rows: 2, width: 5, activation: activation, isSpiky: false, using: &generator)
      let numeric = centralDifferences(at: workload.gateUp.map(Double.init)) { x in
        zip(workload.forward(x), workload.hiddenGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      #expect(relativeError(workload.backward().map(Float.init), numeric) < 1e-6)
    }
  }
}
