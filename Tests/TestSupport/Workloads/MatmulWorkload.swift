package import Compute
import Weights

/// Sizes, inputs and Double reference of the matrix multiplications with a frozen matrix, for test
/// and benchmark.
package struct MatmulWorkload {
  package let rows: Int
  /// N: rows of the matrix, output features.
  package let outputs: Int
  /// K: columns of the matrix, input features.
  package let inputs: Int
  package let precision: WeightFormat
  package let x: [Float]
  package let outputGradient: [Float]
  /// [N, K], numbers that `precision` holds exactly.
  package let weight: [Float]
  /// The same in `precision`, where it has blocks; else none.
  private let blocks: [UInt8]
  package let bias: [Float]
  /// The addend: [rows, N], of which the backward direction uses [rows, K].
  package let residual: [Float]

  package init(
    rows: Int, outputs: Int, inputs: Int, precision: WeightFormat,
    using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.outputs = outputs
    self.inputs = inputs
    self.precision = precision
    x = generator.floats(rows * inputs)
    outputGradient = generator.floats(rows * outputs)
    if precision.isBlocked {
      blocks = precision.randomBlocks(outputs * inputs, deviation: 0.5) { generator.next() }
      weight = precision.decode(blocks)
    } else {
      blocks = []
      weight = generator.floats(outputs * inputs).map { Self.rounded($0, to: precision) }
    }
    bias = generator.floats(outputs)
    residual = generator.floats(rows * max(outputs, inputs))
  }

  /// The rows of several matrices as one, with the x of the first.
  package init(stacking parts: [MatmulWorkload]) {
    rows = parts[0].rows
    outputs = parts.reduce(0) { $0 + $1.outputs }
    inputs = parts[0].inputs
    precision = .f32
    x = parts[0].x
    let count = parts[0].rows
    outputGradient = (0..<count).flatMap { row in
      parts.flatMap { $0.outputGradient[(row * $0.outputs)..<((row + 1) * $0.outputs)] }
    }
    weight = parts.flatMap(\.weight)
    blocks = []
    bias = parts.flatMap(\.bias)
    residual = parts.flatMap(\.residual)
  }

  /// Multiplications and additions, the same in both directions.
  package var operations: Int { 2 * rows * outputs * inputs }
  /// Bytes that must move in either direction: the matrix and what is read and written of
  /// activations.
  package var bytes: Int {
    precision.byteCount(outputs * inputs) + rows * (outputs + inputs) * 4
  }

  package func matrix(
    on device: Device, hasBias: Bool
  ) throws -> WeightMatrix {
    if precision.isBlocked {
      // At an odd address, as in a file.
      return try unsafe ([0] + blocks).withUnsafeBytes { bytes in
        try unsafe WeightMatrix(
          device, rows: outputs, columns: inputs, precision: nil,
          bytes: UnsafeRawBufferPointer(rebasing: bytes[1...]), filePrecision: precision,
          bias: hasBias ? bias : nil)
      }
    }
    return try WeightMatrix(
      device, rows: outputs, columns: inputs, precision: precision, values: weight,
      bias: hasBias ? bias : nil)
  }

  /// Rows of this workload's weights stacked on those of others with the same x.
  package func piece() -> WeightPiece {
    precision.isBlocked
      ? WeightPiece(blocks, rows: outputs, precision: precision)
      : WeightPiece(weight, rows: outputs)
  }

  /// x W^T [rows, N] in Double.
  package func forward() -> [Double] {
    let wide = weight.map(Double.init)
    return (0..<rows).flatMap { row in
      let from = x[(row * inputs)..<((row + 1) * inputs)].map(Double.init)
      return (0..<outputs).map { output in
        let start = output * inputs
        return (0..<inputs).reduce(0) { $0 + from[$1] * wide[start + $1] }
      }
    }
  }

  /// dY W [rows, K] in Double.
  package func backward() -> [Double] {
    let wide = weight.map(Double.init)
    return (0..<rows).flatMap { row in
      var gradient = [Double](repeating: 0, count: inputs)
      for output in 0..<outputs {
        let factor = Double(outputGradient[row * outputs + output])
        for input in 0..<inputs { gradient[input] += factor * wide[output * inputs + input] }
      }
      return gradient
    }
  }

  /// A result of `forward` plus bias, or a result of either direction plus the residual.
  package func adding(
    to matmul: [Double], bias hasBias: Bool = false, residual accumulating: Bool
  ) -> [Double] {
    matmul.indices.map { index in
      matmul[index] + (hasBias ? Double(bias[index % outputs]) : 0)
        + (accumulating ? Double(residual[index]) : 0)
    }
  }

  /// The nearest number that a precision holds.
  package static func rounded(_ value: Float, to precision: WeightFormat) -> Float {
    switch precision {
    case .f32: value
    case .bf16:
      Float(bitPattern: (value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)) & 0xFFFF_0000)
    case .f16: Float(Float16(value))
    default: preconditionFailure("numbers of a block depend on each other")
    }
  }
}
