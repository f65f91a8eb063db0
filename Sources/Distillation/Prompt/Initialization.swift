import Files
import Foundation

/// The start of a prompt. Embeddings start from those of tokens, keys and values from rows of the
/// teacher's cache.
package enum Initialization: Sendable, Equatable {
  /// The embeddings of tokens at random positions of the context, in their order.
  case sampled
  /// The embeddings, or keys and values, of the context's first tokens.
  case first
  /// The means of the token embeddings of equal consecutive parts of the context.
  case pooled
  /// The embeddings of random ordinary tokens.
  case vocabulary
  /// Normally distributed numbers with the root mean square of the context's embeddings.
  case random
  /// Keys and values of runs of consecutive context tokens, which are spread evenly over it.
  case chunks
  /// Keys and values of a text that has nothing to do with the context.
  case randomText
  /// Keys and values by attention matching: ``MatchedStart``.
  case matched
  /// The tensors of a safetensors file, or of the folder of an adapter.
  case file(URL)

  /// The kinds apart from a file, and their names.
  private static let named: [(kind: Initialization, name: String)] = [
    (.sampled, "sampled"), (.first, "first"), (.pooled, "pooled"), (.vocabulary, "vocabulary"),
    (.random, "random"), (.chunks, "chunks"), (.randomText, "random-text"), (.matched, "matched"),
  ]

  /// The names of the kinds that a method can start from, without a file's.
  package static func names(for method: TrainingOptions.Method) -> [String] {
    named.filter { $0.kind.suits(method) }.map(\.name)
  }

  /// Whether a method can start from this kind.
  package func suits(_ method: TrainingOptions.Method) -> Bool {
    switch self {
    case .sampled, .pooled, .vocabulary, .random: method == .embeddings
    case .chunks, .randomText, .matched: method == .keysValues
    case .first, .file: true
    }
  }

  /// Whether it is an adapter that may be the recorded one, wherever it is: its SHA-256 tells, or
  /// where that is not known, nothing is in the recorded place any more.
  func mayBe(_ recorded: Initialization?, digest: String?) -> Bool {
    guard case .file = self, case .file(let earlier)? = recorded else { return false }
    return digest != nil || !FileManager.default.fileExists(atPath: earlier.path)
  }

  /// Whether it is an adapter in the place of the recorded one.
  func isInPlace(of recorded: Initialization?) -> Bool {
    guard case .file(let url) = self, case .file(let earlier)? = recorded else { return false }
    return url.standardizedFileURL.path == earlier.standardizedFileURL.path
  }

  /// Whether it starts from the context.
  var needsContext: Bool {
    switch self {
    case .sampled, .first, .pooled, .chunks, .matched: true
    case .vocabulary, .random, .randomText, .file: false
    }
  }

  /// The kind that a method starts from where the user names none, with a context that is read in
  /// so many parts: attention is matched to one text. Without a context there are none.
  package static func standard(for method: TrainingOptions.Method, parts: Int) -> Initialization {
    switch method {
    case .embeddings: parts == 0 ? .vocabulary : .sampled
    case .keysValues: parts == 1 ? .matched : .chunks
    }
  }
}

extension Initialization: LosslessStringConvertible, Codable {
  /// Reads the name of a kind, the path of a folder, or a path that ends in `.safetensors`.
  package init?(_ text: String) {
    if let found = Self.named.first(where: { $0.name == text }) {
      self = found.kind
    } else {
      // A recorded path is absolute; a folder is found by its name alone too.
      // An empty path would be the current folder.
      guard !text.isEmpty,
        text.hasSuffix(".safetensors") || text.contains("/")
          || FileManager.default.isFolder(URL(fileURLWithPath: text))
      else { return nil }
      self = .file(URL(fileURLWithPath: text))
    }
  }

  /// The name of the kind, or the path of the file.
  package var description: String {
    if case .file(let url) = self { return url.path }
    return Self.named.first { $0.kind == self }?.name ?? ""
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
