package import Compute

extension TrainingOptions {
  /// The objective at the run's temperature.
  package var objective: Objective {
    switch loss {
    case .forwardKL: Objective(.forwardKL, temperature: temperature)
    case .reverseKL: Objective(.reverseKL, temperature: temperature)
    case .jensenShannon: Objective(.jensenShannon, temperature: temperature)
    // That of a teacher which is certain of the given tokens.
    case .crossEntropy: Objective(.forwardKL, temperature: temperature)
    }
  }

  /// Whether the objective is the KL to the teacher and nothing else.
  var isPlainKL: Bool { loss == .forwardKL && mixCrossEntropy == 0 }

  /// The objective in words.
  var objectiveName: String {
    mixCrossEntropy > 0 ? "\(loss.name) to the teacher mixed with the given tokens" : loss.name
  }
}

extension TrainingOptions.Loss {
  /// What is lowered in training, in words.
  var name: String {
    switch self {
    case .forwardKL: "KL"
    case .reverseKL: "reverse KL"
    case .jensenShannon: "Jensen-Shannon divergence"
    case .crossEntropy: "cross-entropy"
    }
  }

  /// What the best prompt has least of on held-out examples.
  package var heldOutName: String { self == .crossEntropy ? "cross-entropy" : "KL" }
}
