/// What a model does to the product z of its head before the softmax: softCap * tanh(scale * z / softCap), or scale * z
/// where there is no cap.
package struct LogitShape: Sendable, Equatable {
  /// A factor, above 0 (Cohere's `logit_scale`, the inverse of Granite's `logits_scaling`).
  package let scale: Float
  /// The bound of the logits (Gemma 2's `final_logit_softcapping`), or none.
  package let softCap: Float?

  package init(scale: Float = 1, softCap: Float? = nil) {
    self.scale = scale
    self.softCap = softCap
  }

  /// Logits are the product itself.
  package static let plain = LogitShape()

  /// A factor before a softmax is a temperature: the objective of logits / scale that equals `objective` of the logits.
  func unscaled(_ objective: Objective) -> Objective {
    Objective(objective.form, temperature: objective.temperature / scale)
  }

  /// The cap of logits / scale.
  var unscaledSoftCap: Float? { softCap.map { $0 / scale } }
}
