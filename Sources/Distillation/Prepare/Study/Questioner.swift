internal import Compute
import HuggingFace
internal import Inference
internal import Ranks
import Tokenizers
internal import Transformer

/// The model in the role of the user: it reads a chunk of the context once and writes many
/// questions behind it.
final class Questioner {
  /// A question as it was written.
  struct Question: Equatable {
    /// The question, up to its first question mark or line end.
    var text: String
    /// Whether it ended by itself.
    var isWhole: Bool
  }

  private let decoder: Decoder
  private let options: StudyOptions
  private let tokenizer: Tokenizer
  private let placement: Placement
  private let ranks: Ranks
  private let stopIdentifiers: Set<Int>
  /// Seconds in which the last chunk was read.
  private(set) var readingSeconds = 0.0
  private var workspace: (memory: DecoderWorkspace, rows: Int, runRows: Int)?

  /// The instruction before the chunk, for the forms with instructions.
  static let instruction = """
    You write the messages that people send to an assistant who knows the following text by heart. The people do not have the \
    text, so a message says by name what it is about. You write the message and nothing else.


    """

  /// The request to which the seed is the beginning of the answer.
  static let request = "Write a question about the text. It names what it is about."

  init(
    _ decoder: Decoder, _ conditioning: Conditioning, _ tokenizer: Tokenizer,
    _ placement: Placement, _ options: StudyOptions, _ ranks: Ranks
  ) throws(DistillationError) {
    self.decoder = decoder
    self.options = options
    self.tokenizer = tokenizer
    self.placement = placement
    self.ranks = ranks
    // A question ends with its question mark, and with its line.
    stopIdentifiers = conditioning.stopIdentifiers.union(
      try tokenizer.singleTokens(of: ["?", " ?", "？", "\n", "\n\n"]))
  }

  /// Writes a question for each seed.
  ///
  /// - Parameters:
  ///   - turns: what was said before in each conversation; empty where it begins.
  ///   - seed: what is drawn follows from it.
  ///   - progress: called with the tokens generated so far.
  func write(
    from chunk: String, seeds: [StudySeed], after turns: [[String]], seed: UInt64,
    progress: (Int) -> Void
  ) throws(DistillationError) -> [Question] {
    let isInstructed = placement.isChat && options.questioner != .complete
    let prefix = try placed { () throws(PlacementError) in
      let context = try placement.contextTokens(of: isInstructed ? Self.instruction + chunk : chunk)
      return Prefix(
        Frame(header: context.header, closing: context.closing),
        .context(context.identifiers))
    }
    var (prompts, stops) = ([[Int]](), stopIdentifiers)
    for (seed, turns) in zip(seeds, turns) {
      let prompt = try self.prompt(seed, after: turns, &stops)
      prompts.append(prompt)
    }
    let longest = (prompts.map(\.count).max() ?? 0) + options.questionTokens
    let begin = ContinuousClock.now
    let model = try read(
      prefix, PrefixCapacity(longest: longest, answers: prompts.count, for: decoder))
    try distilling { () throws(TransformerError) in
      try computing { () throws(ComputeError) in try decoder.device.synchronize() }
    }
    readingSeconds = (ContinuousClock.now - begin).inSeconds
    let answers = try distilling { () throws(TransformerError) in
      try model.generate(
        prompts,
        options: GenerationOptions(
          maximumTokens: options.questionTokens, temperature: options.temperature, seed: seed,
          stopIdentifiers: stops), sharedBy: ranks
      ) { made, _ in progress(made) }
    }
    var questions: [Question] = []
    for (seed, answer) in zip(seeds, answers) {
      let text = try placed { () throws(PlacementError) in try placement.text(of: answer) }
      questions.append(
        Self.question(
          text, opening: options.questioner == .instruct ? "" : seed.text,
          isEnded: answer.last.map(stops.contains) ?? false))
    }
    return questions
  }

