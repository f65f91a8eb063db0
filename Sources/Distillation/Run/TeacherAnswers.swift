import Foundation
internal import Transformer

/// What the teacher answers where examples have no response.
struct TeacherAnswers {
  /// Answers that are drawn move with nothing else that is drawn.
  private static let stream: UInt64 = .max - 1

  /// In the order of the examples that have none.
  let records: [AnswerRecord]

  /// Answers that reached the limit before their end.
  var cutCount: Int { records.count(where: \.isCut) }

  /// Lets the teacher answer.
  init(
    to examples: [Example], by teacher: Teacher, _ conditioning: Conditioning,
    _ options: TrainingOptions, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) {
    let open = examples.filter { $0.response == nil }
    guard !open.isEmpty else {
      records = []
      return
    }
    var random = SplitMix64(seed: options.seed, stream: Self.stream)
    let generation = GenerationOptions(
      maximumTokens: options.responseTokens, temperature: options.responseTemperature,
      seed: random.next(), stopIdentifiers: conditioning.stopIdentifiers)
    handle(.progress(.answering, done: 0, total: open.count * options.responseTokens))
    let answers = try distilling { () throws(TransformerError) in
      try teacher.model.generate(open.map(\.prompt), options: generation) {
        handle(.progress(.answering, done: $0, total: $1))
      }
    }
    records = zip(open, answers).map { example, answer in
      AnswerRecord(
        file: example.file, line: example.line, prompt: example.prompt, answer: answer,
        text: conditioning.text(of: answer),
        isCut: !(answer.last.map(conditioning.stopIdentifiers.contains) ?? false))
    }
  }

  fileprivate init(_ records: [AnswerRecord]) { self.records = records }

  /// The examples, each with its own response or the teacher's.
  func completing(_ examples: [Example]) -> [AnsweredExample] {
    var next = records.makeIterator()
    return examples.map { example in
      AnsweredExample(
        prompt: example.prompt, response: example.response ?? next.next()?.answer ?? [])
    }
  }
}

extension RunFolder {
  /// The answers that the run in the folder was begun with: a resumed one trains on the same, also on another device. Nil where
  /// every example has a response.
  ///
  /// - Throws: when they cannot be read, or are those of other prompts.
  func recordedAnswers(
    to examples: [Example], vocabularySize: Int
  ) throws(DistillationError) -> TeacherAnswers? {
    let open = examples.filter { $0.response == nil }
    guard !open.isEmpty else { return nil }
    let file = url.appending(path: Self.answers)
    let records = try RecordCoding.decodeLines(AnswerRecord.self, from: file)
    guard records.map(\.prompt) == open.map(\.prompt),
      records.allSatisfy({ record in
        !record.answer.isEmpty && record.answer.allSatisfy((0..<vocabularySize).contains)
      })
    else {
      throw .content(
        file: file.path, expected: "the teacher's answers to \(open.count) prompts of this run",
        found: "\(records.count) that do not belong to them")
    }
    return TeacherAnswers(records)
  }
}
