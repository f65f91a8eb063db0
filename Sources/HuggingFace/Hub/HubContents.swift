/// Which files of a repository a command reads.
package enum HubContents: Sendable {
  /// Configuration, weights, tokenizer and chat template.
  case model
  /// The tokenizer and the small files beside it, but no weights.
  case tokenizer

  /// The files beside the weights that a repository may have.
  static let smallFiles = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
  ]

  /// The small files without which a command reads the model differently, where the repository has
  /// them.
  var wanted: [String] {
    switch self {
    case .model: Self.smallFiles
    case .tokenizer:
      [
        "tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json",
      ]
    }
  }
}
