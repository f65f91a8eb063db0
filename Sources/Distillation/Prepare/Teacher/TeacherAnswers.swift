internal import Compute
import Files
import Foundation
internal import Inference
import JSON
internal import Ranks
internal import Transformer

/// The teacher's answers to examples without a response.
struct TeacherAnswers {
  /// The random stream of sampled answers, independent of all others.
  fileprivate static let stream: UInt64 = .max - 1

  /// In the order of the examples without a response: training examples, then held-out examples.
  let records: [AnswerRecord]

  /// In the order of the files and their lines, as in `answers.jsonl`.
  var recordsInFileOrder: [AnswerRecord] {
    Self.fileOrder(records.map { ($0.file, $0.line) }).map { records[$0] }
  }

  /// The indices of locations, sorted by file, in order of first occurrence, and by line.
  fileprivate static func fileOrder(_ locations: [(file: String, line: Int)]) -> [Int] {
    var ranks: [String: Int] = [:]
    for location in locations where ranks[location.file] == nil {
      ranks[location.file] = ranks.count
    }
    func key(_ index: Int) -> (Int, Int, Int) {
      (ranks[locations[index].file] ?? 0, locations[index].line, index)
    }
    return locations.indices.sorted { key($0) < key($1) }
  }

  /// Number of answers that reached the limit before their end.
  var cutCount: Int { records.count(where: \.isCut) }

  fileprivate init(_ records: [AnswerRecord]) { self.records = records }

  /// The examples, each with its own response or the teacher's.
  func completing(_ examples: [InputExample], _ spans: ContextSpans) -> [Example] {
    var next = records.makeIterator()
    return examples.map { example in
      Example(
        prompt: example.prompt, response: example.response ?? next.next()?.answer ?? [],
        span: spans[example.context])
    }
  }
}

extension Teacher {
  /// Generates responses for the examples without one, span by span. Of several ranks each answers
  /// its own; all have all answers.
  ///
  /// - Parameters:
  ///   - examples: the examples.
  ///   - spans: the spans of the examples.
  ///   - conditioning: the tokens that end an answer, and the tokenizer.
  ///   - options: the options of answers.
  ///   - ranks: the ranks that share out the examples.
  ///   - handle: called with the progress of this rank.
  func answers(
    to examples: [InputExample], _ spans: ContextSpans, _ conditioning: Conditioning,
    _ options: TrainingOptions, sharedBy ranks: Ranks = .one, _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> TeacherAnswers {
    let open = examples.filter { $0.response == nil }
    guard !open.isEmpty else { return TeacherAnswers([]) }
    let shares = ExampleShares(ofSpans: open.map { spans[$0.context] }, ranks)
    let groups = Dictionary(grouping: open.indices) { spans[open[$0].context] }
    var random = SplitMix64(seed: options.seed, stream: TeacherAnswers.stream)
    // The seed of a span does not depend on the order in which spans are read.
    let seeds = (0..<spans.count).map { _ in random.next() }
    let total = shares.own.count * options.responseTokens
    var (made, done) = ([Int: [Int]](), 0)
    for span in pass(over: Set(shares.own.map { spans[open[$0].context] })) {
      let group = groups[span] ?? []
      // What an answer draws follows from its number in the span's group.
      let numbers = group.indices.filter { shares.owners[group[$0]] == ranks.rank }
      let chosen = numbers.map { group[$0] }
      let generation = GenerationOptions(
        maximumTokens: options.responseTokens, temperature: options.responseTemperature,
        seed: seeds[span], stopIdentifiers: conditioning.stopIdentifiers)
      let answers = try distilling { () throws(TransformerError) in
        let model = try read(span) { handle(.progress(.readingContext, done: $0, total: $1)) }
        handle(.progress(.answering, done: done, total: total))
        let rest = total - done - chosen.count * options.responseTokens
        return try model.generate(
          chosen.map { open[$0].prompt }, options: generation, numbers: numbers
        ) {
          handle(.progress(.answering, done: done + $0, total: done + $1 + rest))
        }
      }
      done += answers.reduce(0) { $0 + $1.count }
      for (index, answer) in zip(chosen, answers) { made[index] = answer }
    }
    let answers = shares.gather(lists: shares.own.map { made[$0] ?? [] })
    var records: [AnswerRecord] = []
    for (example, answer) in zip(open, answers) {
      records.append(
        AnswerRecord(
          file: example.file, line: example.line, prompt: example.prompt, answer: answer,
          text: try conditioning.text(of: answer),
          isCut: !(answer.last.map(conditioning.stopIdentifiers.contains) ?? false)))
    }
    return TeacherAnswers(records)
  }
}

extension RunFolder {
  /// The answers of the run in the folder: a resumed run trains on the same, also on another
  /// device. Nil where every example has a response.
  ///
  /// - Throws: when they cannot be read, are answers to other prompts, or were changed.
  func recordedAnswers(
    to examples: [InputExample], vocabularySize: Int
  ) throws(DistillationError) -> TeacherAnswers? {
    let open = examples.filter { $0.response == nil }
    guard !open.isEmpty else { return nil }
    let file = url.appending(path: Self.answers)
    let expected =
      "the teacher's answers to \(Counted(open.count, "prompt")) with which this run was started"
    guard FileManager.default.fileExists(atPath: file.path), SpecialFile(at: file.path) == nil
    else {
      throw .otherAnswers(file: file.path, expected: expected, found: RecordCoding.kind(of: file))
    }
    let lines = try RecordCoding.decodeLines(AnswerRecord.self, from: file, as: .training)
    let records = lines.records
    guard lines.cutLine == nil, records.count == open.count else {
      throw .otherAnswers(file: file.path, expected: expected, found: lines.count)
    }
    let order = TeacherAnswers.fileOrder(open.map { ($0.file, $0.line) })
    // Older programs wrote the answers to held-out examples of one file after the others.
    let inRunOrder: [AnswerRecord]? =
      if records.map(\.prompt) == order.map({ open[$0].prompt }),
        records.map(\.line) == order.map({ open[$0].line })
      {
        zip(order, records).sorted { $0.0 < $1.0 }.map(\.1)
      } else if records.map(\.prompt) == open.map(\.prompt) {
        records
      } else {
        nil
      }
    guard let inRunOrder,
      records.allSatisfy({ record in
        !record.answer.isEmpty && record.answer.allSatisfy((0..<vocabularySize).contains)
      })
    else {
      throw .otherAnswers(
        file: file.path, expected: expected, found: "answers that do not belong to them")
    }
    guard try isOwn(records, in: file) else {
      throw .otherAnswers(file: file.path, expected: expected, found: "others")
    }
    return TeacherAnswers(inRunOrder)
  }

  /// Whether the run has written these answers, as far as it is recorded. Lines count and not their
  /// bytes: the last line's end may be gone.
  private func isOwn(_ records: [AnswerRecord], in file: URL) throws(DistillationError) -> Bool {
    let written = try writtenFiles()
    guard written.digests[Self.answers] != nil else { return true }
    let lines = SHA256.hexadecimal(of: try RecordCoding.lines(of: records))
    return [lines, WrittenFiles.digest(of: file)].contains { digest in
      digest.map { written.contains($0, of: Self.answers) } == true
    }
  }
}
