import HuggingFace
import Tokenizers

/// Texts and token ids by the model's tokenizer.
extension Conditioning {
  /// The text of an answer; nil after a context of token ids.
  ///
  /// - Throws: ``DistillationError/placement(_:)`` where the tokenizer cannot decode them.
  package func text(of identifiers: [Int]) throws(DistillationError) -> String? {
    do {
      return try placement?.text(of: identifiers)
    } catch { throw .placement(error) }
  }

  /// The text of an answer that calls tools, with the special tokens that mark the calls; nil of
  /// another answer.
  func callText(of identifiers: [Int]) throws(DistillationError) -> String? {
    guard let marked = try markedText(of: identifiers), !ToolCall.calls(in: marked).isEmpty else {
      return nil
    }
    return marked
  }

  /// The calls of tools in an answer; none in token ids.
  ///
  /// - Throws: as ``text(of:)``.
  package func toolCalls(in identifiers: [Int]) throws(DistillationError) -> [ToolCall] {
    try markedText(of: identifiers).map { ToolCall.calls(in: $0) } ?? []
  }

  /// An answer with its special tokens, without those that end it.
  private func markedText(of identifiers: [Int]) throws(DistillationError) -> String? {
    var answer = identifiers[...]
    while let last = answer.last, stopIdentifiers.contains(last) { answer.removeLast() }
    do {
      return try placement?.text(of: Array(answer), skippingSpecialTokens: false)
    } catch { throw .placement(error) }
  }

  /// The words of token ids: runs of letters and digits of their text in lower case; after a
  /// context of token ids each id is a word.
  func words(of identifiers: [Int]) throws(DistillationError) -> [String] {
    guard let text = try text(of: identifiers) else { return identifiers.map(String.init) }
    return QuestionFilter.words(text).map(String.init)
  }

  /// The tokenizer of a model that has to read text.
  ///
  /// - Throws: ``DistillationError/folder(_:)`` where the model has none, or one that cannot be
  ///   read.
  package static func tokenizer(of folder: ModelFolder) throws(DistillationError) -> Tokenizer {
    try opening { () throws(ModelFolderError) in try folder.requiredTokenizer() }
  }

  /// The token that ends a text: the tokenizer's `eos_token` where answers end with it, else the
  /// first of those that end them.
  static func endIdentifier(
    _ generation: GenerationConfiguration, _ folder: ModelFolder, _ tokenizer: Tokenizer,
    vocabularySize: Int
  ) throws(DistillationError) -> Int? {
    let known = generation.endIdentifiers.filter {
      $0 < vocabularySize && tokenizer.token(of: $0) != nil
    }
    let tokens = try opening { () throws(ModelFolderError) in
      try folder.tokenizerConfiguration().specialTokens
    }
    let own = tokens["eos_token"]
    return known.first { tokenizer.token(of: $0) == own } ?? known.first
  }
}
