/// The update rule of a prompt, as torch.optim defines it.
package enum Optimizer: Sendable, Equatable {
  /// Loshchilov and Hutter 2019, arXiv:1711.05101: bias-corrected, decoupled decay.
  case adamW(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0)
  case sgd(momentum: Double = 0, weightDecay: Double = 0)
}

/// The optimizer's state, one element per element of the prompt.
package struct OptimizerMoments: Sendable, Equatable {
  /// Running mean of the gradients, or SGD's velocity.
  package var first: [Float]
  /// Running mean of the squared gradients; zeros with SGD.
  package var second: [Float]

  package init(first: [Float], second: [Float]) {
    self.first = first
    self.second = second
  }

  /// The state before the first step.
  package init(count: Int) {
    first = [Float](repeating: 0, count: count)
    second = first
  }
}
