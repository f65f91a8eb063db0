import JSON

/// SentencePiece's treatment of spaces: each becomes a visible character, and a text may get one
/// in front, so that its first word looks like any other. It is a pre-tokenizer and a decoder.
struct Metaspace: Sendable {
  /// Which pieces get the replacement in front, unless they start with it already.
  enum PrependScheme: String, CaseIterable, Sendable {
    case always, first, never
  }

  /// One character as UTF-8, usually U+2581.
  let replacement: [UInt8]
  let prependScheme: PrependScheme
  /// Whether to cut before every replacement.
  let splits: Bool

  init(_ node: JSONNode) throws(JSONReadingError) {
    replacement = try node.character("replacement")
    splits = try node.optional("split") ?? true
    if let name: String = try node.optional("prepend_scheme") {
      guard let scheme = PrependScheme(rawValue: name) else {
        throw node.failure(
          expected: "one of always, first, never", found: JSON.string(name).kind,
          at: "prepend_scheme")
      }
      prependScheme = scheme
    } else {
      prependScheme = .always
    }
    if let legacy: Bool = try node.optional("add_prefix_space"), !legacy, prependScheme != .never {
      throw node.failure(
        expected: "true, or a prepend_scheme of never beside it", found: "false",
        at: "add_prefix_space")
    }
  }

  func apply(to text: inout PreTokenizedText) throws(TextBudget.Exceeded) {
    try text.rewrite { source, piece, output in
      let prepends =
        switch prependScheme {
        case .always: true
        case .first: piece.isFirst
        case .never: false
        }
      if prepends, source[piece.start] != UInt8(ascii: " "),
        !starts(source, piece.start..<piece.end)
      {
        output.append(contentsOf: replacement)
      }
      for index in piece.start..<piece.end {
        if source[index] == UInt8(ascii: " ") {
          output.append(contentsOf: replacement)
        } else {
          output.append(source[index])
        }
      }
    }
    if splits { try text.split(.literal(replacement), .mergedWithNext, inverted: false) }
  }

  private func starts(_ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard range.count >= replacement.count else { return false }
    return replacement.indices.allSatisfy { source[range.lowerBound + $0] == replacement[$0] }
  }

  /// Appends a token's text with spaces for replacements. In the first token a leading one is
  /// dropped, where a text gets one in front.
  func appendDecoded(
    _ text: Span<UInt8>, _ range: Range<Int>, isFirstToken: Bool, to output: inout [UInt8]
  ) {
    let drops = isFirstToken && prependScheme != .never
    var index = range.lowerBound
    while index < range.upperBound {
      if starts(text, index..<range.upperBound) {
        if !drops { output.append(UInt8(ascii: " ")) }
        index += replacement.count
      } else {
        output.append(text[index])
        index += 1
      }
    }
  }
}
