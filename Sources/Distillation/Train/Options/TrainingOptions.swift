package import Compute
import HuggingFace
import Weights

/// All options that change the result of a training. They are recorded in every checkpoint under
/// the names of the command line, and a resumed run must have the same, except for those of
/// ``Resumable``.
package struct TrainingOptions: Sendable, Equatable, Codable {
  /// k: pseudo-tokens.
  package var tokens = 16
  /// The start of the prompt.
  package var initialization: Initialization {
    get { chosenInitialization ?? .standard(for: method, parts: 1) }
    set { chosenInitialization = newValue }
  }
  /// The start that the user names; a run fills it in when it has read the context.
  package var chosenInitialization: Initialization?
  /// What is learned.
  package var method: Method {
    get { recordedMethod ?? .embeddings }
    set { recordedMethod = newValue == .embeddings ? nil : newValue }
  }
  /// The method; nil for embeddings, as in runs of programs that knew no other.
  private var recordedMethod: Method?
  /// The chat template, as `TemplateChoice.name`.
  package var template = "auto"
  /// Variables of the template besides the conversation.
  package var templateVariables: TemplateVariables?
  /// The kind of the teacher's cache.
  package var teacherCache = TeacherCacheChoice.auto
  /// The objective.
  package var loss = Loss.forwardKL
  /// The share of the cross-entropy of the responses in the objective, beside forward KL.
  package var mixCrossEntropy: Float {
    get { recordedMixCrossEntropy ?? 0 }
    set { recordedMixCrossEntropy = newValue == 0 ? nil : newValue }
  }
  /// The tokens of an example that the objective covers.
  package var lossPart: LossPart {
    get { recordedLossPart ?? .response }
    set { recordedLossPart = newValue == .response ? nil : newValue }
  }
  /// The share of the training examples that continue the context from a random place.
  package var reconstruct: Float {
    get { recordedReconstruct ?? 0 }
    set { recordedReconstruct = newValue == 0 ? nil : newValue }
  }
  /// The share of the training examples that have nothing to do with the context.
  package var regularize: Float {
    get { recordedRegularize ?? 0 }
    set { recordedRegularize = newValue == 0 ? nil : newValue }
  }
  /// Nil in the records of programs that did not know them, as where they are not used.
  private var recordedMixCrossEntropy: Float?
  private var recordedLossPart: LossPart?
  private var recordedReconstruct: Float?
  private var recordedRegularize: Float?
  /// The share of the training prompts that the student answers itself, again and again; 0 trains on
  /// the recorded answers alone.
  package var rollouts: Float {
    get { recordedRollouts ?? 0 }
    set { recordedRollouts = newValue == 0 ? nil : newValue }
  }
  /// Steps between two times that it does; nil without rollouts.
  package var refreshEvery: Int?
  private var recordedRollouts: Float?
  /// Divisor of both distributions' logits.
  package var temperature: Float = 1
  /// The update rule.
  package var optimizer = OptimizerChoice.adamW
  /// The peak learning rate; nil takes ``defaultLearningRateFactor`` times the root mean square of
  /// the context's embeddings, or for keys and values ``KeyValueRates``.
  package var learningRate: Float?
  /// The peak learning rates of keys and of values, where they are not ``learningRate``.
  package var keyLearningRate: Float?
  package var valueLearningRate: Float?
  /// The form of the learning rate after the warm-up.
  package var schedule = LearningRateSchedule.Kind.constant
  /// Steps of the warm-up.
  package var warmup = 0
  /// Decoupled decay of AdamW, or the L2 penalty of SGD, as torch.optim defines them.
  package var weightDecay: Float = 0
  /// The largest norm of the gradient; nil does not clip.
  package var clipNorm: Float?
  /// Number of steps, where ``epochs`` is nil.
  package var steps = 200
  /// Number of passes over all examples.
  package var epochs: Int?
  /// Examples per step; the last step of an epoch may have fewer.
  package var batchSize = 16
  /// Whether every epoch has its own order.
  package var shuffle = true
  /// The seed of everything random.
  package var seed: UInt64 = 0
  /// The format of the frozen weights on the device.
  package var precision = WeightPrecision.stored
  /// Precision of activations and gradients in the matrix multiplications of a training step. The
  /// teacher and the evaluations are exact.
  package var activations = ActivationPrecision.f32
  /// Held-out evaluations without a better prompt after which training stops; nil never stops
  /// early.
  package var patience: Int?
  /// Steps between two held-out evaluations.
  package var evaluateEvery = 20
  /// The most tokens of the teacher's answer where an example has no response.
  package var responseTokens = 64
  /// The sampling temperature of those answers; 0 takes the most likely token.
  package var responseTemperature: Float = 0

  /// The options with their defaults.
  package init() {}

  /// The names of the command line.
  private enum CodingKeys: String, CodingKey {
    case tokens
    case chosenInitialization = "init"
    case recordedMethod = "method"
    case template
    case templateVariables = "template-variable"
    case teacherCache = "teacher-cache"
    case loss
    case recordedMixCrossEntropy = "mix-cross-entropy"
    case recordedLossPart = "loss-on"
    case recordedReconstruct = "reconstruct"
    case recordedRegularize = "regularize"
    case recordedRollouts = "rollouts"
    case refreshEvery = "refresh-every"
    case temperature
    case optimizer
    case learningRate = "learning-rate"
    case keyLearningRate = "learning-rate-keys"
    case valueLearningRate = "learning-rate-values"
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
  /// embeddings. AdamW changes every element by about the rate per step, so a rate in proportion to
  /// the embeddings' scale has the same effect for all models. Between a quarter of this factor and
  /// the factor itself, the part of the gap that 16 pseudo-tokens close in two small models differs
  /// by two points or less; at twice the factor, they close six points less in one of them; 4
  /// pseudo-tokens close more with it than with half of it.
  package static let defaultLearningRateFactor: Float = 0.5

  /// The peak rate for a context whose embeddings have this root mean square.
  package func peakLearningRate(embeddingScale: Float) -> Float {
    learningRate ?? Self.defaultLearningRateFactor * embeddingScale
  }

  /// The chat template with its variables.
  package var templateChoice: TemplateChoice {
    TemplateChoice(template, variables: templateVariables ?? TemplateVariables())
  }

  /// The optimiser with its settings.
  package var optimizerSettings: Optimizer {
    switch optimizer {
    case .adamW: .adamW(weightDecay: Double(weightDecay))
    case .sgd: .sgd(weightDecay: Double(weightDecay))
    }
  }

  /// The number of steps of the whole training over examples in this order.
  ///
  /// - Throws: when it overflows an `Int`.
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
