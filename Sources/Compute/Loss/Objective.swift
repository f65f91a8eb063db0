/// The objective of distillation: a divergence between the teacher's p = softmax(t / T) and the
/// student's q = softmax(s / T), in nats and without a factor T^2.
package struct Objective: Sendable, Equatable {
  package let form: DivergenceForm
  /// T, above 0.
  package let temperature: Float

  package init(_ form: DivergenceForm, temperature: Float = 1) {
    self.form = form
    self.temperature = temperature
  }

  /// KL(p || q) at temperature 1, the metric of evaluations.
  package static let forwardKL = Objective(.forwardKL)
}

/// The supported divergences. With m = (p + q) / 2:
package enum DivergenceForm: Int, Sendable, CaseIterable {
  /// KL(p || q) = sum p log(p / q).
  case forwardKL = 0
  /// KL(q || p) = sum q log(q / p).
  case reverseKL = 1
  /// (KL(p || m) + KL(q || m)) / 2 (Lin 1991, "Divergence measures based on the Shannon entropy").
  case jensenShannon = 2
}
