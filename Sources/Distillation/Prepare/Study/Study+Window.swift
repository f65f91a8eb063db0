internal import Compute
internal import Inference
import JSON
internal import Transformer

/// How much of the context the teacher reads at once, beside the longest conversation.
extension Study {
  /// The most tokens of a window, where the context has to be cut; nil where it is read whole.
  static func window(
    _ options: StudyOptions, _ recorded: StudyRecord?, _ conditioning: Conditioning,
    _ configuration: DecoderConfiguration, _ device: Device, longest: Int, file: String
  ) throws(DistillationError) -> Int? {
    if let recorded { return recorded.window }
    // The tools stand beside every window.
    let beside = try conditioning.toolTokens()
    let tokens = conditioning.context.count - beside
    let positions = configuration.maximumPositions
    let most = positions - longest - (conditioning.teacherPrefix.rows - tokens)
    guard most >= StudyOptions.smallestWindow else {
      throw .content(
        file: file,
        expected: "positions for a context beside questions and answers of up to "
          + "\(Counted(longest, "token"))",
        found: "\(Counted(positions, "position")) of the model")
    }
    if let asked = options.contextWindow {
      guard asked <= most else {
        throw .option(
          .contextWindow,
          expected: "at most \(most), which leaves \(longest) of the model's "
            + "\(Counted(positions, "position")) to questions and answers", found: "\(asked)")
      }
      return tokens > asked ? asked : nil
    }
    let affordable =
      device.availableBytes / Self.memoryShare / KeyValueCache.rowByteCount(configuration)
    let window = min(most, max(affordable - beside, StudyOptions.smallestWindow))
    return tokens > window ? window : nil
  }

  /// The fraction of the available memory for keys and values of a window is 1 over this.
  private static let memoryShare = 4

  /// The tokens of a conversation with the longest question and answer of each round.
  static func longest(
    _ options: StudyOptions, _ conditioning: Conditioning, _ seeds: StudySeeds
  ) throws(DistillationError) -> Int {
    var words = 0
    for seed in seeds.seeds {
      words = max(words, try conditioning.prompt(seed.text).identifiers.count)
    }
    let template = try conditioning.prompt(
      conditioning.isChat ? "A" : RawConversation.prompt(["A"])
    ).identifiers.count
    return options.rounds
      * (template + words + options.questionTokens + options.responseTokens)
  }
}
