import JSON

extension BytePairEncoding {
  init(_ node: JSONNode) throws(JSONReadingError) {
    if let dropout: JSONNode = try node.optional("dropout"), try dropout.finiteNumber() != 0 {
      throw dropout.failure(expected: "null or 0: with dropout no two encodings agree")
    }
    let vocabulary = try Vocabulary(
      node.required("vocab", expected: "an object from token to identifier"))
    let prefix = Array(try node.optional("continuing_subword_prefix", String.self)?.utf8 ?? "".utf8)
    let suffix = Array(try node.optional("end_of_word_suffix", String.self)?.utf8 ?? "".utf8)
    let unknown = try Self.unknown(node, vocabulary)
    let pairs = try Self.pairs(
      node.required("merges", expected: "an array of merges"), vocabulary,
      prefixLength: prefix.count)

    self.init(
      vocabulary, pairs, unknown, ignoresMerges: try node.optional("ignore_merges") ?? false,
      prefix: prefix, suffix: suffix)
  }

  private static func unknown(
    _ node: JSONNode, _ vocabulary: Vocabulary
  ) throws(JSONReadingError) -> SymbolTable.Unknown {
    var unknown = SymbolTable.Unknown()
    unknown.fuses = try node.optional("fuse_unk") ?? false
    if try node.optional("byte_fallback") ?? false {
      unknown.bytes = vocabulary.byteTokens
    }
    if let token: String = try node.optional("unk_token") {
      unknown.token = vocabulary.identifier(of: token)
      guard unknown.token != nil || vocabulary.holdsByteLevelAlphabet else {
        throw node.failure(
          expected: "a token of model.vocab", found: JSON.string(token).kind, at: "unk_token")
      }
    }
    return unknown
  }

  /// Reads merges in either spelling, `"a b"` or `["a", "b"]`.
  private static func pairs(
    _ node: JSONNode, _ vocabulary: Vocabulary, prefixLength: Int
  ) throws(JSONReadingError) -> [Pair] {
    guard case .array(let elements) = node.json else {
      throw node.failure(expected: "an array of merges")
    }
    var pairs: [Pair] = []
    pairs.reserveCapacity(elements.count)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for (index, element) in elements.enumerated() {
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      switch element {
      case .string(let text) where text.hasPrefix("#version"):
        continue
      case .string(let text):
        let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        if parts.count == 2 {
          left.append(contentsOf: parts[0])
          right.append(contentsOf: parts[1])
        }
      case .array(let parts):
        if parts.count == 2, case .string(let first) = parts[0], case .string(let second) = parts[1]
        {
          left.append(contentsOf: first.utf8)
          right.append(contentsOf: second.utf8)
        }
      default:
        break
      }
      let merge = node.element(element, at: index)
      guard !left.isEmpty, right.count >= max(prefixLength, 1) else {
        throw merge.failure(expected: "two tokens, as \"a b\" or [\"a\", \"b\"]")
      }
      guard let leftToken = vocabulary.identifier(of: left.span) else {
        throw merge.needs(left)
      }
      guard let rightToken = vocabulary.identifier(of: right.span) else {
        throw merge.needs(right)
      }
      left.append(contentsOf: right[prefixLength...])
      guard let result = vocabulary.identifier(of: left.span) else {
        throw merge.needs(left)
      }
      pairs.append((leftToken, rightToken, result))
    }
    return pairs
  }
}

extension JSONNode {
  /// The error for a merge that names a token which does not exist.
  fileprivate func needs(_ token: [UInt8]) -> JSONReadingError {
    failure(
      expected: "tokens of model.vocab",
      found: "a merge that needs \"\(String(decoding: token, as: UTF8.self))\"")
  }
}
