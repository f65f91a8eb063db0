import Foundation

/// One line of `answers.jsonl`: the teacher's answer to a prompt without a response.
package struct AnswerRecord: Sendable, Equatable, Codable {
  /// The file of the example.
  package var file: String
  /// Its line there, from 1.
  package var line: Int
  /// The prompt's tokens.
  package var prompt: [Int]
  /// The answer's tokens, including its end token.
  package var answer: [Int]
  /// The answer as a text; nil where the context is given as token ids.
  package var text: String?
  /// Whether it reached the limit of tokens before its end.
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
  /// Writes `answers.jsonl`, where the teacher has answered.
  func write(_ answers: [AnswerRecord]) throws(DistillationError) {
    guard !answers.isEmpty else { return }
    try write(RecordCoding.lines(of: answers), to: Self.answers)
  }
}
