import TestSupport
import Testing
import Weights

@testable import Compute

extension DeviceTests {
  /// Matrix multiplications with weights in blocks, which are decoded tile by tile.
  @Suite struct BlockMatmulTests {
    static let formats = WeightFormat.allCases.filter(\.isBlocked)
    /// rows, N, K: few rows with a tail of columns; one row; several panels along K; a block of
    /// rows of the fallback and a tail.
    static let shapes = [(5, 63, 256), (1, 70, 512), (67, 130, 1280), (9, 1100, 256)]

    /// Both directions, with and without bias and addend, against Double.
    @Test(arguments: TestDevice.all, formats)
    func matchesTheDoubleReference(on name: TestDevice, format: WeightFormat) throws {
      let shapes = name == .cpu ? Self.shapes : [(7, 70, 256)]
      try MatmulTests.expectReference(on: try name.open(), format, shapes: shapes)
    }

    /// The portable variant, through OpenBLAS.
    @Test(arguments: formats)
    func matchesTheDoubleReferenceOnAnyProcessor(format: WeightFormat) throws {
      try MatmulTests.expectReference(
        on: try Device(cpuThreads: 2, variant: .generic), format, shapes: Self.shapes)
    }

    /// Blocks of 32 in rows of all their multiples.
    @Test(arguments: [WeightFormat.q80, .q51])
    func takesEveryNumberOfBlocks(format: WeightFormat) throws {
      try MatmulTests.expectReference(
        on: try TestDevice.cpu.open(), format,
        shapes: [(3, 65, 32), (70, 66, 96), (8, 9, 576), (66, 64, 1120)])
    }

    /// Large tiles with split-K.
    @Test(
      .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
      arguments: [WeightFormat.q80, .q4K, .q6K])
    func largeTilesWithSplitsMatch(format: WeightFormat) throws {
      let device = try TestDevice.openclGPUVariant.open()
      guard case .gpu(let gpu) = device.engine else { return }
      gpu.computeUnits = 32
      try MatmulTests.expectReference(on: device, format, shapes: [(130, 520, 1280)])
    }

    /// A fused matrix of which each part has a format of its own, and a part without blocks.
    @Test(arguments: TestDevice.all)
    func multipliesMixedFormats(on name: TestDevice) throws {
      let device = try name.open()
      for rows in [70, 3] { try Self.expectMixedFormats(on: device, rows: rows) }
    }

    static func expectMixedFormats(on device: Device, rows: Int) throws {
      let inputs = 256
      var generator = SeededGenerator(seed: 8)
      let parts = [(WeightFormat.q4K, 100), (.q6K, 37), (.f32, 64), (.q80, 70)].map {
        MatmulWorkload(
          rows: rows, outputs: $0.1, inputs: inputs, precision: $0.0, using: &generator)
      }
      let whole = MatmulWorkload(stacking: parts)
      let weight = try WeightMatrix(
        device, columns: inputs, precision: nil, pieces: parts.map { $0.piece() },
        bias: whole.bias)
      #expect(weight.segments.map(\.format) == parts.map(\.precision))
      #expect(weight.format == nil && weight.rows == 271)
      let x = try device.buffer(whole.x)
      var y = try Canary(device, count: rows * whole.outputs)
      try device.matmul(x, weight, rows: rows, into: &y.buffer)
      let reference = whole.adding(to: whole.forward(), bias: true, residual: false)
      #expect(
        relativeError(try #require(try y.result(device)), reference) < Tolerance.matmul.rawValue)
      let residual = try device.buffer(whole.residual)
      var sum = try Canary(device, count: rows * whole.outputs)
      try device.matmul(x, weight, rows: rows, addingTo: residual, into: &sum.buffer)
      #expect(
        relativeError(
          try #require(try sum.result(device)),
          whole.adding(to: reference, residual: true)) < Tolerance.matmul.rawValue)
      let outputGradient = try device.buffer(whole.outputGradient)
      for adds in [false, true] {
        var gradient = try Canary(
          device, count: rows * inputs, values: Array(whole.residual[..<(rows * inputs)]))
        try device.matmulBackward(
          outputGradient, weight, rows: rows, accumulating: adds, into: &gradient.buffer)
        #expect(
          relativeError(
            try #require(try gradient.result(device)),
            whole.adding(to: whole.backward(), residual: adds)) < Tolerance.matmul.rawValue)
      }
    }

