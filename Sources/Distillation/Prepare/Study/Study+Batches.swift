internal import Compute
import Foundation
import HuggingFace
internal import Inference
internal import Transformer

extension Study {
  /// Answers at once: enough for GEMMs whose weights are read once for all of them.
  static let answersOfBatch = 64
  /// Questions in a row without a kept one after which a part counts as exhausted.
  private static let patience = 480
  /// Apart from the streams of other purposes, which count from below.
  private static let stream: UInt64 = 0x5354_5544_5900_0000

  /// A conversation that is being written.
  struct Draft {
    var line: StudyLine
    let chunk: StudyChunks.Chunk
    /// The seeds of its rounds.
    let seeds: [Int]
  }

  /// Loads the model and writes what is left, batch by batch.
  ///
  /// - Parameters:
  ///   - measure: called with the teacher and the seconds in which it has read the first window.
  ///   - prepare: called before anything is written.
  ///   - handle: called with what happens.
  func perform(
    measuring measure: (PrefixedDecoder, Double) throws(DistillationError) -> Void,
    preparing prepare: () throws(DistillationError) -> Void,
    handle: @escaping (RunEvent) -> Void
  ) throws(DistillationError) -> StudyResult {
    guard !isComplete else { return result }
    try checkSame(on: request.ranks)
    handle(
      .placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let decoder = try load(handle)
    let teacher = try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, prefixes: windows.prefixes,
        capacity: PrefixCapacity(longest: longest, answers: Self.answersOfBatch, for: decoder))
    }
    func read(_ window: Int) throws(DistillationError) -> PrefixedDecoder {
      try distilling { () throws(TransformerError) in
        try teacher.read(window) { handle(.progress(.readingContext, done: $0, total: $1)) }
      }
    }
    if let first = part {
      let begin = ContinuousClock.now
      let model = try read(first.window)
      try measure(model, (ContinuousClock.now - begin).inSeconds)
    }
    let questioner = try Questioner(
      decoder, conditioning, tokenizer, placement, options, request.ranks)
    var filter = QuestionFilter(isStrict: options.filter)
    try prepare()
    let lines = try file.begin(record)
    if let notice = file.notice { handle(.warning(notice)) }
    for line in lines {
      if let question = StudyLine.question(of: line) { filter.learn(question) }
    }
    let meter = StudyMeter(self, handle)
    while let (window, _, _) = part {
      let begin = ContinuousClock.now
      if window != record.progress.window ?? 0 { record.progress.begin(window: window) }
      let model = try read(window)
      let lines = try batch(window, model, questioner, &filter, meter)
      record.progress.batches += 1
      for line in lines where line.round == 1 { record.progress.keep(line.part) }
      record.progress.seconds += (ContinuousClock.now - begin).inSeconds
      if isExhausted(.heldOut) { record.progress.exhaustHeldOut() }
      let idle = record.progress.idle
      let isEnd = isExhausted(.training)
      let isLost =
        isEnd && (chunks.count == 1 || record.progress.count == 0 && window == chunks.count - 1)
      // Another window may give more.
      if isEnd && !isLost { record.progress.begin(window: window + 1) }
      try file.append(lines.map { $0.text(isChat: placement.isChat) }, &record)
      if isLost {
        throw .content(
          file: request.output.path,
          expected: "a model that writes questions that can be used",
          found: "none among the last \(idle) (left out: \(record.progress.drops.text))")
      }
      meter.show(.answers, 0)
    }
    return result
  }

  /// Whether the last `patience` questions of a part of the window were all left out.
  func isExhausted(_ part: StudyChunks.Part) -> Bool {
    record.progress.idle(part) >= Self.patience
  }

  /// Writes conversations of a window.
  private func batch(
    _ window: Int, _ teacher: PrefixedDecoder, _ questioner: Questioner,
    _ filter: inout QuestionFilter, _ meter: StudyMeter
  ) throws(DistillationError) -> [StudyLine] {
    var random = SplitMix64(
      seed: options.seed, stream: Self.stream &+ UInt64(record.progress.batches))
    var drafts = try gather(window, &random, questioner, &filter, meter)
    var done: [[StudyLine]] = []
    for round in 1...options.rounds {
      if round > 1 { drafts = try ask(drafts, round, random.next(), questioner, &filter, meter) }
      drafts = try answer(drafts, round, random.next(), teacher, &filter, meter)
      if round == 1 {
        for index in drafts.indices {
          drafts[index].line.conversation = record.progress.count + index
        }
        done = drafts.map { _ in [] }
      }
      for line in drafts.map(\.line) {
        done[line.conversation - record.progress.count].append(line)
      }
    }
    return done.flatMap { $0 }
  }
}
