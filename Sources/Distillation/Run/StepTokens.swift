/// The tokens that steps compute: the prefix once, or what of it follows keys and values or other
/// prompts, and the examples of the batch.
struct StepTokens {
  /// Of the prefix.
  private let prefix: Int
  /// Of each training example with its recorded answer.
  private let counts: [Int]
  private let order: BatchOrder

  /// Those of a run.
  init(
    _ texts: RunTexts, _ options: TrainingOptions, training: [Example], order: BatchOrder
  ) {
    let frame = texts.conditioning.frame
    let header = texts.neighbors.rows > 0 ? 0 : frame.header.count
    prefix =
      switch options.method {
      case .embeddings: header + options.tokens + frame.closing.count
      case .keysValues: frame.closing.count
      }
    counts = training.map(\.inputs.count)
    self.order = order
  }

  /// The tokens of a step that is done.
  func count(_ report: StepReport) -> Int { prefix + report.inputTokens }

  /// The tokens of a recorded step.
  func count(_ record: StepRecord) -> Int {
    record.tokens ?? order.batch(record.step).reduce(prefix) { $0 + counts[$1] }
  }
}
