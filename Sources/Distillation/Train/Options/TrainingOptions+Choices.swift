extension TrainingOptions {
  /// What is learned in the context's place.
  package enum Method: String, Sendable, Codable, CaseIterable {
    /// Rows of the model's input.
    case embeddings
    /// Rows of the KV cache of every layer: a cartridge.
    case keysValues = "kv"
  }

  /// The objective, between the teacher's distribution p, or the response's own token y, and the
  /// student's q of every response token.
  package enum Loss: String, Sendable, Codable, CaseIterable {
    /// KL(p || q).
    case forwardKL = "forward-kl"
    /// KL(q || p).
    case reverseKL = "reverse-kl"
    /// The Jensen-Shannon divergence.
    case jensenShannon = "js"
    /// -log q(y), without a teacher.
    case crossEntropy = "cross-entropy"
  }

  /// The tokens of an example that the objective covers.
  package enum LossPart: String, Sendable, Codable, CaseIterable {
    case response
    /// Every token after the first of the prompt.
    case all
  }

  /// The kind of the teacher's cache of a response token's distribution.
  package enum TeacherCacheChoice: String, Sendable, Codable, CaseIterable {
    /// The kind that fits the device's memory and the objective.
    case auto
    /// Every logit in 16 bits.
    case logits
    /// The last hidden state; the logits are computed again when they are needed.
    case hidden
    /// The mean of the head's rows under p, and the entropy of p; for forward KL alone.
    case projected
  }

  /// The update rule.
  package enum OptimizerChoice: String, Sendable, Codable, CaseIterable {
    /// Loshchilov and Hutter 2019, arXiv:1711.05101, with betas 0.9 and 0.999 and epsilon 1e-8.
    case adamW = "adamw"
    /// Plain gradient descent.
    case sgd
  }
}
