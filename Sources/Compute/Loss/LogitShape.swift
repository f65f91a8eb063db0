/// Scale and soft cap of a model's logits: softCap * tanh(scale * z / softCap) of the head's output
/// z, or scale * z without a cap.
package struct LogitShape: Sendable, Equatable {
  /// A factor, above 0 (Cohere's `logit_scale`, the inverse of Granite's `logits_scaling`).
  package let scale: Float
  /// The bound of the logits (Gemma 2's `final_logit_softcapping`), or none.
  package let softCap: Float?

  package init(scale: Float = 1, softCap: Float? = nil) {
    self.scale = scale
    self.softCap = softCap
  }

  /// Logits are the head's output.
  package static let plain = LogitShape()

  /// The objective on logits / scale that equals `objective` on the logits: the scale becomes part
  /// of the temperature.
  func unscaled(_ objective: Objective) -> Objective {
    Objective(objective.form, temperature: objective.temperature / scale)
  }

  /// The soft cap of logits / scale.
  var unscaledSoftCap: Float? { softCap.map { $0 / scale } }
}
