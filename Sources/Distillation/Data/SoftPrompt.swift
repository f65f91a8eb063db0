/// The pseudo-tokens that stand in the context's place: k vectors of the embeddings' width.
package struct SoftPrompt: Sendable, Equatable {
  /// [k, E], row-major, f32 whatever the model's weights are.
  package var values: [Float]
  /// k.
  package let count: Int
  /// E.
  package let width: Int

  /// A soft prompt of `values.count / width` vectors.
  package init(values: [Float], width: Int) {
    precondition(width > 0 && values.count % width == 0, "whole vectors")
    self.values = values
    self.width = width
    count = values.count / width
  }

  /// The square root of the mean square of all numbers.
  package var rootMeanSquare: Float { Self.rootMeanSquare(of: values) }

  /// The square root of the mean square of `values`; 0 of none.
  package static func rootMeanSquare(of values: [Float]) -> Float {
    guard !values.isEmpty else { return 0 }
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    return Float((sum / Double(values.count)).squareRoot())
  }
}
