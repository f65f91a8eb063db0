import JSON

extension TokenizerClass {
  /// The components of `tokenizer.json` that the class builds itself; null where it builds none.
  /// The file's count where there is no key.
  ///
  /// Source: `__init__` of each class in transformers 5.23, models/*/tokenization_*.py.
  func components(_ settings: TokenizerSettings) -> JSONObject {
    switch self {
    case .file:
      [:]
    case .llama:
      sentencePiece(
        scheme: !settings.addsPrefixSpace(default: true)
          ? "never" : settings.isLegacy ? "always" : "first",
        strips: settings.addsPrefixSpace(default: true))
    case .codeLlama:
      sentencePiece(
        scheme: settings.addsPrefixSpace(default: true) ? "first" : "never", strips: true)
    case .gemma:
      [
        "normalizer": Self.replace(" ", with: Self.space),
        "pre_tokenizer": Self.component(
          "Split",
          [
            "pattern": .object(["String": .string(" ")]),
            "behavior": .string("MergedWithPrevious"), "invert": .bool(false),
          ]),
        "decoder": Self.sequence(
          "decoders", [Self.replace(Self.space, with: " "), Self.byteFallback, Self.fuse]),
      ]
    case .qwen2, .qwen35:
      [
        "normalizer": Self.component("NFC"),
        "pre_tokenizer": Self.sequence(
          "pretokenizers",
          [
            Self.component(
              "Split",
              [
                "pattern": .object(["Regex": .string(wordPattern)]),
                "behavior": .string("Isolated"), "invert": .bool(false),
              ]),
            byteLevel(settings, splitsWords: false),
          ]),
        "decoder": Self.byteLevelDecoder,
      ]
    case .gpt2, .codeGen, .gptNeoX:
      [
        "normalizer": self == .gptNeoX ? Self.component("NFC") : .null,
        "pre_tokenizer": byteLevel(settings, splitsWords: true),
        "decoder": Self.byteLevelDecoder,
      ]
    case .cohere:
      [
        "normalizer": Self.component("NFC"),
        "pre_tokenizer": Self.sequence(
          "pretokenizers",
          [
            Self.component("Digits", ["individual_digits": .bool(true)]),
            byteLevel(settings, splitsWords: true),
          ]),
        "decoder": Self.byteLevelDecoder,
      ]
    }
  }

  /// The members of `model` beside `vocab` and `merges`.
  func modelMembers(unknownToken: String?) -> JSONObject {
    let isSentencePiece = self == .llama || self == .codeLlama || self == .gemma
    // LlamaTokenizer hands no unknown token to its model.
    let unknown: JSON = isSentencePiece && self != .llama ? unknownToken.json : .null
    return [
      "type": .string("BPE"), "dropout": .null, "unk_token": unknown,
      "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
      "fuse_unk": .bool(isSentencePiece), "byte_fallback": .bool(isSentencePiece),
      "ignore_merges": .bool(false),
    ]
  }

  /// The word pattern of Qwen's classes.
  private var wordPattern: String {
    let letters = self == .qwen35 ? #"[\p{L}\p{M}]+"# : #"\p{L}+"#
    let others = self == .qwen35 ? #"[^\s\p{L}\p{M}\p{N}]+"# : #"[^\s\p{L}\p{N}]+"#
    return #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?"# + letters + #"|\p{N}| ?"# + others
      + #"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let space = "\u{2581}"
  private static let byteFallback = component("ByteFallback")
  private static let fuse = component("Fuse")
  private static let byteLevelDecoder = component(
    "ByteLevel",
    ["add_prefix_space": .bool(true), "trim_offsets": .bool(true), "use_regex": .bool(true)])

  private func byteLevel(_ settings: TokenizerSettings, splitsWords: Bool) -> JSON {
    Self.component(
      "ByteLevel",
      [
        "add_prefix_space": .bool(settings.addsPrefixSpace(default: false)),
        "trim_offsets": .bool(true), "use_regex": .bool(splitsWords),
      ])
  }

  /// Metaspace over whole texts, as Llama's classes have it.
  private func sentencePiece(scheme: String, strips: Bool) -> JSONObject {
    var decoders = [Self.replace(Self.space, with: " "), Self.byteFallback, Self.fuse]
    if strips {
      decoders.append(
        Self.component(
          "Strip", ["content": .string(" "), "start": .integer(1), "stop": .integer(0)]))
    }
    return [
      "normalizer": .null,
      "pre_tokenizer": Self.component(
        "Metaspace",
        [
          "replacement": .string(Self.space), "prepend_scheme": .string(scheme),
          "split": .bool(false),
        ]),
      "decoder": Self.sequence("decoders", decoders),
    ]
  }

  private static func component(_ type: String, _ members: JSONObject = [:]) -> JSON {
    var object: JSONObject = ["type": .string(type)]
    for (key, value) in members.members { object[key] = value }
    return .object(object)
  }

  private static func sequence(_ key: String, _ components: [JSON]) -> JSON {
    component("Sequence", [key: .array(components)])
  }

  private static func replace(_ text: String, with content: String) -> JSON {
    component(
      "Replace", ["pattern": .object(["String": .string(text)]), "content": .string(content)])
  }
}

extension String? {
  /// The text, or null.
  var json: JSON { map(JSON.string) ?? .null }
}
