import Compute
import TestSupport
import Testing

extension DeviceTests {
  @Suite struct HeadNormTests {
    /// Heads, their width, and elements before and behind them in a row: heads of a multiple of
    /// four elements do and do not begin at one.
    static let shapes = [
      (1, 1, 0), (3, 15, 2), (2, 16, 0), (2, 16, 2), (2, 64, 3), (4, 17, 5), (2, 127, 1),
      (3, 128, 0), (1, 129, 3), (1, 896, 64), (14, 64, 128),
    ]

    @Test(arguments: TestDevice.all, [false, true])
    func matchesTheDoubleReference(on name: TestDevice, isCentred: Bool) throws {
      let device = try name.open()
      for (heads, width, margin) in Self.shapes {
        var generator = SeededGenerator(seed: UInt64(width))
        let workload = HeadNormWorkload(
          rows: 5, heads: heads, width: width, margin: margin, isCentred: isCentred,
          using: &generator)
        let (shape, rows) = (workload.shape, workload.rows)
        let context = Comment(rawValue: "\(heads) heads of \(width)")
        let weight = try device.buffer(workload.weight)
        var x = try Canary(device, count: workload.x.count, values: workload.x)
        var kept = try Canary(device, count: rows * shape.count)
        try device.headNorm(
          &x.buffer, shape, weight: weight, rows: rows, keeping: &kept.buffer)
        let found = try #require(try x.result(device))
        let error = relativeError(found, workload.forward())
        #expect(error < Tolerance.rowArithmetic.rawValue, context)
        #expect(try kept.result(device) == workload.kept, context)

        var gradient = try Canary(
          device, count: workload.x.count, values: workload.outputGradient)
        try device.headNormBackward(
          &gradient.buffer, shape, weight: weight, kept: kept.buffer, rows: rows)
        let foundGradient = try #require(try gradient.result(device))
        let gradientError = relativeError(
          foundGradient, workload.backward(), terms: workload.largestBackwardTerm)
        #expect(gradientError < Tolerance.rowArithmetic.rawValue, context)
      }
    }

    @Test(arguments: [false, true])
    func referenceGradientAgreesWithCentralDifferences(isCentred: Bool) {
      var generator = SeededGenerator(seed: 7)
      let workload = HeadNormWorkload(
        rows: 2, heads: 2, width: 5, margin: 1, isCentred: isCentred, using: &generator)
      let numeric = centralDifferences(at: workload.x.map(Double.init)) { x in
        zip(workload.forward(x), workload.outputGradient).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      #expect(relativeError(workload.backward().map(Float.init), numeric) < 1e-6)
    }

    @Test func refusesHeadsThatDoNotFitTheirRow() throws {
      let device = try TestDevice.cpu.open()
      let shape = HeadNormShape(
        stride: 8, first: 4, heads: 2, width: 3, isCentred: false, epsilon: 1e-5)
      var x = try device.buffer([Float](repeating: 1, count: 8))
      var kept = try device.buffer(of: Float.self, count: 6)
      let weight = try device.buffer([Float](repeating: 1, count: 6))
      #expect(
        throws: ComputeError.shape(
          operation: "headNorm", operand: "row", expected: Shape(10), found: 8)
      ) {
        try device.headNorm(&x, shape, weight: weight, rows: 1, keeping: &kept)
      }
    }
  }
}
