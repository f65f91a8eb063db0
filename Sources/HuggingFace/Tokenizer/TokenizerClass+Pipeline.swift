import JSON
import Tokenizers

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
        "normalizer": .replace(" ", with: JSON.sentencePieceSpace),
        "pre_tokenizer": .component(
          "Split",
          [
            "pattern": .object(["String": .string(" ")]),
            "behavior": .string("MergedWithPrevious"), "invert": .bool(false),
          ]),
        "decoder": .sentencePieceDecoder(stripsPrefixSpace: false),
      ]
    case .qwen2, .qwen35:
      [
        "normalizer": .component("NFC"),
        "pre_tokenizer": .preTokenizers([
          .split(expression: self == .qwen35 ? WordExpression.qwen35 : WordExpression.qwen2),
          byteLevel(settings, splitsWords: false),
        ]),
        "decoder": .byteLevelDecoder,
      ]
    case .gpt2, .codeGen, .gptNeoX:
      [
        "normalizer": self == .gptNeoX ? .component("NFC") : .null,
        "pre_tokenizer": byteLevel(settings, splitsWords: true),
        "decoder": .byteLevelDecoder,
      ]
    case .cohere:
      [
        "normalizer": .component("NFC"),
        "pre_tokenizer": .preTokenizers([
          .digits(individual: true), byteLevel(settings, splitsWords: true),
        ]),
        "decoder": .byteLevelDecoder,
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

  private func byteLevel(_ settings: TokenizerSettings, splitsWords: Bool) -> JSON {
    .byteLevel(addsPrefixSpace: settings.addsPrefixSpace(default: false), splitsWords: splitsWords)
  }

  /// Metaspace over whole texts, as Llama's classes have it.
  private func sentencePiece(scheme: String, strips: Bool) -> JSONObject {
    [
      "normalizer": .null,
      "pre_tokenizer": .component(
        "Metaspace",
        [
          "replacement": .string(JSON.sentencePieceSpace), "prepend_scheme": .string(scheme),
          "split": .bool(false),
        ]),
      "decoder": .sentencePieceDecoder(stripsPrefixSpace: strips),
    ]
  }
}

extension String? {
  /// The text, or null.
  var json: JSON { map(JSON.string) ?? .null }
}
