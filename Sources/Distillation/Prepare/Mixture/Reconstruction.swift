internal import Compute
import HuggingFace
internal import Inference

/// Continuations of the context from random places: a few words of it are the prompt, what follows
/// them is the response.
struct Reconstruction {
  /// The name in the place of a file, for messages.
  private static let file = "continuations of the context"
  /// Characters of the words that a prompt repeats, and tokens of token ids.
  private static let (cueCharacters, cueTokens) = (64, 16)
  /// Characters that are enough for a token of a continuation; what is more is cut.
  private static let charactersOfToken = 8

  /// A part of the context to continue.
  private struct Source {
    let part: ContextPart
    let characters: [Character]
    /// Token ids, where the context is given as such; else the number of the text's.
    let tokens: [Int]
  }

  private let sources: [Source]
  private let conditioning: Conditioning
  private let length: Int

  /// Reads the parts.
  ///
  /// - Parameter length: the most tokens of a continuation.
  /// - Throws: when the context is too short to be continued.
  init(
    _ spans: ContextSpans, _ conditioning: Conditioning, length: Int
  ) throws(DistillationError) {
    sources = zip(spans.parts, spans.prefixes).map { part, prefix in
      let tokens: [Int] = if case .context(let tokens) = prefix.body { tokens } else { [] }
      return Source(
        part: part, characters: Array(conditioning.reader.text(of: part) ?? ""), tokens: tokens)
    }.filter { $0.tokens.count > 1 }
    (self.conditioning, self.length) = (conditioning, length)
    guard !sources.isEmpty else {
      throw .option(
        .reconstruct, expected: "0 with a context of one token", found: "a share above 0")
    }
  }

  /// Continues the context from a random place; each of its tokens is as likely as another.
  ///
  /// - Parameter number: the example's number, for messages.
  func example(
    _ number: Int, _ random: inout SplitMix64
  ) throws(DistillationError) -> InputExample {
    var place = random.number(below: sources.reduce(0) { $0 + $1.tokens.count })
    let source =
      sources.first { source in
        if place < source.tokens.count { return true }
        place -= source.tokens.count
        return false
      } ?? sources[0]
    if !conditioning.reader.isText { return continuation(ofTokens: source, number, &random) }
    return try continuation(ofText: source, number, &random)
  }

  private func continuation(
    ofTokens source: Source, _ number: Int, _ random: inout SplitMix64
  ) -> InputExample {
    let tokens = source.tokens
    let cue = min(Self.cueTokens, tokens.count / 2)
    let start = random.number(below: tokens.count - cue)
    let end = min(start + cue + length, tokens.count)
    return InputExample(
      prompt: Array(tokens[start..<(start + cue)]),
      response: Array(tokens[(start + cue)..<end]), context: source.part, line: number,
      file: Self.file)
  }

  private func continuation(
    ofText source: Source, _ number: Int, _ random: inout SplitMix64
  ) throws(DistillationError) -> InputExample {
    let characters = source.characters
    let most = min(Self.cueCharacters, max(1, characters.count / 2))
    var start = wordStart(characters, at: random.number(below: characters.count - most))
    if start + most >= characters.count { start = 0 }
    // The cue ends with a word, so that the response begins as the text goes on.
    var cue = start + most
    while cue > start + 1, !characters[cue].isWhitespace { cue -= 1 }
    if cue == start + 1 { cue = start + most }
    let end = min(characters.count, cue + length * Self.charactersOfToken)
    let words = String(characters[start..<cue])
    let text =
      conditioning.isChat
      ? "Continue the text word for word from here: \(words)" : words
    let rest = String(characters[cue..<end])
    let tokens: PromptReader.Tokens?
    do {
      tokens = try conditioning.reader.tokens(
        of: text,
        openEnded: conditioning.isChat ? String(rest.drop(while: \.isWhitespace)) : rest)
    } catch { throw .placement(error) }
    guard let tokens, let response = tokens.response, !response.isEmpty, !tokens.prompt.isEmpty
    else {
      throw .option(
        .reconstruct, expected: "0 with a context of white space", found: "a share above 0")
    }
    return InputExample(
      prompt: tokens.prompt, response: Array(response.prefix(length)), context: source.part,
      line: number, file: Self.file)
  }

  /// The beginning of the next word, where one begins soon.
  private func wordStart(_ characters: [Character], at place: Int) -> Int {
    guard place > 0 else { return 0 }
    let soon = characters[place...].prefix(Self.cueCharacters / 2)
    guard let space = soon.firstIndex(where: \.isWhitespace) else { return place }
    return soon[space...].firstIndex { !$0.isWhitespace } ?? place
  }
}
