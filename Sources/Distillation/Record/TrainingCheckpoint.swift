package import Compute
package import Inference

/// Everything that an exact resume needs: the folder `checkpoint-N` of a run's output.
///
///     state.safetensors   prompt, first_moment, second_moment, best_prompt: f32, each of the
///                         shape of the prompt; `.name` follows where a prompt has several tensors
///     state.json          the rest, with the SHA-256 of state.safetensors, and last its own
package struct TrainingCheckpoint: Sendable, Equatable {
  /// The content of `state.json`.
  package struct State: Sendable, Equatable, Codable {
    /// Steps done.
    package var step: Int
    /// The step of the best prompt; 0 is the start.
    package var bestStep: Int
    /// Held-out numbers of the best prompt; nil where none were measured.
    package var best: HeldOut?
    /// Held-out evaluations since the best one.
    package var evaluationsSinceBest: Int
    /// Seconds of training so far.
    package var trainSeconds: Double
    /// The options with which the run was started, or last resumed.
    package var options: TrainingOptions
    /// Options that were changed by a resume; nil where none were.
    package var changes: [OptionChange]?
    /// Fingerprints of the run's inputs.
    package var fingerprints: RunFingerprints
    /// The SHA-256 of the file of the adapter from which the run started; nil for another start,
    /// and where an older program did not record it.
    package var startDigest: String?
    /// The time of the template's clock, as in `TemplateChoice.wallClock`.
    package var templateClock: String?
    /// Threads of the CPU path, whose number changes the last digits; nil on other devices, and
    /// where an older program did not record it.
    package var threads: Int?
    /// The instructions with which the CPU path multiplies matrices, whose choice changes the last
    /// digits too; nil on other devices, and where an older program did not record them.
    package var instructions: String?
    /// The peak learning rates with which the run began, its default ones too, which another
    /// version may set differently; nil where an older program did not record them.
    package var peakRates: PeakRates?
    /// Number of ranks, which changes the last digits; nil for one.
    package var ranks: Int?
    /// How the run reads its texts; nil means ``InputReading/earlier``, as in older programs.
    package var reading: InputReading?
    /// The price that the reports state costs by; nil for none.
    package var price: Price?
    /// The SHA-256 of the lines of `rollouts.jsonl` so far; nil in trainings without rollouts.
    package var rolloutsDigest: String?
    /// What the teacher's cache keeps of a token, which may follow from the memory that was free;
    /// nil where an older program did not record it.
    package var teacherCache: TeacherCacheKind?
    /// The SHA-256 of `state.safetensors`; nil where an older program did not record it.
    package internal(set) var tensorsDigest: String?

    /// A state after `step` steps.
    package init(
      step: Int, bestStep: Int, best: HeldOut?, evaluationsSinceBest: Int, trainSeconds: Double,
      options: TrainingOptions, changes: [OptionChange]? = nil, fingerprints: RunFingerprints,
      startDigest: String? = nil, templateClock: String? = nil, threads: Int? = nil,
      instructions: String? = nil,
      ranks: Int? = nil, peakRates: PeakRates? = nil, reading: InputReading? = nil,
      price: Price? = nil, rolloutsDigest: String? = nil, teacherCache: TeacherCacheKind? = nil
    ) {
      self.step = step
      self.bestStep = bestStep
      self.best = best
      self.evaluationsSinceBest = evaluationsSinceBest
      self.trainSeconds = trainSeconds
      self.options = options
      self.changes = changes
      self.fingerprints = fingerprints
      self.startDigest = startDigest
      self.templateClock = templateClock
      self.threads = threads
      self.instructions = instructions
      self.peakRates = peakRates
      self.ranks = ranks
      self.reading = reading
      self.price = price
      self.rolloutsDigest = rolloutsDigest
      self.teacherCache = teacherCache
    }

    private enum CodingKeys: String, CodingKey {
      case step, options, changes, fingerprints, threads, instructions, ranks
      case startDigest = "init_sha256"
      case peakRates = "peak_learning_rates"
      case reading = "input_reading"
      case price = "price_per_million_tokens"
      case rolloutsDigest = "rollouts_sha256"
      case teacherCache = "teacher_cache"
      case tensorsDigest = "tensors_sha256"
      case bestStep = "best_step"
      case best = "best_validation"
      case evaluationsSinceBest = "evaluations_since_best"
      case trainSeconds = "train_seconds"
      case templateClock = "template_clock"
    }
  }

  /// The content of `state.json`.
  package var state: State
  /// The prompt after the step.
  package var prompt: LearnedPrompt
  /// The optimizer's state.
  package var moments: OptimizerMoments
  /// The prompt with the lowest held-out divergence so far.
  package var best: LearnedPrompt

  /// A checkpoint; both prompts are of one form.
  package init(
    state: State, prompt: LearnedPrompt, moments: OptimizerMoments, best: LearnedPrompt
  ) {
    self.state = state
    self.prompt = prompt
    self.moments = moments
    self.best = best
  }

  static let tensorsName = "state.safetensors"
  /// A file that no other trainer's checkpoint has.
  static let stateName = "state.json"
  /// The files of its folder.
  static let names = [stateName, tensorsName]
}
