import HuggingFace

/// The content of `metrics.json`. Divergences are in nats per response token, over held-out
/// examples and the whole vocabulary.
package struct RunMetrics: Sendable, Equatable, Codable {
  /// n: tokens of the context.
  package var contextTokens: Int
  /// k: tokens of the soft prompt.
  package var pseudoTokens: Int
  /// n / k; nil without a context.
  package var compressionRatio: Double?
  /// The held-out numbers; nil where no examples were held out.
  package var validation: Validation?
  /// Wall-clock times.
  package var timing: Timing
  /// Peak memory.
  package var memory: Memory
  /// The errors that rounding makes in the model.
  package var rounding: RunRounding {
    RunRounding(weights: weightRoundingError, activations: activationRoundingError)
  }
  private var weightRoundingError: Double?
  private var activationRoundingError: Double?
  /// The device as users name it: `cpu`, `opencl:0.0`.
  package var device: String
  /// Number of kernels with tuned constants on the device; the same bits need the same tuning.
  package var tunedKernels: Int
  /// Threads of the CPU path; the same bits need the same number. Nil on other devices.
  package var threads: Int?
  /// Number of ranks; the same bits need the same number. Nil for one.
  package var ranks: Int?
  /// The seed of everything random.
  package var seed: UInt64
  /// The GGUF file of the model; nil for other models.
  package var gguf: GGUFIdentity?
  /// How the run was made; nil in reports of older programs, as the next.
  package var origin: Origin?
  /// What context and prompt take.
  package var sizes: Sizes?
  /// The price that the run was given.
  package var price: Price?
  /// The student's own answers in the training; nil where it gave none.
  package var rollouts: Rollouts?

  /// A report.
  package init(
    contextTokens: Int, pseudoTokens: Int, validation: Validation?, timing: Timing, memory: Memory,
    rounding: RunRounding = RunRounding(), device: String, tunedKernels: Int,
    threads: Int? = nil, ranks: Int? = nil, seed: UInt64, gguf: GGUFIdentity? = nil,
    origin: Origin? = nil, sizes: Sizes? = nil, price: Price? = nil, rollouts: Rollouts? = nil
  ) {
    self.contextTokens = contextTokens
    self.pseudoTokens = pseudoTokens
    compressionRatio =
      contextTokens > 0 ? Double(contextTokens) / Double(pseudoTokens) : nil
    self.validation = validation
    self.timing = timing
    self.memory = memory
    weightRoundingError = rounding.weights
    activationRoundingError = rounding.activations
    self.device = device
    self.tunedKernels = tunedKernels
    self.threads = threads
    self.ranks = ranks
    self.seed = seed
    self.gguf = gguf
    self.origin = origin
    self.sizes = sizes
    self.price = price
    self.rollouts = rollouts
  }

  private enum CodingKeys: String, CodingKey {
    case contextTokens = "context_tokens"
    case pseudoTokens = "pseudo_tokens"
    case compressionRatio = "compression_ratio"
    case weightRoundingError = "weight_rounding_error"
    case activationRoundingError = "activation_rounding_error"
    case tunedKernels = "tuned_kernels"
    case validation, timing, memory, device, threads, ranks, seed, gguf, sizes, rollouts
    case origin = "made_with"
    case price = "price_per_million_tokens"
  }

  /// Writes every field; absent held-out numbers as null; other absent fields are left out.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(contextTokens, forKey: .contextTokens)
    try container.encode(pseudoTokens, forKey: .pseudoTokens)
    try container.encodeIfPresent(compressionRatio, forKey: .compressionRatio)
    try container.encode(validation, forKey: .validation)
    try container.encode(timing, forKey: .timing)
    try container.encode(memory, forKey: .memory)
    try container.encodeIfPresent(weightRoundingError, forKey: .weightRoundingError)
    try container.encodeIfPresent(activationRoundingError, forKey: .activationRoundingError)
    try container.encode(device, forKey: .device)
    try container.encode(tunedKernels, forKey: .tunedKernels)
    try container.encodeIfPresent(threads, forKey: .threads)
    try container.encodeIfPresent(ranks, forKey: .ranks)
    try container.encode(seed, forKey: .seed)
    try container.encodeIfPresent(gguf, forKey: .gguf)
    try container.encodeIfPresent(origin, forKey: .origin)
    try container.encodeIfPresent(sizes, forKey: .sizes)
    try container.encodeIfPresent(price, forKey: .price)
    try container.encodeIfPresent(rollouts, forKey: .rollouts)
  }
}

