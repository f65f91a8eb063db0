import JSON

/// The components of a tokenizer.json, for code that writes one.
extension JSON {
  /// A component of a type.
  package static func component(_ type: String, _ members: JSONObject = [:]) -> JSON {
    var object: JSONObject = ["type": .string(type)]
    for (key, value) in members.members { object[key] = value }
    return .object(object)
  }

  /// Pre-tokenizers, one after the other.
  package static func preTokenizers(_ components: [JSON]) -> JSON {
    component("Sequence", ["pretokenizers": .array(components)])
  }

  /// Decoders, one after the other.
  package static func decoders(_ components: [JSON]) -> JSON {
    component("Sequence", ["decoders": .array(components)])
  }

  /// A normalizer or decoder that writes `content` for `text`.
  package static func replace(_ text: String, with content: String) -> JSON {
    component(
      "Replace", ["pattern": .object(["String": .string(text)]), "content": .string(content)])
  }

  /// A pre-tokenizer that cuts at each match of an expression, and keeps it apart.
  package static func split(expression: String) -> JSON {
    component(
      "Split",
      [
        "pattern": .object(["Regex": .string(expression)]), "behavior": .string("Isolated"),
        "invert": .bool(false),
      ])
  }

  /// A pre-tokenizer that cuts at digits: before and after each, or around runs of them.
  package static func digits(individual: Bool) -> JSON {
    component("Digits", ["individual_digits": .bool(individual)])
  }

  /// The pre-tokenizer that writes bytes in the byte-level alphabet.
  package static func byteLevel(addsPrefixSpace: Bool, splitsWords: Bool) -> JSON {
    component(
      "ByteLevel",
      [
        "add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": .bool(true),
        "use_regex": .bool(splitsWords),
      ])
  }

  /// The decoder of the byte-level alphabet.
  package static let byteLevelDecoder = component(
    "ByteLevel",
    ["add_prefix_space": .bool(true), "trim_offsets": .bool(true), "use_regex": .bool(true)])

  /// The decoder of SentencePiece: spaces, byte tokens, and the space that a text got in front.
  package static func sentencePieceDecoder(stripsPrefixSpace: Bool) -> JSON {
    var steps = [
      replace(sentencePieceSpace, with: " "), component("ByteFallback"), component("Fuse"),
    ]
    if stripsPrefixSpace {
      steps.append(
        component("Strip", ["content": .string(" "), "start": .integer(1), "stop": .integer(0)]))
    }
    return decoders(steps)
  }

  /// What SentencePiece writes for a space, U+2581.
  package static let sentencePieceSpace = "\u{2581}"

  /// A post-processor that puts tokens before and after a text.
  package static func template(
    before: [(token: String, identifier: Int)], after: [(token: String, identifier: Int)] = []
  ) -> JSON {
    func piece(_ token: (token: String, identifier: Int)) -> JSON {
      .object([
        "SpecialToken": .object(["id": .string(token.token), "type_id": .integer(0)])
      ])
    }
    let text: JSON = .object(["Sequence": .object(["id": .string("A"), "type_id": .integer(0)])])
    var special = JSONObject()
    for (token, identifier) in before + after {
      special[token] = .object([
        "id": .string(token), "ids": .array([.integer(identifier)]),
        "tokens": .array([.string(token)]),
      ])
    }
    return component(
      "TemplateProcessing",
      [
        "single": .array(before.map(piece) + [text] + after.map(piece)),
        "pair": .array([text]), "special_tokens": .object(special),
      ])
  }
}
