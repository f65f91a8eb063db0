package import Compute
import Foundation

/// Sizes, inputs and Double reference of the activations, alone and as a gate, for their tests and
/// benchmarks.
package struct ActivationWorkload {
  package let rows: Int
  package let width: Int
  package let activation: Activation
  /// [rows, 2 * width]: gate | up.
  package let gateUp: [Float]
  /// [rows, width]
  package let hiddenGradient: [Float]

  /// Inputs mostly within a few units of 0 and, where `isSpiky`, some far out, where exponentials
  /// end.
  package init(
    rows: Int, width: Int, activation: Activation, isSpiky: Bool = true,
    using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.width = width
    self.activation = activation
    var values = generator.floats(2 * rows * width, in: -4...4)
    let far: [Float] = [-200, -90, -12, 12, 90, 200, -0.0, 1e-6]
    for (index, value) in far.enumerated() where isSpiky {
      let offset = 5 + index * 37
      if offset < values.count { values[offset] = value }
    }
    gateUp = values
    hiddenGradient = generator.floats(rows * width)
  }

  /// Bytes that must move in swiGLU: gate and up are read, hidden is written.
  package var forwardBytes: Int { 3 * rows * width * 4 }
  /// Bytes that must move in swiGLUBackward: three operands are read, two gradients are written.
  package var backwardBytes: Int { 5 * rows * width * 4 }
  /// Bytes that must move in activate: x [rows * width] is read, y is written.
  package var ungatedForwardBytes: Int { 2 * rows * width * 4 }
  /// Bytes that must move in activateBackward: two operands are read, the gradient is written.
  package var ungatedBackwardBytes: Int { 3 * rows * width * 4 }

  /// activation(x) in Double.
  package static func value(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .silu: x / (1 + exp(-x))
    case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .relu: max(x, 0)
    }
  }

  /// activation'(x) in Double.
  package static func slope(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .silu:
      let s = 1 / (1 + exp(-x))
      return s + x * s * (1 - s)
    case .geluTanh:
      let c = (2 / Double.pi).squareRoot()
      let t = tanh(c * (x + 0.044715 * x * x * x))
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
    case .gelu:
      return 0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    case .relu: return x > 0 ? 1 : 0
    }
  }

  /// hidden of `values` (of `gateUp` where nil), in Double.
  package func forward(_ values: [Double]? = nil) -> [Double] {
    let gateUp = values ?? gateUp.map(Double.init)
    return (0..<(rows * width)).map { index in
      let gate = index / width * 2 * width + index % width
      return Self.value(gateUp[gate], activation) * gateUp[gate + width]
    }
  }

  /// The gradient with respect to gate and up, in Double.
  package func backward() -> [Double] {
    var result = [Double](repeating: 0, count: gateUp.count)
    for index in 0..<(rows * width) {
      let gate = index / width * 2 * width + index % width
      let gradient = Double(hiddenGradient[index])
      let (g, up) = (Double(gateUp[gate]), Double(gateUp[gate + width]))
      result[gate] = gradient * up * Self.slope(g, activation)
      result[gate + width] = gradient * Self.value(g, activation)
    }
    return result
  }
}
