/// A tokenizer as the metadata of a GGUF file describe it, under `tokenizer.ggml`.
///
/// ``tokenizer()`` gives the ids that the Hugging Face tokenizer of the same model gives. Where
/// llama.cpp differs from it, the Hugging Face tokenizer counts: llama.cpp normalizes no text, and
/// approximates some word patterns.
///
/// A file does not tell everything. Three things are taken as most models have them: SentencePiece
/// puts its space before the text and after every special token, as llama.cpp does and as
/// tokenizer.json of Llama 2, TinyLlama and Phi-3 says (with `legacy: false` of transformers, only
/// before the text); added tokens take no white space beside them, except Phi-3's; and a token that
/// looks like a control token is one, as the converter has marked it.
package struct GGUFVocabulary: Sendable {
  /// The path of the file, for messages.
  package var file: String
  /// `general.architecture`.
  package var architecture = ""
  /// `tokenizer.ggml.model`: `gpt2` is byte-level byte-pair encoding, `llama` is SentencePiece's.
  package var model: String
  /// `tokenizer.ggml.pre`, the name of a pre-tokenizer.
  package var preTokenizer: String?
  /// `tokenizer.ggml.tokens`, by identifier.
  package var tokens: [String]
  /// `tokenizer.ggml.token_type`: one for each token, 1 normal, 2 unknown, 3 control,
  /// 4 user-defined, 5 unused, 6 byte.
  package var types: [Int]?
  /// `tokenizer.ggml.scores`: one for each token; higher ones merge first.
  package var scores: [Double]?
  /// `tokenizer.ggml.merges`: two tokens with a space between them, first to last.
  package var merges: [String]?
  /// The tokens with a role.
  package var roles: [GGUFTokenRole: Int] = [:]
  /// `tokenizer.ggml.add_bos_token`.
  package var addsBegin: Bool?
  /// `tokenizer.ggml.add_eos_token`.
  package var addsEnd: Bool?
  /// `tokenizer.ggml.add_space_prefix`; byte-level tokenizers have none.
  package var addsPrefixSpace: Bool?

  /// A tokenizer of these tokens, without the rest.
  package init(file: String, model: String, tokens: [String]) {
    self.file = file
    self.model = model
    self.tokens = tokens
  }

  /// Marks that end a turn, a message or a text, as llama.cpp finds them by their spelling where a
  /// file does not name them (`special_eog_ids` in llama-vocab.cpp).
  private static let endMarks: Set<String> = [
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>",
    "<|end_of_text|>", "<EOT>", "_<EOT>", "<end_of_utterance>",
    "<\u{FF5C}end\u{2581}of\u{2581}sentence\u{FF5C}>",
  ]

  /// The identifiers of control tokens, or user-defined ones, that are known to end a turn or a
  /// text; in a file without types, of all tokens.
  package var turnEnds: [Int] {
    tokens.indices.filter { identifier in
      guard Self.endMarks.contains(tokens[identifier]) else { return false }
      guard let types else { return true }
      return types.indices.contains(identifier)
        && [GGUFTokenType.control, .userDefined].contains(
          GGUFTokenType(rawValue: types[identifier]))
    }
  }

  /// The key of a member.
  static func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }

  /// The error of a member that cannot be used.
  func failure(_ name: String, expected: String, found: String) -> TokenizerError {
    .metadata(file: file, key: Self.key(name), expected: expected, found: found)
  }
}

/// The role of a token, which a GGUF file names under `tokenizer.ggml.ROLE_token_id`.
package enum GGUFTokenRole: String, CaseIterable, Sendable {
  case begin = "bos"
  case end = "eos"
  case endOfTurn = "eot"
  case endOfMessage = "eom"
  case unknown = "unknown"
  /// As the format spells it.
  case separator = "seperator"
  case padding = "padding"
  case mask = "mask"

  /// The key of the token's identifier.
  package var key: String { GGUFVocabulary.key("\(rawValue)_token_id") }

  /// The name that chat templates have for the token, or nil.
  var templateName: String? {
    switch self {
    case .begin: "bos_token"
    case .end: "eos_token"
    case .unknown: "unk_token"
    case .separator: "sep_token"
    case .padding: "pad_token"
    case .mask: "mask_token"
    case .endOfTurn, .endOfMessage: nil
    }
  }
}

/// The type of a token in `tokenizer.ggml.token_type`.
enum GGUFTokenType: Int {
  case undefined = 0
  case normal = 1
  case unknown = 2
  /// A mark such as BOS or the end of a turn.
  case control = 3
  /// Found in the text before everything else, and part of it.
  case userDefined = 4
  case unused = 5
  /// One of `<0x00>` to `<0xFF>`.
  case byte = 6

  /// Whether merging may make the token, or take it.
  var merges: Bool {
    switch self {
    case .undefined, .normal, .userDefined, .unused: true
    case .unknown, .control, .byte: false
    }
  }
}
