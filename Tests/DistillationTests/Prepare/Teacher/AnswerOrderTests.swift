import Foundation
import TestSupport
import Testing

@testable import Distillation

/// The teacher's answers are in the order of the files; those of earlier programs were in the order
/// of the run.
@Suite struct AnswerOrderTests {
  /// Lines 1, 3 and 4 are training examples, 2 is held out, and so is line 1 of another file; line
  /// 4 has a response.
  private let examples = [
    InputExample(prompt: [1], response: nil, line: 1, file: "inputs.jsonl"),
    InputExample(prompt: [3], response: nil, line: 3, file: "inputs.jsonl"),
    InputExample(prompt: [4], response: [9], line: 4, file: "inputs.jsonl"),
    InputExample(prompt: [2], response: nil, line: 2, file: "inputs.jsonl"),
    InputExample(prompt: [1], response: nil, line: 1, file: "other.jsonl"),
  ]

  private func record(_ file: String, _ line: Int, _ prompt: Int) -> AnswerRecord {
    AnswerRecord(
      file: file, line: line, prompt: [prompt], answer: [10 * line + file.count % 10], text: nil,
      isCut: false)
  }

  @Test func bothOrdersAreRead() throws {
    let parent = try TemporaryFolder()
    let run = try RunFolder(parent.url.appending(path: "run"), mode: .create)
    try run.begin()
    let inRunOrder = [
      record("inputs.jsonl", 1, 1), record("inputs.jsonl", 3, 3), record("inputs.jsonl", 2, 2),
      record("other.jsonl", 1, 1),
    ]
    let inFileOrder = [inRunOrder[0], inRunOrder[2], inRunOrder[1], inRunOrder[3]]
    for records in [inRunOrder, inFileOrder] {
      try run.write(records)
      let found = try #require(try run.recordedAnswers(to: examples, vocabularySize: 100))
      #expect(found.records == inRunOrder)
      #expect(found.recordsInFileOrder == inFileOrder)
    }
    try run.write([inRunOrder[1]])
    #expect(throws: DistillationError.self) {
      try run.recordedAnswers(to: examples, vocabularySize: 100)
    }
  }
}
