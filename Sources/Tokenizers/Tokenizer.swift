import Foundation
import JSON

/// A tokenizer.json of Hugging Face: text to token identifiers and back, exactly as Python's
/// `tokenizers` does it.
///
/// The stages have the names of the file: added tokens are found, what lies between them is
/// normalized, split into pieces and encoded into tokens by the model, and a post-processor puts
/// special tokens around the result. `truncation` and `padding` of the file are not applied, as
/// transformers does not apply them either unless asked.
///
/// A tokenizer is a value without changing state; several threads may use one at once.
package struct Tokenizer: Sendable {
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: Model
  private let postProcessor: PostProcessor
  let decoder: TokenDecoder?
  let addedTokens: AddedTokens
  private let workspaces = WorkspacePool()
  /// The name of the file in error messages.
  private let file: String

  /// Reads a tokenizer.json.
  ///
  /// A repeated key in one object is refused. The `tokenizers` library takes the last of
  /// them, but never writes such a file: one that has them is damaged.
  ///
  /// - Throws: when the file cannot be read, is not JSON, lacks something, or names a component
  ///   that is not supported.
  package init(contentsOf file: URL) throws(TokenizerError) {
    let node: JSONNode
    do { node = try JSONNode(contentsOf: file) } catch { throw .json(error) }
    try self.init(node)
  }

  /// Reads the contents of a tokenizer.json.
  ///
  /// - Throws: when it lacks something, or names a component that is not supported.
  package init(_ node: JSONNode) throws(TokenizerError) {
    let tokens: [AddedToken]
    let model: Model
    do throws(JSONReadingError) {
      if let version: String = try node.optional("version"), version != "1.0" {
        throw node.failure(expected: "1.0", found: version, at: "version")
      }
      model = try Model(node.required("model", expected: "an object"))
      tokens = try node.optional("added_tokens") ?? []
    } catch {
      throw .json(error)
    }
    try self.init(model, tokens, components: node)
  }

  /// A tokenizer of a model and added tokens, with the other components of a tokenizer.json.
  ///
  /// - Throws: when it names a component that is not supported.
  init(_ model: Model, _ tokens: [AddedToken], components node: JSONNode) throws(TokenizerError) {
    self.model = model
    do throws(JSONReadingError) {
      normalizer = try node.optional("normalizer")
      preTokenizer = try node.optional("pre_tokenizer")
      postProcessor = try node.optional("post_processor") ?? .none
      decoder = try node.optional("decoder")
    } catch {
      throw .json(error)
    }
    do {
      addedTokens = try AddedTokens(tokens, model: model, normalizer: normalizer)
    } catch {
      throw TokenizerError(error, file: node.file, count: 0)
    }
    file = node.file
  }

  /// The token identifiers of `text`.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - addingSpecialTokens: whether the post-processor adds its tokens, such as BOS. Special
  ///     tokens in the text are recognised either way.
  /// - Throws: `tooCostly` if the file's components make far more of the text than any published
  ///   ones.
  package func encode(
    _ text: String, addingSpecialTokens: Bool = true
  ) throws(TokenizerError) -> [Int] {
    var workspace = workspaces.take()
    defer { workspaces.giveBack(workspace) }
    var budget = TextBudget(count: text.utf8.count)
    var identifiers: [Int32] = []
    let bytes = Array(text.utf8)
    identifiers.reserveCapacity(bytes.count / 3)
    for segment in addedTokens.segments(of: bytes, isNormalized: false) {
      switch segment {
      case .token(let identifier):
        identifiers.append(identifier)
      case .text(let range):
        let part = range.count == bytes.count ? bytes : Array(bytes[range])
        do {
          try encode(
            part, isFirst: range.lowerBound == 0, &workspace, &budget, to: &identifiers)
        } catch {
          throw TokenizerError(error, file: file, count: bytes.count)
        }
      }
    }
    return postProcessor.process(identifiers, addingSpecialTokens: addingSpecialTokens)
  }

  /// Appends the tokens of a stretch between added tokens.
  private func encode(
    _ part: [UInt8], isFirst: Bool, _ workspace: inout Workspace, _ budget: inout TextBudget,
    to identifiers: inout [Int32]
  ) throws(TextBudget.Exceeded) {
    var text = NormalizedText(bytes: part, startsAtOrigin: isFirst, budget: budget)
    try normalizer?.normalize(&text)
    budget = text.budget
    for segment in addedTokens.segments(of: text.bytes, isNormalized: true) {
      switch segment {
      case .token(let identifier):
        identifiers.append(identifier)
      case .text(let range):
        let bytes = range.count == text.bytes.count ? text.bytes : Array(text.bytes[range])
        var pieces = PreTokenizedText(
          bytes, isFirst: text.startsAtOrigin && range.lowerBound == 0, budget)
        try preTokenizer?.apply(to: &pieces)
        budget = pieces.budget
        let source = pieces.bytes.span
        for piece in pieces.pieces {
          model.encode(source, piece.start..<piece.end, &workspace, to: &identifiers)
        }
      }
    }
  }
}

extension Tokenizer {
  /// The identifier of a token of the vocabulary or an added token, spelled as in the file.
  package func identifier(of token: String) -> Int? {
    let text = Array(token.utf8)
    return (addedTokens.identifier(of: text.span) ?? model.vocabulary.identifier(of: text.span))
      .map(Int.init)
  }

  /// The token with an identifier, spelled as in the file.
  package func token(of identifier: Int) -> String? {
    (addedTokens.content(of: identifier) ?? model.vocabulary.token(of: identifier))
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// How many different tokens there are, added tokens included. Identifiers may have gaps, so
  /// the largest of them can be greater.
  package var vocabularySize: Int {
    model.size + addedTokens.countBeyondModel
  }

  /// The identifiers of the special added tokens.
  package var specialIdentifiers: Set<Int> {
    addedTokens.specialIdentifiers
  }

  /// The added tokens as `added_tokens` of a tokenizer.json, each once, by identifier.
  package var addedTokenList: JSON {
    addedTokens.list
  }

  /// What the post-processor puts before a text, such as BOS; empty if nothing.
  package var leadingSpecialIdentifiers: [Int] {
    postProcessor.leading.map(Int.init)
  }

  /// The text of the tokens `ids`. Identifiers of no token are skipped.
  ///
  /// - Parameters:
  ///   - ids: the identifiers.
  ///   - skippingSpecialTokens: whether special tokens give no text.
  /// - Throws: `tooCostly` if the file's decoder makes far more of the tokens than any published
  ///   one.
  package func decode(
    _ ids: some Sequence<Int>, skippingSpecialTokens: Bool = false
  ) throws(TokenizerError) -> String {
    var texts = TokenTexts()
    for identifier in ids {
      if skippingSpecialTokens, addedTokens.skippedIdentifiers.contains(identifier) { continue }
      if let form = addedTokens.form(of: identifier) {
        texts.append(form)
      } else {
        texts.append { output in model.vocabulary.append(identifier, to: &output) }
      }
    }
    guard let decoder else { return texts.joined(separator: [UInt8(ascii: " ")]) }
    let count = texts.bytes.count
    var budget = TextBudget(count: count)
    do {
      try decoder.decode(&texts, &budget)
    } catch {
      throw TokenizerError(error, file: file, count: count)
    }
    return texts.joined(separator: [])
  }
}