    /// On the CPU path blocks are read where they lie, and a multiplication holds no dense matrix.
    @Test(arguments: formats)
    func keepsBlocksInPlace(format: WeightFormat) throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 4)
      let workload = MatmulWorkload(
        rows: 70, outputs: 4096, inputs: 1024, precision: format, using: &generator)
      let weight = try WeightMatrix(
        device, columns: 1024, precision: nil, pieces: [workload.piece(), workload.piece()])
      #expect(weight.isMapped && weight.segments.count == 2)
      #expect(weight.byteCount == 2 * format.byteCount(4096 * 1024))
      let x = try device.buffer(workload.x)
      var y = try device.buffer(of: Float.self, count: 70 * 8192)
      let before = device.peakBytes
      try device.matmul(x, weight, rows: 70, into: &y)
      #expect(device.peakBytes - before < 4096 * 1024, "a quarter of one dense matrix")
    }

    @Test(arguments: TestDevice.all, formats)
    func gathersRows(on name: TestDevice, format: WeightFormat) throws {
      let device = try name.open()
      var generator = SeededGenerator(seed: 6)
      let workload = MatmulWorkload(
        rows: 1, outputs: 9, inputs: 512, precision: format, using: &generator)
      let table = try workload.matrix(on: device, hasBias: false)
      let found = try device.downloadRows([8, 0, 8, 3], of: table)
      let expected = [8, 0, 8, 3].flatMap { workload.weight[($0 * 512)..<(($0 + 1) * 512)] }
      if name == .cpu { #expect(found == expected) }
      // A device may round the product and the sum once.
      #expect(relativeError(found, expected.map(Double.init)) < 1e-6)
    }

    @Test func quantisesAndRefuses() throws {
      let device = try TestDevice.cpu.open()
      var generator = SeededGenerator(seed: 9)
      let values = generator.floats(70 * 96)
      for format in [WeightFormat.q80, .q40] {
        let table = try WeightMatrix(
          device, rows: 70, columns: 96, precision: format, values: values)
        let bytes = try #require(format.encode(values))
        #expect(try device.downloadRows(Array(0..<70), of: table) == format.decode(bytes))
        let transposed = (0..<(70 * 96)).map { (index: Int) -> Float in
          let (row, column) = (index % 70, index / 70)
          return values[row * 96 + column]
        }
        let matrix = try unsafe transposed.withUnsafeBytes { bytes in
          try unsafe WeightMatrix(
            device, rows: 70, columns: 96, precision: format, bytes: bytes, filePrecision: .f32,
            isTransposed: true)
        }
        #expect(try device.downloadRows(Array(0..<70), of: matrix) == format.decode(bytes))
      }
      #expect(throws: ComputeError.blockColumns(format: .q80, columns: 48)) {
        _ = try WeightMatrix(
          device, rows: 2, columns: 48, precision: .q80, values: Array(values[..<96]))
      }
      #expect(throws: ComputeError.blockColumns(format: .q6K, columns: 576)) {
        _ = try WeightMatrix(
          device, columns: 576, precision: nil,
          pieces: [WeightPiece([UInt8](repeating: 0, count: 210), rows: 1, precision: .q6K)])
      }
      #expect(throws: ComputeError.weightOverflow(precision: .q40)) {
        _ = try WeightMatrix(
          device, rows: 1, columns: 32, precision: .q40,
          values: [Float](repeating: 1e6, count: 32))
      }
    }
  }
}
