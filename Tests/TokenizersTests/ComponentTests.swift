import Foundation
import JSON
import Testing

@testable import Tokenizers

/// Single normalizers, pre-tokenizers and decoders against Python's `tokenizers`.
@Suite struct ComponentTests {
  /// The first line of components.jsonl.
  private struct Inputs: Decodable {
    /// For normalizers and pre-tokenizers.
    let texts: [String]
    /// For decoders.
    let tokens: [[String]]
  }

  /// The output for one input.
  private enum Output: Decodable, Equatable {
    case text(String)
    case pieces([String])
    /// The lengths of the pieces in scalars, where together they are the text.
    case lengths([Int])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self = .text(text)
      } else if let pieces = try? container.decode([String].self) {
        self = .pieces(pieces)
      } else {
        self = .lengths(try container.decode([Int].self))
      }
    }
  }

  private struct Outputs: Decodable {
    let kind: String
    /// One for each input; nil where nothing changed.
    let outputs: [Output?]
  }

  @Test func agreeWithPython() throws {
    let lines = try Golden.data("components.jsonl").split(separator: 0x0A)
    let inputs = try JSONDecoder().decode(Inputs.self, from: #require(lines.first))
    #expect(lines.count > 70)
    for line in lines.dropFirst() {
      let expected = try JSONDecoder().decode(Outputs.self, from: line)
      let node = try JSONNode(parsing: [UInt8](line), file: "components.jsonl")
      let name = String(decoding: line.prefix(200), as: UTF8.self)
      switch expected.kind {
      case "normalizer":
        try check(node.required("component", Normalizer.self), inputs.texts, expected.outputs, name)
      case "pre_tokenizer":
        try check(
          node.required("component", PreTokenizer.self), inputs.texts, expected.outputs, name)
      default:
        #expect(expected.kind == "decoder")
        try check(
          node.required("component", TokenDecoder.self), inputs.tokens, expected.outputs, name)
      }
    }
  }

  private func check(
    _ normalizer: Normalizer, _ texts: [String], _ outputs: [Output?], _ name: String
  ) throws {
    #expect(texts.count == outputs.count)
    for (text, output) in zip(texts, outputs) {
      var normalized = NormalizedText(
        bytes: Array(text.utf8), startsAtOrigin: true, budget: TextBudget(count: text.utf8.count))
      try normalizer.normalize(&normalized)
      let expected = if case .text(let changed) = output { changed } else { text }
      #expect(
        normalized.bytes == Array(expected.utf8), "\(name): \(text.debugDescription)")
    }
  }

  private func check(
    _ preTokenizer: PreTokenizer, _ texts: [String], _ outputs: [Output?], _ name: String
  ) throws {
    #expect(texts.count == outputs.count)
    for (text, output) in zip(texts, outputs) {
      var pieces = PreTokenizedText(
        Array(text.utf8), isFirst: true, TextBudget(count: text.utf8.count))
      try preTokenizer.apply(to: &pieces)
      let found = pieces.pieces.map { Array(pieces.bytes[$0.start..<$0.end]) }
      let expected: [[UInt8]]
      switch output {
      case .pieces(let changed): expected = changed.map { Array($0.utf8) }
      case .lengths(let lengths): expected = cut(text, lengths)
      default: expected = text.isEmpty ? [] : [Array(text.utf8)]
      }
      #expect(found == expected, "\(name): \(text.debugDescription)")
    }
  }

  private func check(
    _ decoder: TokenDecoder, _ tokens: [[String]], _ outputs: [Output?], _ name: String
  ) throws {
    #expect(tokens.count == outputs.count)
    for (tokens, output) in zip(tokens, outputs) {
      var texts = TokenTexts()
      for token in tokens { texts.append(Array(token.utf8)) }
      var budget = TextBudget(count: texts.bytes.count)
      try decoder.decode(&texts, &budget)
      let expected = if case .text(let text) = output { text } else { tokens.joined() }
      #expect(isSame(texts.joined(separator: []), expected), "\(name): \(tokens)")
    }
  }

  private func cut(_ text: String, _ lengths: [Int]) -> [[UInt8]] {
    var rest = text.unicodeScalars[...]
    return lengths.map { length in
      defer { rest = rest.dropFirst(length) }
      return Array(String(rest.prefix(length)).utf8)
    }
  }
}
