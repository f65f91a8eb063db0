/// The tokens of a GGUF file, checked: spellings, types and roles.
struct GGUFTokens {
  /// The spelling of each token as tokenizer.json has it; nil where the model has no such token.
  private(set) var spellings: [[UInt8]?] = []
  private(set) var types: [GGUFTokenType] = []
  let vocabulary: Vocabulary
  private(set) var roles: [GGUFTokenRole: Int] = [:]

  /// Longer texts exhaust the trie that finds added tokens.
  private static let byteLimit = 1 << 24

  /// Checks tokens, types and roles.
  ///
  /// - Throws: for lists of different lengths, unknown types, a token that stands twice, and
  ///   identifiers of no token.
  init(_ source: GGUFVocabulary) throws(TokenizerError) {
    let tokens = source.tokens
    guard 1...Vocabulary.identifierLimit ~= tokens.count else {
      throw source.failure(
        "tokens", expected: "1 to \(Vocabulary.identifierLimit) tokens", found: "\(tokens.count)")
    }
    let byteCount = tokens.reduce(0) { $0 + $1.utf8.count }
    guard byteCount <= Self.byteLimit else {
      throw source.failure(
        "tokens", expected: "at most \(Self.byteLimit) bytes of text", found: "\(byteCount)")
    }
    types = try source.tokenTypes()
    var vocabulary = Vocabulary(capacity: tokens.count)
    spellings.reserveCapacity(tokens.count)
    for (identifier, token) in tokens.enumerated() {
      guard let spelling = Self.spelling(of: token, types[identifier], identifier) else {
        spellings.append(nil)
        continue
      }
      if let first = vocabulary.identifier(of: spelling.span) {
        throw source.failure(
          "tokens[\(identifier)]", expected: "another token than those before",
          found: "\"\(token.excerpt)\", which is token \(first) too")
      }
      vocabulary.insert(spelling.span, identifier)
      spellings.append(spelling)
    }
    if source.isSentencePiece { Self.respellSpaces(&spellings, types, &vocabulary) }
    self.vocabulary = vocabulary
    roles = try source.checkedRoles(spellings)
  }

  /// The spelling of a token; nil for the names that llama.cpp's converter gives to rows of the
  /// embedding without a token.
  private static func spelling(
    of token: String, _ type: GGUFTokenType, _ identifier: Int
  ) -> [UInt8]? {
    if type == .unused, token == "[PAD\(identifier)]" { return nil }
    // Several tokens may be empty; llama.cpp names them so.
    return Array((token.isEmpty ? "[EMPTY_\(identifier)]" : token).utf8)
  }

  /// Writes U+2581 for the spaces of tokens that are nothing but spaces: the converter has written
  /// spaces for it in user-defined tokens.
  private static func respellSpaces(
    _ spellings: inout [[UInt8]?], _ types: [GGUFTokenType], _ vocabulary: inout Vocabulary
  ) {
    let space = Array("\u{2581}".utf8)
    var isChanged = false
    for (identifier, spelling) in spellings.enumerated() {
      guard let spelling, types[identifier] == .userDefined,
        spelling.allSatisfy({ $0 == UInt8(ascii: " ") })
      else { continue }
      let other = Array(repeatElement(space, count: spelling.count).joined())
      guard vocabulary.identifier(of: other.span) == nil else { continue }
      vocabulary.insert(other.span, identifier)
      spellings[identifier] = other
      isChanged = true
    }
    guard isChanged else { return }
    vocabulary = Vocabulary(capacity: spellings.count)
    for (identifier, spelling) in spellings.enumerated() {
      if let spelling { vocabulary.insert(spelling.span, identifier) }
    }
  }
}

extension GGUFVocabulary {
  /// The type of each token.
  fileprivate func tokenTypes() throws(TokenizerError) -> [GGUFTokenType] {
    guard let types else { return Array(repeating: .undefined, count: tokens.count) }
    guard types.count == tokens.count else {
      throw failure(
        "token_type", expected: "a type for each of \(tokens.count) tokens",
        found: "\(types.count) types")
    }
    var result: [GGUFTokenType] = []
    result.reserveCapacity(types.count)
    for (identifier, number) in types.enumerated() {
      guard let type = GGUFTokenType(rawValue: number) else {
        throw failure(
          "token_type[\(identifier)]", expected: "a type from 0 to 6", found: "\(number)")
      }
      result.append(type)
    }
    return result
  }

  /// The tokens with a role. Files of SentencePiece may leave out the three that its models have.
  fileprivate func checkedRoles(
    _ spellings: [[UInt8]?]
  ) throws(TokenizerError) -> [GGUFTokenRole: Int] {
    var result: [GGUFTokenRole: Int] = [:]
    if isSentencePiece {
      for (role, identifier) in [GGUFTokenRole.unknown: 0, .begin: 1, .end: 2]
      where identifier < spellings.count && spellings[identifier] != nil {
        result[role] = identifier
      }
    }
    for role in GGUFTokenRole.allCases {
      guard let identifier = roles[role] else { continue }
      // The format's way to say that there is none.
      if identifier == -1 || identifier == Int(UInt32.max) {
        result[role] = nil
        continue
      }
      guard spellings.indices.contains(identifier), spellings[identifier] != nil else {
        throw failure(
          "\(role.rawValue)_token_id", expected: "one of \(spellings.count) tokens",
          found: "\(identifier)")
      }
      result[role] = identifier
    }
    return result
  }
}
