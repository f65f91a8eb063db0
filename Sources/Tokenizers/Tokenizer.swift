import Foundation
import JSON

/// A tokenizer.json of Hugging Face: text to token identifiers and back, exactly as Python's
/// `tokenizers` does it.
///
/// The stages have the names of the file: added tokens are found, what lies between them is
/// normalized, split into pieces and turned into tokens by the model, and a post-processor puts
/// special tokens around the result. `truncation` and `padding` of the file are not applied, as
/// transformers does not apply them either unless asked.
///
/// A tokenizer is a value without changing state; several threads may use one at once.
package struct Tokenizer: Sendable {
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: Model
  private let postProcessor: PostProcessor
  let decoder: Decoder?
  let addedTokens: AddedTokens
  private let workspaces = WorkspacePool()
  /// What error messages call the file.
  private let file: String

  /// Larger files are refused before they are parsed.
  private static let fileLimit = 1 << 30

  /// Reads a tokenizer.json.
  /// - Throws: `TokenizerError` if the file cannot be read, is not JSON, lacks something, or names
  ///   a component that is not supported.
  package init(contentsOf file: URL) throws(TokenizerError) {
    try self.init(Self.json(contentsOf: file), name: file.path)
  }

  /// Reads the text of a tokenizer.json.
  /// - Parameter name: What error messages call the file.
  /// - Throws: As `init(contentsOf:)`.
  package init(json: Data, name: String) throws(TokenizerError) {
    try self.init(Self.parse(json, name: name), name: name)
  }

  /// Takes the contents of a tokenizer.json.
  /// - Parameter name: What error messages call the file.
  /// - Throws: As `init(contentsOf:)`.
  package init(_ json: JSON, name: String) throws(TokenizerError) {
    try self.init(JSONNode(value: json, path: "", file: name))
  }

  /// The contents of a tokenizer.json, of which only the form is checked.
  package static func json(contentsOf file: URL) throws(TokenizerError) -> JSON {
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      let exists = FileManager.default.fileExists(atPath: file.path)
      throw .unreadable(
        file: file.path, reason: exists ? "\(error.localizedDescription)" : "no such file")
    }
    return try parse(data, name: file.path)
  }

  /// A key that stands twice in one object is refused. The `tokenizers` library takes the last
  /// of them, but writes none such, and a file that has one is damaged.
  private static func parse(_ data: Data, name: String) throws(TokenizerError) -> JSON {
    guard data.count <= fileLimit else {
      throw .unreadable(file: name, reason: "larger than \(fileLimit >> 20) MB")
    }
    let bytes = [UInt8](data)
    if let kind = FileKind(bytes) { throw .otherKind(file: name, kind) }
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw .malformed(file: name, line: error.line, column: error.column, problem: error.reason)
    }
  }

  private init(_ node: JSONNode) throws(TokenizerError) {
    guard case .object = node.value else { throw node.unexpected("an object") }
    if let version = node.member("version"), try version.string() != "1.0" {
      throw version.unexpected("\"1.0\"")
    }
    normalizer = try node.member("normalizer").map { node throws(TokenizerError) in
      try Normalizer(node)
    }
    preTokenizer = try node.member("pre_tokenizer").map { node throws(TokenizerError) in
      try PreTokenizer(node)
    }
    model = try Model(node.required("model", "an object"))
    postProcessor =
      try node.member("post_processor").map { node throws(TokenizerError) in
        try PostProcessor(node)
      } ?? .none
    decoder = try node.member("decoder").map { node throws(TokenizerError) in try Decoder(node) }
    var tokens: [AddedToken] = []
    for element in try node.member("added_tokens")?.elements() ?? [] {
      tokens.append(try AddedToken(element))
    }
    do {
      addedTokens = try AddedTokens(tokens, model: model, normalizer: normalizer)
    } catch {
      throw TokenizerError(error, file: node.file, count: 0)
    }
    file = node.file
  }

  /// The token identifiers of `text`.
  /// - Parameter addingSpecialTokens: Whether the post-processor adds its tokens, such as BOS.
  ///   Special tokens that stand in the text are recognised either way.
  /// - Throws: `tooCostly` if the file's components make far more of the text than any honest ones.
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

  /// The text of the tokens `ids`. Identifiers that no token has are passed over.
  /// - Parameter skippingSpecialTokens: Whether special tokens leave no text.
  /// - Throws: `tooCostly` if the file's decoder makes far more of the tokens than any honest one.
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
