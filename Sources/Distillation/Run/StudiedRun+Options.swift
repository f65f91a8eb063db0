import JSON

/// What is refused before a study, because the training would refuse it, as far as it follows from
/// options alone.
extension StudiedRun {
  /// Checks the options of a study and of the runs that train on it.
  ///
  /// - Parameters:
  ///   - study: those of the study.
  ///   - runs: those of each run.
  ///   - isTraining: whether the run has a checkpoint, which knows how long its warm-up is.
  /// - Throws: for the first one that is invalid.
  package static func check(
    _ study: StudyOptions, _ runs: [TrainingOptions], isTraining: Bool = false
  ) throws(DistillationError) {
    do { try study.validate() } catch { throw renamed(error) }
    for run in runs { try run.validate() }
    guard !isTraining, let run = runs.first else { return }
    guard run.epochs != nil else { return try run.checkWarmup(totalSteps: run.steps) }
    let most = try run.totalSteps(run.largestOrder(of: study))
    guard run.warmup > most else { return }
    throw .option(
      .warmup,
      expected: "at most the \(Counted(most, "step")) of a training on "
        + "\(Counted(study.count, "conversation"))", found: "\(run.warmup)")
  }
}

extension TrainingOptions {
  /// These options with each of some methods and numbers of pseudo-tokens.
  package func swept(_ methods: [Method], _ tokens: [Int]) -> [TrainingOptions] {
    methods.flatMap { method in
      tokens.map { count in
        var options = self
        options.method = method
        options.tokens = count
        return options
      }
    }
  }

  /// The order of the most examples that a study can give: how many of its conversations are held
  /// out is known when it is done.
  fileprivate func largestOrder(of study: StudyOptions) -> BatchOrder {
    let lines = study.count * study.rounds
    return BatchOrder(
      count: lines + Mixture(self, beside: lines).count, batchSize: batchSize, isShuffled: shuffle,
      seed: seed)
  }
}

extension RunRequest {
  /// Whether examples are held out, as far as the options of its study tell: one line alone is
  /// none.
  func isHeldOut(_ study: StudyOptions) -> Bool {
    switch validation {
    case .file: true
    case .none: false
    case .fraction, .automatic: study.count * study.rounds > 1
    }
  }
}
