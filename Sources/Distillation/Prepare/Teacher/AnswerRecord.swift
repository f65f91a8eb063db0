import Foundation

/// One line of `answers.jsonl`: what the teacher answered to a prompt that has no response.
package struct AnswerRecord: Sendable, Equatable, Codable {
  /// The file of the example.
  package var file: String
  /// Its line there, from 1.
  package var line: Int
  /// The prompt's tokens.
  package var prompt: [Int]
  /// The answer's tokens, the one that ends it among them.
  package var answer: [Int]
  /// The answer as a text; nil where the context is given as identifiers.
  package var text: String?
  /// Whether it reached `--response-tokens` before its end.
  package var isCut: Bool

  private enum CodingKeys: String, CodingKey {
    case file, line
    case prompt = "prompt_ids"
    case answer = "completion_ids"
    case text = "completion"
    case isCut = "is_cut"
  }
}

extension RunFolder {
  /// Writes `answers.jsonl`; nothing where the teacher gave none.
  func write(_ answers: [AnswerRecord]) throws(DistillationError) {
    guard !answers.isEmpty else { return }
    var lines: [UInt8] = []
    for answer in answers {
      lines += try RecordCoding.encode(answer, isIndented: false) + [UInt8(ascii: "\n")]
    }
    try write(lines, to: Self.answers)
  }
}
