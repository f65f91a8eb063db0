import CCUDA

/// A matrix multiplication with a weight matrix W [N, K], all matrices row-major:
///
///     forward   y[T, N] = x[T, K] W^T (+ bias[N]) (+ addend[T, N])
///     backward  y[T, K] = x[T, N] W (+ addend[T, K])
///
/// x and W have one type, bias, addend and y are f32, and sums are f32. If the shape is scaled,
/// x W is multiplied by a factor in device memory. Rows of W follow each other without a gap; x,
/// and addend and y, may be columns of wider matrices.
package struct MatmulShape: Hashable, Sendable {
  /// The type of the elements of x and W.
  package enum Element: String, Sendable, CaseIterable {
    case bf16, f16, f32

    /// Bytes of an element.
    package var size: Int { self == .f32 ? 4 : 2 }

    var dataType: CInt {
      switch self {
      case .bf16: CUDA_R_16BF
      case .f16: CUDA_R_16F
      case .f32: CUDA_R_32F
      }
    }
  }

  /// T.
  package let rows: Int
  /// N, the rows of W.
  package let outputs: Int
  /// K, the columns of W.
  package let inputs: Int
  package let element: Element
  package let isBackward: Bool
  package let hasBias: Bool
  package let hasAddend: Bool
  package let isScaled: Bool
  /// Elements from one row of x to the next.
  package let inputStride: Int
  /// Elements from one row of y to the next, and of the addend.
  package let outputStride: Int

  /// A shape; only a forward one may have a bias. Without strides, rows have no gaps.
  package init(
    rows: Int, outputs: Int, inputs: Int, element: Element, isBackward: Bool = false,
    hasBias: Bool = false, hasAddend: Bool = false, isScaled: Bool = false,
    inputStride: Int? = nil, outputStride: Int? = nil
  ) {
    precondition(!(isBackward && hasBias), "a backward matrix multiplication has no bias")
    self.rows = rows
    self.outputs = outputs
    self.inputs = inputs
    self.element = element
    self.isBackward = isBackward
    self.hasBias = hasBias
    self.hasAddend = hasAddend
    self.isScaled = isScaled
    let (width, inner) = isBackward ? (inputs, outputs) : (outputs, inputs)
    self.inputStride = inputStride ?? inner
    self.outputStride = outputStride ?? width
    precondition(self.inputStride >= inner && self.outputStride >= width, "rows overlap")
  }

  /// The columns of y.
  package var width: Int { isBackward ? inputs : outputs }
  /// The columns of x, over which is summed.
  package var inner: Int { isBackward ? outputs : inputs }
  /// Multiplications and additions.
  package var operations: Int { 2 * rows * outputs * inputs }

  var text: String {
    let direction = (isBackward ? "backward" : "forward") + (isScaled ? " scaled" : "")
    let terms = (hasBias ? " + bias" : "") + (hasAddend ? " + addend" : "")
    let strides =
      inputStride == inner && outputStride == width
      ? "" : " (rows \(inputStride) and \(outputStride) apart)"
    return "\(direction) \(element) T \(rows) N \(outputs) K \(inputs)\(terms)\(strides)"
  }
}
