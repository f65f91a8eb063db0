import JSON

/// A token of a tokenizer's configuration: a text, or a text with the flags of an added token.
struct SpecialToken: Equatable, Sendable {
  struct Flags: Equatable, Sendable {
    var stripsLeft = false
    var stripsRight = false
    var isSingleWord = false
    var isNormalized = true
    var isSpecial = false
  }

  let content: String
  /// Nil for a text.
  var flags: Flags?

  /// A text with flags.
  init(content: String, flags: Flags? = nil) {
    self.content = content
    self.flags = flags
  }

  /// Reads a text, or an object with `content` and flags.
  init(_ value: JSONNode) throws(JSONReadingError) {
    switch value.json {
    case .string(let text):
      content = text
    case .object:
      content = try value.required("content")
      let isSpecial = try value.optional("special") ?? false
      flags = Flags(
        stripsLeft: try value.optional("lstrip") ?? false,
        stripsRight: try value.optional("rstrip") ?? false,
        isSingleWord: try value.optional("single_word") ?? false,
        isNormalized: try value.optional("normalized") ?? !isSpecial, isSpecial: isSpecial)
    default:
      throw value.failure(expected: "a token, as a string or an object", found: value.json.kind)
    }
  }

  /// The text as bytes: `String` takes equivalent texts for equal, tokens are different.
  var bytes: [UInt8] { Array(content.utf8) }

  /// The same token marked as special; a text becomes a special token without other flags.
  var special: SpecialToken {
    var flags = flags ?? Flags(isNormalized: false)
    flags.isSpecial = true
    return SpecialToken(content: content, flags: flags)
  }

  /// An element of `added_tokens`. The number is not used: tokens are numbered in their order.
  var json: JSON {
    let flags = flags ?? special.flags ?? Flags()
    return .object([
      "content": .string(content), "single_word": .bool(flags.isSingleWord),
      "lstrip": .bool(flags.stripsLeft), "rstrip": .bool(flags.stripsRight),
      "normalized": .bool(flags.isNormalized), "special": .bool(flags.isSpecial),
    ])
  }

  static func == (left: SpecialToken, right: SpecialToken) -> Bool {
    left.flags == right.flags && left.content.utf8.elementsEqual(right.content.utf8)
  }
}
