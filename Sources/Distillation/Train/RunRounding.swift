/// The changes of the model's logits, relative to the largest, that a run's roundings make.
package struct RunRounding: Sendable, Equatable {
  /// Of quantised weights; nil where the weights are not quantised at load.
  package var weights: Double?
  /// Of activations that a training step rounds to bf16; nil where it does not.
  package var activations: Double?

  /// Changes; nil for what is not rounded.
  package init(weights: Double? = nil, activations: Double? = nil) {
    self.weights = weights
    self.activations = activations
  }
}
