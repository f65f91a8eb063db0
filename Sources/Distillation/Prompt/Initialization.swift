import Foundation

/// The start of a soft prompt.
package enum Initialization: Sendable, Equatable {
  /// The embeddings of tokens at random positions of the context, in their order.
  case sampled
  /// The embeddings of the context's first tokens.
  case first
  /// The means of the token embeddings of equal consecutive parts of the context.
  case pooled
  /// The embeddings of random ordinary tokens.
  case vocabulary
  /// Normally distributed numbers with the root mean square of the context's embeddings.
  case random
  /// A tensor `soft_prompt` or `prompt_embeddings` of a safetensors file.
  case file(URL)
}

extension Initialization: LosslessStringConvertible, Codable {
  /// The names of the kinds, without a file's.
  package static let names = ["sampled", "first", "pooled", "vocabulary", "random"]

  /// Reads a name of ``names`` or a path that ends in `.safetensors`.
  package init?(_ text: String) {
    switch text {
    case "sampled": self = .sampled
    case "first": self = .first
    case "pooled": self = .pooled
    case "vocabulary": self = .vocabulary
    case "random": self = .random
    default:
      guard text.hasSuffix(".safetensors") else { return nil }
      self = .file(URL(fileURLWithPath: text))
    }
  }

  /// The name of the kind, or the path of the file.
  package var description: String {
    switch self {
    case .sampled: "sampled"
    case .first: "first"
    case .pooled: "pooled"
    case .vocabulary: "vocabulary"
    case .random: "random"
    case .file(let url): url.path
    }
  }

  /// Reads ``description``.
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = Initialization(text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no initialization: \(text)"))
    }
    self = value
  }

  /// Writes ``description``.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
