import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  @Suite struct MatmulTests {
    /// rows, N, K: one of everything; tiles but for one, tiles, tiles and one; a real row; rows and
    /// columns shared out; sums that are split.
    static let shapes = [
      (1, 1, 1), (5, 63, 7), (6, 64, 64), (7, 65, 65), (63, 127, 33), (64, 128, 16), (65, 129, 100),
      (2, 1000, 257), (1, 896, 896), (100, 132, 200), (13, 2100, 64), (7, 70, 2500),
      (67, 70, 2500), (3, 65, 130), (64, 66, 145), (5, 9, 128),
    ]
    /// For 16-bit weights, with loads one by one and as vectors. The tiles are those of f32, and
    /// PoCL takes seconds to compile one of them.
    static let fewShapes = [(5, 63, 7), (6, 64, 64), (13, 2100, 64)]

    @Test(arguments: TestDevice.all, WeightFormat.plain)
    func matchesTheDoubleReference(on name: TestDevice, precision: WeightFormat) throws {
      let shapes = name == .cpu || precision == .f32 ? Self.shapes : Self.fewShapes
      try Self.expectReference(on: try name.open(), precision, shapes: shapes)
    }

    /// The variants with our tiles that this processor supports; OpenBLAS sums in another order for
    /// few rows.
    private static let tiles = CPUVariant.supported.filter { $0 != .generic }

    /// A result does not depend on the number of rows computed with it.
    @Test(
      .enabled(if: !tiles.isEmpty, "needs a processor with AVX2"), arguments: tiles,
      WeightFormat.plain)
    func aRowDoesNotDependOnThoseBesideIt(
      variant: CPUVariant, precision: WeightFormat
    ) throws {
      let device = try Device(cpuThreads: 2, variant: variant)
      var generator = SeededGenerator(seed: 31)
      let workload = MatmulWorkload(
        rows: 23, outputs: 333, inputs: 145, precision: precision, using: &generator)
      let x = try device.buffer(workload.x)
      let weight = try workload.matrix(on: device, hasBias: true)
      var y = try device.buffer(of: Float.self, count: 23 * 333)
      try device.matmul(x, weight, rows: 23, into: &y)
      let together = try device.download(y)
      for row in 0..<23 {
        var alone = try device.buffer(of: Float.self, count: 333)
        try device.matmul(x, weight, rows: 1, inputRow: row, into: &alone)
        #expect(try device.download(alone) == Array(together[(row * 333)..<((row + 1) * 333)]))
      }
    }

    /// A result does not depend on the number of threads, nor on which thread takes a panel.
    @Test(
      .enabled(if: !tiles.isEmpty, "needs a processor with AVX2"), arguments: tiles,
      WeightFormat.plain)
    func anyNumberOfThreadsGivesTheSame(variant: CPUVariant, precision: WeightFormat) throws {
      var generator = SeededGenerator(seed: 17)
      let workload = MatmulWorkload(
        rows: 131, outputs: 333, inputs: 290, precision: precision, using: &generator)
      let results = try [1, 2, 3, 5].map { threads in
        let device = try Device(cpuThreads: threads, variant: variant)
        let weight = try workload.matrix(on: device, hasBias: true)
        var y = try device.buffer(of: Float.self, count: 131 * 333)
        var gradient = try device.buffer(of: Float.self, count: 131 * 290)
        try device.matmul(try device.buffer(workload.x), weight, rows: 131, into: &y)
        try device.matmulBackward(
          try device.buffer(workload.outputGradient), weight, rows: 131, into: &gradient)
        return try device.download(y) + device.download(gradient)
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test(arguments: CPUVariant.supported, WeightFormat.plain)
    func everyCPUVariantMatches(variant: CPUVariant, precision: WeightFormat) throws {
      try Self.expectReference(on: try Device(cpuThreads: 2, variant: variant), precision)
    }

    @Test(arguments: CPUVariant.supported)
    func roundsActivationsWhereAskedTo(variant: CPUVariant) throws {
      let device = try Device(cpuThreads: 2, variant: variant)
      try Self.expectReference(on: device, .bf16, activations: .bf16, within: .bfloat16Product)
    }

    static func expectReference(
      on device: Device, _ precision: WeightFormat, shapes: [(Int, Int, Int)] = shapes,
      activations: ActivationPrecision = .f32, within tolerance: Tolerance = .matmul
    ) throws {
      for (rows, outputs, inputs) in shapes {
        var generator = SeededGenerator(seed: UInt64(rows * 7 + outputs))
        let workload = MatmulWorkload(
          rows: rows, outputs: outputs, inputs: inputs, precision: precision, using: &generator)
        let shape = Comment("\(rows) rows, \(outputs) x \(inputs)")
        let x = try device.buffer(workload.x)
        let outputGradient = try device.buffer(workload.outputGradient)
        let (forward, backward) = (workload.forward(), workload.backward())
        for (hasBias, adds) in [(false, false), (true, false), (false, true), (true, true)] {
          let weight = try workload.matrix(on: device, hasBias: hasBias)
          let count = rows * outputs
          var y = try Canary(device, count: count)
          if adds {
            let residual = try device.buffer(Array(workload.residual[..<count]))
            try device.matmul(
              x, weight, rows: rows, addingTo: residual, precision: activations, into: &y.buffer)
          } else {
            try device.matmul(x, weight, rows: rows, precision: activations, into: &y.buffer)
          }
          let found = try #require(try y.result(device), shape)
          let reference = workload.adding(to: forward, bias: hasBias, residual: adds)
          #expect(relativeError(found, reference) < tolerance.rawValue, shape)

          // The gradient does not use the bias.
          let inputCount = rows * inputs
          var gradient = try Canary(
            device, count: inputCount,
            values: adds ? Array(workload.residual[..<inputCount]) : nil)
          try device.matmulBackward(
            outputGradient, weight, rows: rows, precision: activations, accumulating: adds,
            into: &gradient.buffer)
          let foundGradient = try #require(try gradient.result(device), shape)
          let gradientReference = workload.adding(to: backward, residual: adds)
          #expect(relativeError(foundGradient, gradientReference) < tolerance.rawValue, shape)
        }
      }
    }

    @Test(arguments: TestDevice.all)
    func readsAndWritesFromTheRowsAskedFor(on name: TestDevice) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 3)
      let workload = MatmulWorkload(
        rows: 9, outputs: 70, inputs: 40, precision: .f32, using: &generator)
      let weight = try workload.matrix(on: device, hasBias: true)
      let x = try device.buffer(workload.x)
      let outputGradient = try device.buffer(workload.outputGradient)
      let untouched: Float = 42
      var y = try device.buffer([Float](repeating: untouched, count: 9 * 70))
      try device.matmul(x, weight, rows: 4, inputRow: 3, into: &y, outputRow: 5)
      let found = try device.download(y)
      let forward = workload.adding(to: workload.forward(), bias: true, residual: false)
      #expect(
        relativeError(Array(found[(5 * 70)...]), Array(forward[(3 * 70)..<(7 * 70)]))
          < Tolerance.matmul.rawValue)
      #expect(found[..<(5 * 70)].allSatisfy { $0 == untouched })

      var gradient = try device.buffer([Float](repeating: untouched, count: 9 * 40))
      try device.matmulBackward(
        outputGradient, weight, rows: 2, inputRow: 7, into: &gradient, outputRow: 1)
      let foundGradient = try device.download(gradient)
      let backward = Array(workload.backward()[(7 * 40)...])
      #expect(
        relativeError(Array(foundGradient[40..<(3 * 40)]), backward) < Tolerance.matmul.rawValue)
      #expect((foundGradient[..<40] + foundGradient[(3 * 40)...]).allSatisfy { $0 == untouched })
    }

    @Test(
      arguments: WeightFormat.plain.map { (TestDevice.cpu, $0) }
        + TestDevice.all.filter { $0 != .cpu }.map { ($0, .f32) })
    func repeatsBitForBit(on name: TestDevice, precision: WeightFormat) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 11)
      let workload = MatmulWorkload(
        rows: 50, outputs: 700, inputs: 300, precision: precision, using: &generator)
      let weight = try workload.matrix(on: device, hasBias: true)
      let x = try device.buffer(workload.x)
      let outputGradient = try device.buffer(workload.outputGradient)
      var results: [[Float]] = []
      for _ in 0..<2 {
        var y = try device.buffer(of: Float.self, count: 50 * 700)
        var gradient = try device.buffer(of: Float.self, count: 50 * 300)
        try device.matmul(x, weight, rows: 50, into: &y)
        try device.matmulBackward(outputGradient, weight, rows: 50, into: &gradient)
        results.append(try device.download(y) + device.download(gradient))
      }
      #expect(results[0] == results[1])
    }

    @Test func referenceGradientAgreesWithCentralDifferences() {
      var generator = SeededGenerator(seed: 5)
      let workload = MatmulWorkload(
        rows: 1, outputs: 4, inputs: 3, precision: .f32, using: &generator)
      let numeric = centralDifferences(at: workload.x.map(Double.init)) { x in
        (0..<4).reduce(0) { sum, output in
          let dot = (0..<3).reduce(0) { $0 + x[$1] * Double(workload.weight[output * 3 + $1]) }
          return sum + dot * Double(workload.outputGradient[output])
        }
      }
      let gradient = workload.backward().map(Float.init)
      #expect(relativeError(gradient, numeric) < 1e-6)
    }

    @Test func refusesAnOperandThatIsTooSmall() throws {
      let device = try TestDevice.cpu.open()
      let weight = try WeightMatrix(
        device, rows: 2, columns: 3, precision: .f32, values: [1, 2, 3, 4, 5, 6])
      let x = try device.buffer([Float](repeating: 1, count: 8))
      var y = try device.buffer(of: Float.self, count: 8)
      #expect(
        throws: ComputeError.shape(
          operation: "matmul", operand: "x", expected: Shape(3, 3), found: 8)
      ) {
        try device.matmul(x, weight, rows: 2, inputRow: 1, into: &y)
      }
    }
  }
}
