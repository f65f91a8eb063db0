package import Compute
import HuggingFace

/// Everything that a user sets and that changes what training gives. It is recorded in every
/// checkpoint under the names of the command line, and a resumed run must agree with it but for what
/// ``Resumable`` names.
package struct TrainingOptions: Sendable, Equatable, Codable {
  /// k: pseudo-tokens.
  package var tokens = 16
  /// Where the soft prompt starts.
  package var initialization = Initialization.sampled
  /// The chat template, as ``TemplateChoice/name``.
  package var template = "auto"
  /// What the template is told beside the conversation.
  package var templateVariables: TemplateVariables?
  /// What is kept of the teacher's answer.
  package var teacherCache = TeacherCacheChoice.auto
  /// What is minimised.
  package var loss = Loss.forwardKL
  /// What both distributions' logits are divided by.
  package var temperature: Float = 1
  /// What turns gradients into steps.
  package var optimizer = OptimizerChoice.adamW
  /// The highest rate; nil takes ``defaultLearningRateFactor`` times the root mean square of the
  /// context's embeddings.
  package var learningRate: Float?
  /// What the rate does after the warm-up.
  package var schedule = LearningRateSchedule.Kind.constant
  /// Steps of the warm-up.
  package var warmup = 0
  /// Decoupled decay of AdamW, or the L2 penalty of SGD, as torch.optim defines them.
  package var weightDecay: Float = 0
  /// The largest norm of the gradient; nil leaves it as it is.
  package var clipNorm: Float?
  /// How long to train, where ``epochs`` is nil.
  package var steps = 200
  /// How often to visit every example.
  package var epochs: Int?
  /// Examples of a step; the last step of an epoch may have fewer.
  package var batchSize = 16
  /// Whether every epoch has an order of its own.
  package var shuffle = true
  /// Everything random follows from it.
  package var seed: UInt64 = 0
  /// The element type of the frozen weights on the device.
  package var precision = WeightPrecision.f32
  /// What the products of a training step read activations and gradients as. The teacher and the evaluations are exact.
  package var activations = ActivationPrecision.f32
  /// Held-out evaluations without a better prompt after which training stops; nil trains on.
  package var patience: Int?
  /// Steps between two held-out evaluations.
  package var evaluateEvery = 20
  /// The most tokens that the teacher answers where an example has no response.
  package var responseTokens = 64
  /// The temperature of those answers; 0 takes the most likely token.
  package var responseTemperature: Float = 0

  /// The options with their defaults.
  package init() {}

  /// The names of the command line.
  private enum CodingKeys: String, CodingKey {
    case tokens
    case initialization = "init"
    case template
    case templateVariables = "template-variable"
    case teacherCache = "teacher-cache"
    case loss
    case temperature
    case optimizer
    case learningRate = "learning-rate"
    case schedule
    case warmup
    case weightDecay = "weight-decay"
    case clipNorm = "clip-norm"
    case steps
    case epochs
    case batchSize = "batch-size"
    case shuffle
    case seed
    case precision
    case activations
    case patience
    case evaluateEvery = "evaluate-every"
    case responseTokens = "response-tokens"
    case responseTemperature = "response-temperature"
  }

  /// The default learning rate of AdamW, as a multiple of the root mean square of the context's
  /// embeddings. AdamW moves every number by about the rate in a step, so a rate in proportion to
  /// the embeddings' size changes prompts of all models alike. From a quarter of this factor to
  /// itself, the part of the gap that 16 pseudo-tokens close in two small models differs by two points
  /// or less; at twice it, they close six points less in one of them; 4 pseudo-tokens close more with
  /// it than with half of it.
  package static let defaultLearningRateFactor: Float = 0.5

  /// The highest rate for a context whose embeddings have this root mean square.
  package func peakLearningRate(embeddingScale: Float) -> Float {
    learningRate ?? Self.defaultLearningRateFactor * embeddingScale
  }

  /// The chat template with what it is told.
  package var templateChoice: TemplateChoice {
    TemplateChoice(template, variables: templateVariables ?? TemplateVariables())
  }

  /// What is minimised, at the run's temperature.
  package var objective: Objective {
    switch loss {
    case .forwardKL: Objective(.forwardKL, temperature: temperature)
    case .reverseKL: Objective(.reverseKL, temperature: temperature)
    case .jensenShannon: Objective(.jensenShannon, temperature: temperature)
    }
  }

  /// The optimiser with its settings.
  package var optimizerSettings: Optimizer {
    switch optimizer {
    case .adamW: .adamW(weightDecay: Double(weightDecay))
    case .sgd: .sgd(weightDecay: Double(weightDecay))
    }
  }

  /// The steps of the whole training over examples in this order.
  ///
  /// - Throws: when an `Int` does not count them.
  package func totalSteps(_ order: BatchOrder) throws(DistillationError) -> Int {
    guard let epochs else { return steps }
    let (total, isTooMany) = epochs.multipliedReportingOverflow(by: order.stepsPerEpoch)
    guard !isTooMany else {
      throw .option(
        .epochs, expected: "\(Int.max / order.stepsPerEpoch) or fewer", found: "\(epochs)")
    }
    return total
  }
}

extension TrainingOptions {
  /// What is minimised, between the teacher's distribution p and the student's q of every response
  /// token.
  package enum Loss: String, Sendable, Codable, CaseIterable {
    /// KL(p || q).
    case forwardKL = "forward-kl"
    /// KL(q || p).
    case reverseKL = "reverse-kl"
    /// The Jensen-Shannon divergence.
    case jensenShannon = "js"
  }

  /// What is kept of the teacher's distribution of a response token.
  package enum TeacherCacheChoice: String, Sendable, Codable, CaseIterable {
    /// What fits the device's memory and the objective.
    case auto
    /// Every logit in 16 bits.
    case logits
    /// The last hidden state; the logits are computed again when they are needed.
    case hidden
    /// The head's rows weighted by p, and the entropy of p; for forward KL alone.
    case projected
  }

  /// What turns gradients into steps.
  package enum OptimizerChoice: String, Sendable, Codable, CaseIterable {
    /// Loshchilov and Hutter 2019, arXiv:1711.05101, with betas 0.9 and 0.999 and epsilon 1e-8.
    case adamW = "adamw"
    /// Plain gradient descent.
    case sgd
  }
}

extension WeightPrecision: Codable {}
