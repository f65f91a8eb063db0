import Compute
import TestSupport
import Testing
import Weights

extension DeviceTests {
  @Suite struct WeightMatrixTests {
    /// Numbers of every kind that rounding treats apart: ties, subnormal halves, the smallest and
    /// largest.
    static let hard: [Float] = [
      0, -0.0, 1, -1, 1.00390625, 1.01171875, 0.1, -3.14159265, 65504, -65504, 6.1e-5, 5.96e-8,
      2.98e-8,
      2.99e-8, 8.94e-8, 1e-7, 0.333333, 1234.5678, 2049, 2051, 0x1p-140,
    ]

    @Test(arguments: TestDevice.all, WeightFormat.plain)
    func roundsToNearestEven(on name: TestDevice, precision: WeightFormat) throws {
      let device = try name.open()
      let table = try WeightMatrix(
        device, rows: 3, columns: 7, precision: precision, values: Self.hard)
      let rows = try device.downloadRows([0, 1, 2], of: table)
      #expect(rows == Self.hard.map { MatmulWorkload.rounded($0, to: precision) })
    }

    @Test(arguments: TestDevice.all, WeightFormat.plain)
    func takesEveryTypeFromAnyAddress(on name: TestDevice, file: WeightFormat) throws {
      let device = try name.open()
      // 65504 in bf16 is 65536, which f16 refuses.
      let values = Self.hard.map { MatmulWorkload.rounded(min(max($0, -61440), 61440), to: file) }
      let bytes = [0xFF] + Self.encoded(values, as: file)
      for precision in WeightFormat.plain {
        let table = try unsafe bytes.withUnsafeBytes { bytes in
          try unsafe WeightMatrix(
            device, rows: 7, columns: 3, precision: precision,
            bytes: UnsafeRawBufferPointer(rebasing: bytes[1...]), filePrecision: file)
        }
        let rows = try device.downloadRows([6, 0], of: table)
        let expected = values.map { MatmulWorkload.rounded($0, to: precision) }
        #expect(rows == Array(expected[18...] + expected[..<3]), "\(file) to \(precision)")
      }
    }

    @Test(arguments: TestDevice.all)
    func stacksPiecesAndTurnsTransposedOnes(on name: TestDevice) throws {
      let device = try name.open()
      let (rows, columns) = (37, 53)
      var generator = SeededGenerator(seed: 1)
      let upper = generator.floats(2 * columns)
      let lower = generator.floats(rows * columns)
      let transposed = (0..<(rows * columns)).map { lower[$0 % rows * columns + $0 / rows] }
      let matrix = try unsafe transposed.withUnsafeBytes { bytes in
        try WeightMatrix(
          device, columns: columns, precision: .f32,
          pieces: [
            WeightPiece(upper, rows: 2),
            unsafe WeightPiece(bytes, rows: rows, precision: .f32, isTransposed: true),
          ])
      }
      #expect(matrix.rows == rows + 2)
      #expect(try device.downloadRows(Array(0..<(rows + 2)), of: matrix) == upper + lower)
    }

    @Test(arguments: TestDevice.all)
    func gathersEmbeddings(on name: TestDevice) throws {
      let device = try name.open()
      for width in [1, 127, 128, 129] {
        var generator = SeededGenerator(seed: UInt64(width))
        let values = generator.floats(11 * width)
        let table = try WeightMatrix(
          device, rows: 11, columns: width, precision: .f32, values: values)
        let identifiers = try device.rowIndices([10, 0, 10, 3])
        var y = try Canary(device, count: 6 * width)
        try device.embeddingGather(
          table, identifiers: identifiers, count: 4, scale: 2, into: &y.buffer, at: 2)
        let all = try #require(try y.result(device))
        let expected = [10, 0, 10, 3].flatMap { (row: Int) -> [Float] in
          values[(row * width)..<((row + 1) * width)].map { $0 * 2 }
        }
        #expect(Array(all[(2 * width)...]) == expected)
        #expect(all[..<(2 * width)].allSatisfy { $0.isNaN })
      }
    }

    @Test(arguments: TestDevice.all)
    func refusesWhatItCannotHold(on name: TestDevice) throws {
      let device = try name.open()
      #expect(throws: ComputeError.self) {
        _ = try WeightMatrix(device, rows: 1, columns: 2, precision: .f16, values: [1, 65520])
      }
      #expect(
        throws: ComputeError.shape(
          operation: "WeightMatrix", operand: "bytes", expected: Shape(2, 3, 4), found: 20)
      ) {
        _ = try WeightMatrix(
          device, rows: 2, columns: 3, precision: .f32, values: [1, 2, 3, 4, 5])
      }
      let table = try WeightMatrix(device, rows: 2, columns: 1, precision: .f32, values: [1, 2])
      #expect(
        throws: ComputeError.rowIndex(
          operation: "downloadRows", operand: "identifiers", index: 2, rows: 2)
      ) { try device.downloadRows([0, 2], of: table) }
    }

    /// The bytes of a file that holds these numbers exactly.
    private static func encoded(_ values: [Float], as precision: WeightFormat) -> [UInt8] {
      values.flatMap { value in
        let bits: UInt32 =
          switch precision {
          case .f32: value.bitPattern
          case .bf16: value.bitPattern >> 16
          case .f16: UInt32(Float16(value).bitPattern)
          default: preconditionFailure("numbers of a block depend on each other")
          }
        return (0..<precision.blockBytes).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
      }
    }
  }
}
