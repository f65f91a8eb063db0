import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct LayerNormTests {
    static let widths = [1, 4, 15, 16, 17, 127, 128, 129, 508, 516, 896, 1023]

    @Test(arguments: TestDevice.all)
    func matchesTheDoubleReference(on name: TestDevice) throws {
      let device = try name.open()
      for width in Self.widths {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = LayerNormWorkload(rows: 5, width: width, using: &generator)
        let x = try device.buffer(workload.x)
        let weight = try device.buffer(workload.weight)
        let bias = try device.buffer(workload.bias)
        var y = try Canary(device, count: workload.x.count)
        var mean = try Canary(device, count: workload.rows)
        var scale = try Canary(device, count: workload.rows)
        try device.layerNorm(
          x, weight: weight, bias: bias, epsilon: workload.epsilon, rows: workload.rows,
          into: &y.buffer, mean: &mean.buffer, scale: &scale.buffer)
        let found = try #require(try y.result(device))
        let terms = workload.largestTerm
        #expect(
          relativeError(found, workload.forward(), terms: terms)
            < Tolerance.rowArithmetic.rawValue, "width \(width)")
        #expect(try mean.result(device) != nil)
        #expect(try scale.result(device) != nil)

        let gradient = try device.buffer(workload.outputGradient)
        for accumulating in [false, true] {
          var target = try Canary(
            device, count: workload.x.count, values: accumulating ? workload.x : nil)
          try device.layerNormBackward(
            gradient, x: x, weight: weight, mean: mean.buffer, scale: scale.buffer,
            rows: workload.rows, accumulating: accumulating, into: &target.buffer)
          let found = try #require(try target.result(device))
          let reference = workload.backward(accumulating: accumulating)
          #expect(
            relativeError(found, reference, terms: terms) < Tolerance.rowArithmetic.rawValue,
            "width \(width)")
        }
      }
    }

    @Test func referenceGradientAgreesWithCentralDifferences() {
      var generator = SeededGenerator(seed: 7)
      let workload = LayerNormWorkload(rows: 2, width: 9, using: &generator)
      let gradient = workload.backward(accumulating: false)
      let numeric = centralDifferences(at: workload.x.map(Double.init)) { x in
        zip(workload.forward(x), workload.outputGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      #expect(relativeError(gradient.map(Float.init), numeric) < 1e-6)
    }

    @Test func refusesAnOperandThatIsTooSmall() throws {
      let device = try TestDevice.cpu.open()
      let x = try device.buffer([Float](repeating: 1, count: 8))
      let weight = try device.buffer([Float](repeating: 1, count: 4))
      let bias = try device.buffer([Float](repeating: 1, count: 3))
      var y = try device.buffer(of: Float.self, count: 8)
      var mean = try device.buffer(of: Float.self, count: 2)
      var scale = try device.buffer(of: Float.self, count: 2)
      #expect(
        throws: ComputeError.shape(
          operation: "layerNorm", operand: "bias", expected: Shape(4), found: 3)
      ) {
        try device.layerNorm(
          x, weight: weight, bias: bias, epsilon: 1e-5, rows: 2, into: &y, mean: &mean,
          scale: &scale)
      }
    }
  }
}
