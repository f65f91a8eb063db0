package import Compute

/// Sizes, inputs and Double reference of the products with a frozen matrix, for their test and their benchmark.
package struct ProductWorkload {
  package let rows: Int
  /// N: rows of the matrix, outputs of the forward product.
  package let outputs: Int
  /// K: columns of the matrix, inputs of the forward product.
  package let inputs: Int
  package let precision: WeightPrecision
  package let x: [Float]
  package let outputGradient: [Float]
  /// [N, K], numbers that `precision` holds exactly.
  package let weight: [Float]
  package let bias: [Float]
  /// What a product that accumulates adds to: [rows, N], or [rows, K] of it.
  package let residual: [Float]

  package init(
    rows: Int, outputs: Int, inputs: Int, precision: WeightPrecision,
    using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.outputs = outputs
    self.inputs = inputs
    self.precision = precision
    x = generator.floats(rows * inputs)
    outputGradient = generator.floats(rows * outputs)
    weight = generator.floats(outputs * inputs).map { Self.rounded($0, to: precision) }
    bias = generator.floats(outputs)
    residual = generator.floats(rows * max(outputs, inputs))
  }

  /// Multiplications and additions, the same in both directions.
  package var operations: Int { 2 * rows * outputs * inputs }
  /// Bytes that must move in either direction: the matrix and what is read and written of activations.
  package var bytes: Int {
    outputs * inputs * precision.byteCount + rows * (outputs + inputs) * 4
  }

  package func matrix(on device: Device, hasBias: Bool) throws -> WeightMatrix {
    try WeightMatrix(
      device, rows: outputs, columns: inputs, precision: precision, values: weight,
      bias: hasBias ? bias : nil)
  }

  /// x W^T, with bias and on top of the residual where asked for, in Double.
  package func forward(hasBias: Bool, accumulating: Bool) -> [Double] {
    var y = [Double](repeating: 0, count: rows * outputs)
    for row in 0..<rows {
      for output in 0..<outputs {
        var sum = hasBias ? Double(bias[output]) : 0
        for input in 0..<inputs {
          sum += Double(x[row * inputs + input]) * Double(weight[output * inputs + input])
        }
        let index = row * outputs + output
        y[index] = sum + (accumulating ? Double(residual[index]) : 0)
      }
    }
    return y
  }

  /// dY W, on top of the residual where asked for, in Double.
  package func backward(accumulating: Bool) -> [Double] {
    var gradient = (0..<(rows * inputs)).map { accumulating ? Double(residual[$0]) : 0 }
    for row in 0..<rows {
      for output in 0..<outputs {
        let factor = Double(outputGradient[row * outputs + output])
        for input in 0..<inputs {
          gradient[row * inputs + input] += factor * Double(weight[output * inputs + input])
        }
      }
    }
    return gradient
  }

  /// The nearest number that a precision holds.
  package static func rounded(_ value: Float, to precision: WeightPrecision) -> Float {
    switch precision {
    case .f32: value
    case .bf16:
      Float(bitPattern: (value.bitPattern + 0x7FFF + (value.bitPattern >> 16 & 1)) & 0xFFFF_0000)
    case .f16: Float(Float16(value))
    }
  }
}