  /// A question of what the model wrote behind its first words.
  static func question(_ text: String, opening: String, isEnded: Bool) -> Question {
    var whole = (opening + text).trimmingCharacters(in: .whitespacesAndNewlines)
    for label in ["Question:", "Message:", "User:", "Q:"] where whole.hasPrefix(label) {
      whole.removeFirst(label.count)
    }
    let quotes: Set<Character> = ["\"", "“", "”", "*", " "]
    var kept = ""
    var isWhole = isEnded
    for character in whole {
      if character.isNewline {
        isWhole = true
        break
      }
      kept.append(character)
      if "?？".contains(character) {
        isWhole = true
        break
      }
    }
    while let first = kept.first, quotes.contains(first) { kept.removeFirst() }
    while let last = kept.last, quotes.contains(last) { kept.removeLast() }
    return Question(text: kept, isWhole: isWhole)
  }

  /// The tokens behind the prefix that the question is written after.
  private func prompt(
    _ seed: StudySeed, after turns: [String], _ stops: inout Set<Int>
  ) throws(DistillationError) -> [Int] {
    guard placement.isChat else {
      let opening = options.questioner == .instruct ? "" : " \(seed.text)"
      let earlier = turns.isEmpty ? "" : RawConversation.prompt(turns) + (turns.last ?? "")
      return try distillingTokens { () throws(TokenizerError) in
        try tokenizer.encode(
          earlier + RawConversation.question + opening, addingSpecialTokens: false)
      }
    }
    let messages = StudyLine.messages(of: turns)
    return try placed { () throws(PlacementError) in
      switch options.questioner {
      case .instruct:
        return try placement.promptTokens(of: Self.told(seed.text, after: turns)).identifiers
      case .lead:
        let told = Self.told(Self.request, after: turns)
        return try placement.promptTokens(of: told).identifiers
          + placement.responseIdentifiers(of: seed.text, after: told)
      case .complete: break
      }
      guard let turn = try placement.userTurn(beginning: seed.text, after: messages) else {
        return []
      }
      if let end = turn.end { stops.insert(end) }
      return turn.identifiers
    }
  }

  /// The conversation in which the questioner is told what to write next.
  private static func told(_ request: String, after turns: [String]) -> [ChatMessage] {
    var messages = [ChatMessage(role: "user", content: request)]
    for index in stride(from: 0, to: turns.count - 1, by: 2) {
      messages.append(ChatMessage(role: "assistant", content: turns[index]))
      messages.append(
        ChatMessage(
          role: "user",
          content:
            "The assistant answered: \(turns[index + 1])\n\nWrite what the same person asks next."))
    }
    return messages
  }

  /// Reads a prefix, in memory that is used again.
  private func read(
    _ prefix: Prefix, _ capacity: PrefixCapacity
  ) throws(DistillationError) -> PrefixedDecoder {
    let runRows = max(capacity.runRows, min(512, prefix.rows))
    let rows = prefix.rows + capacity.rows
    return try distilling { () throws(TransformerError) in
      if workspace.map({ $0.rows < rows || $0.runRows < runRows }) ?? true {
        workspace = nil
        let memory = try computing { () throws(ComputeError) in
          try DecoderWorkspace(
            decoder, cacheRows: rows, rows: runRows, responseRows: capacity.responseRows,
            training: false)
        }
        workspace = (memory, rows, runRows)
      }
      guard let memory = workspace?.memory else {
        return try decoder.prefill(prefix, capacity: capacity)
      }
      let model = try PrefixedDecoder(
        decoder, prefix: prefix, capacity: capacity, workspace: memory)
      try model.prefill()
      return model
    }
  }

  private func placed<Value>(
    _ call: () throws(PlacementError) -> Value
  ) throws(DistillationError) -> Value {
    do { return try call() } catch { throw .placement(error) }
  }
}

/// Runs a call of the tokenizer and gives its error the type of this layer.
func distillingTokens<Value>(
  _ call: () throws(TokenizerError) -> Value
) throws(DistillationError) -> Value {
  do { return try call() } catch { throw .folder(.tokenizer("\(error)")) }
}

extension Tokenizer {
  /// The tokens of those texts that are one token each.
  func singleTokens(of texts: [String]) throws(DistillationError) -> Set<Int> {
    var found: Set<Int> = []
    for text in texts {
      let tokens = try distillingTokens { () throws(TokenizerError) in
        try encode(text, addingSpecialTokens: false)
      }
      if tokens.count == 1 { found.formUnion(tokens) }
    }
    return found
  }
}
