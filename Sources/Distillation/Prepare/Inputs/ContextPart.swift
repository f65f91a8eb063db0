import JSON

/// What the teacher reads before the prompt of a line.
package enum ContextPart: Sendable, Hashable {
  /// All of the context.
  case whole
  /// A span of it: bytes of UTF-8 from its beginning, with line ends as LF.
  case span(Range<Int>)
  /// A text of the line's own, with line ends as LF.
  case own(String)

  /// The keys of a line with a part of its own.
  static let (spanKey, ownKey) = ("context_span", "context")

  /// Reads `context_span` or `context` of a line; without either the whole context is meant.
  ///
  /// - Parameters:
  ///   - value: the line.
  ///   - isIdentifiers: whether the line has token ids, which no text goes before.
  ///   - context: the text of the run's context; nil where it is not known.
  ///   - hasContext: whether the run has a context.
  init(
    of value: JSONNode, isIdentifiers: Bool, context: String?, hasContext: Bool
  ) throws(JSONReadingError) {
    var given: [String] = []
    for key in [Self.spanKey, Self.ownKey] where try value.has(key) { given.append(key) }
    guard let key = given.first else {
      if !hasContext {
        throw value.failure(
          expected: "\(Self.ownKey), a text before the prompt, because no context is given",
          found: "none")
      }
      self = .whole
      return
    }
    if given.count > 1 {
      throw value.failure(expected: "one of \(given.joined(separator: " and "))", found: "both")
    }
    if isIdentifiers {
      throw value.failure(
        expected: "no text with token ids", found: "one", at: key)
    }
    if key == Self.ownKey {
      let text: String = try value.required(key)
      if text.allSatisfy(\.isWhitespace) {
        throw value.failure(expected: "a text", found: "an empty string", at: key)
      }
      self = .own(TextFile.withLineFeeds(text))
      return
    }
    self = try Self.span(value, of: context ?? "")
  }

  /// Reads `context_span`, the first byte and the one after the last.
  private static func span(
    _ value: JSONNode, of context: String
  ) throws(JSONReadingError) -> ContextPart {
    let bounds: [Int] = try value.required(spanKey)
    let bytes = context.utf8
    guard bounds.count == 2, bounds[0] >= 0, bounds[0] < bounds[1], bounds[1] <= bytes.count else {
      throw value.failure(
        expected: bytes.isEmpty
          ? "a context that it is a span of"
          : "the first byte and the end of a part of the context's \(Counted(bytes.count, "byte"))",
        found: bytes.isEmpty ? "none" : "\(bounds)", at: spanKey)
    }
    for bound in bounds {
      let index = bytes.index(bytes.startIndex, offsetBy: bound)
      guard index.samePosition(in: context.unicodeScalars) != nil else {
        throw value.failure(
          expected: "bytes between characters", found: "\(bound), which is within one", at: spanKey)
      }
    }
    return bounds == [0, bytes.count] ? .whole : .span(bounds[0]..<bounds[1])
  }

  /// The part as a text.
  ///
  /// - Parameter context: the text of the whole context, with line ends as LF; nil where there is
  ///   none.
  func text(of context: String?) -> String? {
    switch self {
    case .whole: context
    case .span(let bytes):
      context.map {
        String(decoding: $0.utf8.dropFirst(bytes.lowerBound).prefix(bytes.count), as: UTF8.self)
      }
    case .own(let text): text
    }
  }

  /// Numbers that tell the part from others, for fingerprints; none of the whole context.
  var fingerprint: [Int]? {
    switch self {
    case .whole: nil
    case .span(let bytes): [-1, bytes.lowerBound, bytes.upperBound]
    case .own(let text): [-2] + text.utf8.map(Int.init)
    }
  }
}