extension RunMetrics {
  /// The quality of the soft prompt as a replacement of the context, on examples that training did
  /// not see. Without a context the numbers of that comparison are nil.
  package struct Validation: Sendable, Equatable {
    /// KL(teacher || student) with the soft prompt.
    package var kl: Double?
    /// KL(teacher || student) with nothing in place of the context.
    package var klNoContext: Double?
    /// 1 - kl / klNoContext: 1 where the soft prompt is as good as the context, 0 where it is as
    /// good as nothing, or where the model without context has no divergence.
    package var gapClosed: Double?
    /// The fraction of response tokens for which teacher and student have the same most likely
    /// token.
    package var top1Agreement: Double?
    /// The same with nothing in place of the context; nil in reports of older programs.
    package var top1AgreementNoContext: Double?
    /// The fraction of examples that the student answers, greedily, exactly as recorded.
    package var exactMatch: Double
    /// The same of the model with the full context.
    package var exactMatchFullContext: Double?
    /// The same of the model with nothing in place of the context.
    package var exactMatchNoContext: Double
    /// Other measures of answers; nil in reports of older programs.
    package var answers: Answers?
    /// Calls of tools in answers; nil where no recorded response has any.
    package var toolCalls: ToolCalls?
    /// Drift on unrelated prompts; nil in reports of older programs, and where no prompt could be
    /// read.
    package var drift: Drift?
    /// Number of compared examples; nil in reports of older programs.
    package var basis: Basis?
    /// Confidence intervals; nil where one example alone was held out.
    package var intervals: Intervals?
    /// Where the teacher read the context in several windows: what a window does alone.
    package var windows: Windows?
    /// Where the prompt was trained behind others: what each does alone.
    package var beside: Beside?
    /// Where the teacher is another model.
    package var teacher: TeacherReading?

    /// Held-out numbers.
    package init(
      kl: Double?, klNoContext: Double?, top1Agreement: Double?,
      top1AgreementNoContext: Double? = nil, exactMatch: Double,
      exactMatchFullContext: Double?, exactMatchNoContext: Double, answers: Answers? = nil,
      drift: Drift? = nil, basis: Basis? = nil, intervals: Intervals? = nil,
      windows: Windows? = nil
    ) {
      self.answers = answers
      self.drift = drift
      self.kl = kl
      self.klNoContext = klNoContext
      self.basis = basis
      self.intervals = intervals
      self.windows = windows
      if let kl, let klNoContext {
        gapClosed = Self.gapClosed(kl: kl, klNoContext: klNoContext)
      }
      self.top1Agreement = top1Agreement
      self.top1AgreementNoContext = top1AgreementNoContext
      self.exactMatch = exactMatch
      self.exactMatchFullContext = exactMatchFullContext
      self.exactMatchNoContext = exactMatchNoContext
    }
  }

  /// Wall-clock times.
  package struct Timing: Sendable, Equatable, Codable {
    /// Prefilling the context, generating answers and scoring all examples.
    package var teacherSeconds: Double
    /// All steps and the evaluations between them, including those before a resume.
    package var trainSeconds: Double
    /// Median of all steps, including those before a resume.
    package var stepSecondsMedian: Double
    /// Tokens of the steps, the prefix once per step, over the time of the steps alone.
    package var tokensPerSecond: Double

    /// Times.
    package init(
      teacherSeconds: Double, trainSeconds: Double, stepSecondsMedian: Double,
      tokensPerSecond: Double
    ) {
      self.teacherSeconds = teacherSeconds
      self.trainSeconds = trainSeconds
      self.stepSecondsMedian = stepSecondsMedian
      self.tokensPerSecond = tokensPerSecond
    }

    private enum CodingKeys: String, CodingKey {
      case teacherSeconds = "teacher_seconds"
      case trainSeconds = "train_seconds"
      case stepSecondsMedian = "step_seconds_median"
      case tokensPerSecond = "tokens_per_second"
    }
  }

  /// Memory in bytes.
  package struct Memory: Sendable, Equatable, Codable {
    /// The most that the process had resident, including mapped weights.
    package var peakHostBytes: Int
    /// The most that buffers of the device took.
    package var deviceBytes: Int
    /// Size of the teacher's cache.
    package var teacherCacheBytes: Int

    /// Sizes.
    package init(peakHostBytes: Int, deviceBytes: Int, teacherCacheBytes: Int) {
      self.peakHostBytes = peakHostBytes
      self.deviceBytes = deviceBytes
      self.teacherCacheBytes = teacherCacheBytes
    }

    private enum CodingKeys: String, CodingKey {
      case peakHostBytes = "peak_host_bytes"
      case deviceBytes = "device_bytes"
      case teacherCacheBytes = "teacher_cache_bytes"
    }
  }
}
