import JSON

extension TokenizerClass {
  /// The named special tokens that the class has where the files name none.
  private var defaultTokens: [(name: String, content: String)] {
    let end = "<|endoftext|>"
    return switch self {
    case .file: []
    case .llama: [("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>")]
    case .codeLlama:
      [
        ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"),
        ("prefix_token", "\u{2581}<PRE>"), ("middle_token", "\u{2581}<MID>"),
        ("suffix_token", "\u{2581}<SUF>"), ("eot_token", "\u{2581}<EOT>"),
        ("fill_token", "<FILL_ME>"),
      ]
    case .gemma:
      [
        ("bos_token", "<bos>"), ("eos_token", "<eos>"), ("unk_token", "<unk>"),
        ("pad_token", "<pad>"), ("mask_token", "<mask>"),
      ]
    case .qwen2, .qwen35: [("eos_token", end), ("unk_token", end), ("pad_token", end)]
    case .gpt2, .codeGen: [("bos_token", end), ("eos_token", end), ("unk_token", end)]
    case .gptNeoX:
      [("bos_token", end), ("eos_token", end), ("unk_token", end), ("pad_token", "<|padding|>")]
    case .cohere:
      [
        ("bos_token", "<BOS_TOKEN>"), ("eos_token", "<|END_OF_TURN_TOKEN|>"),
        ("unk_token", "<UNK>"), ("sep_token", "<SEP>"), ("pad_token", "<PAD>"),
        ("cls_token", "<CLS>"), ("mask_token", "<MASK_TOKEN>"),
      ]
    }
  }

  /// The named special tokens, those of the files and the class's own: first the names that every
  /// class knows, then the others.
  func namedTokens(_ settings: TokenizerSettings) -> [(name: String, token: SpecialToken)] {
    let standard = TokenizerSettings.standardNames
    let defaults = defaultTokens
    let names =
      standard + defaults.map(\.name).filter { !standard.contains($0) }
      + settings.named.map(\.name).filter { name in
        !standard.contains(name) && !defaults.contains { $0.name == name }
      }
    return names.compactMap { name in
      if let given = settings.named.first(where: { $0.name == name }) {
        return given.token.map { (name, $0) }
      }
      return defaults.first { $0.name == name }.map { (name, SpecialToken(content: $0.content)) }
    }
  }

  /// The tokens that are added to the tokenizer, in their order; `known` are those that it has.
  ///
  /// Source: `__init__` of `TokenizersBackend` in transformers 5.23,
  /// tokenization_utils_tokenizers.py.
  func tokensToAdd(
    _ settings: TokenizerSettings, beyond known: [SpecialToken]
  ) -> [SpecialToken] {
    var tokens = settings.added.sorted { $0.key < $1.key }.map(\.value)
    let present = Set((known + tokens).map(\.bytes))
    let named = namedTokens(settings).map(\.token)
    for token in named + settings.extra
    where !present.contains(token.bytes) && !tokens.contains(token) {
      tokens.append(token)
    }
    let names = Set(named.map(\.bytes))
    tokens = tokens.map { $0.flags == nil || names.contains($0.bytes) ? $0.special : $0 }
    switch self {
    case .qwen2:
      // Added once more, without flags.
      tokens += (named + settings.extra).map { SpecialToken(content: $0.content).special }
    case .cohere:
      tokens += (named + settings.extra).map(\.special)
    default:
      break
    }
    return tokens
  }
}
