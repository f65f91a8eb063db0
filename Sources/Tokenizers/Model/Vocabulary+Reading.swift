import JSON

extension Vocabulary {
  /// Reads an object from token to identifier.
  init(_ node: JSONNode) throws(JSONReadingError) {
    guard case .object(let members) = node.json else {
      throw node.failure(expected: "an object from token to identifier")
    }
    self.init(capacity: members.count)
    for member in members.members {
      guard case .integer(let identifier) = member.value,
        0..<Self.identifierLimit ~= identifier
      else {
        throw JSONNode(member.value, file: node.file, path: "\(node.path)[\"\(member.key)\"]")
          .failure(expected: "an identifier from 0 to \(Self.identifierLimit - 1)")
      }
      insert(Array(member.key.utf8).span, identifier)
    }
  }

  /// The tokens `<0x00>` to `<0xFF>` of SentencePiece, -1 where one is missing.
  var byteTokens: [Int32] {
    let digits = Array("0123456789ABCDEF".utf8)
    return (0..<256).map { byte in
      let text = Array("<0x".utf8) + [digits[byte / 16], digits[byte % 16], UInt8(ascii: ">")]
      return identifier(of: text.span) ?? -1
    }
  }

  /// Whether each of the 256 characters of the byte-level alphabet is a token.
  var holdsByteLevelAlphabet: Bool {
    (0...UInt8.max).allSatisfy { byte in
      var text: [UInt8] = []
      ByteLevelAlphabet.appendEncoded([byte].span, 0..<1, to: &text)
      return identifier(of: text.span) != nil
    }
  }
}
