import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct RMSNormTests {
    static let widths = [1, 4, 15, 16, 17, 127, 128, 129, 508, 516, 896, 1023]

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = RMSNormWorkload(rows: 5, width: width, using: &generator)
        let x = try device.buffer(workload.x)
        let weight = try device.buffer(workload.weight)
        var y = try Canary(device, count: workload.x.count)
        var scale = try Canary(device, count: workload.rows)
        try device.rmsNorm(
          x, weight: weight, epsilon: workload.epsilon, rows: workload.rows, into: &y.buffer,
          scale: &scale.buffer)
        let found = try #require(try y.result(device))
        #expect(
          relativeError(found, workload.forward()) < Tolerance.rowArithmetic.rawValue,
          "width \(width)")

        let gradient = try device.buffer(workload.outputGradient)
        for accumulating in [false, true] {
          var target = try Canary(
            device, count: workload.x.count, values: accumulating ? workload.x : nil)
          try device.rmsNormBackward(
            gradient, x: x, weight: weight, scale: scale.buffer, rows: workload.rows,
            accumulating: accumulating, into: &target.buffer)
          let found = try #require(try target.result(device))
          let reference = workload.backward(accumulating: accumulating)
          let error = relativeError(found, reference, terms: workload.largestBackwardTerm)
          #expect(error < Tolerance.rowArithmetic.rawValue, "width \(width)")
        }
      }
    }

    @Test func referenceGradientAgreesWithCentralDifferences() {
      var generator = SeededGenerator(seed: 7)
      let workload = RMSNormWorkload(rows: 2, width: 9, using: &generator)
      let gradient = workload.backward(accumulating: false)
      let numeric = centralDifferences(at: workload.x.map(Double.init)) { x in
        zip(workload.forward(x), workload.outputGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      #expect(relativeError(gradient.map(Float.init), numeric) < 1e-6)
    }

    @Test func refusesAnOperandThatIsTooSmall() throws {
      let device = try TestDevice.cpu.open()
      let x = try device.buffer([Float](repeating: 1, count: 7))
      let weight = try device.buffer([Float](repeating: 1, count: 4))
      var y = try device.buffer(of: Float.self, count: 8)
      var scale = try device.buffer(of: Float.self, count: 2)
      #expect(
        throws: ComputeError.shape(
          operation: "rmsNorm", operand: "x", expected: Shape(2, 4), found: 7)
      ) {
        try device.rmsNorm(x, weight: weight, epsilon: 1e-5, rows: 2, into: &y, scale: &scale)
      }
    }
  }
}
