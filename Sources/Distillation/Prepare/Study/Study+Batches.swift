internal import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer

extension Study {
  /// Questions written after one chunk, which they share.
  static let questionsOfChunk = 16
  /// The most chunks of a batch.
  private static let chunksOfBatch = 3
  /// Of so many questions one at least has to be kept.
  private static let patience = 480
  /// Apart from the streams of other purposes, which count from below.
  private static let stream: UInt64 = 0x5354_5544_5900_0000

  /// A conversation that is being written.
  private struct Draft {
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
    handle(
      .placed(conditioning.contextPosition, missingTokens: conditioning.missingTokens))
    let decoder = try load(handle)
    let questions = Self.questionsOfChunk * Self.chunksOfBatch
    let teacher = try distilling { () throws(TransformerError) in
      try Teacher(
        decoder, prefixes: windows.prefixes,
        capacity: PrefixCapacity(longest: longest, answers: questions, for: decoder))
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
    let questioner = try Questioner(decoder, conditioning, tokenizer, placement, options)
    var filter = QuestionFilter(isStrict: options.filter)
    try prepare()
    for line in try file.begin(record) {
      if let question = StudyLine.question(of: line) { filter.learn(question) }
    }
    let meter = StudyMeter(self, handle)
    while let (window, part, left) = part {
      let begin = ContinuousClock.now
      if window != record.progress.window ?? 0 { record.progress.begin(window: window) }
      let model = try read(window)
      let lines = try batch(window, part, left, model, questioner, &filter, meter)
      record.progress.batches += 1
      record.progress.conversations[part.rawValue] =
        record.progress.count(part) + lines.count { $0.round == 1 }
      record.progress.seconds += (ContinuousClock.now - begin).inSeconds
      let isExhausted = record.progress.idle >= Self.patience
      let idle = record.progress.idle
      if isExhausted && part == .heldOut {
        record.progress.isHeldOutExhausted = true
        record.progress.idle = 0
      }
      let isEnd = isExhausted && part == .training
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
    }
    return result
  }

  /// Writes conversations of a window, at most as many as are left.
  private func batch(
    _ window: Int, _ part: StudyChunks.Part, _ left: Int, _ teacher: PrefixedDecoder,
    _ questioner: Questioner,
    _ filter: inout QuestionFilter, _ meter: StudyMeter
  ) throws(DistillationError) -> [StudyLine] {
    var random = SplitMix64(
      seed: options.seed, stream: Self.stream &+ UInt64(record.progress.batches))
    let count = min(Self.chunksOfBatch, (left + 7) / (Self.questionsOfChunk / 2))
    var drafts: [Draft] = []
    for _ in 0..<count {
      let chunk = chunks[window].draw(part, &random)
      let drawn = (0..<Self.questionsOfChunk).map { _ in
        (0..<options.rounds).map { _ in seeds.draw(&random) }
      }
      drafts += drawn.map { seeds in
        Draft(
          line: StudyLine(
            turns: [], kind: self.seeds.seeds[seeds[0]].kind, seed: seeds[0], span: chunk.bytes,
            context: windows.parts[window], part: part), chunk: chunk, seeds: seeds)
      }
    }
    var done: [[StudyLine]] = []
    for round in 1...options.rounds {
      drafts = try ask(drafts, round, random.next(), questioner, &filter, meter)
      if round == 1 {
        // A study that goes on knows the questions of its lines alone.
        for draft in drafts.dropFirst(left) { filter.forget(draft.line.question) }
        drafts = Array(drafts.prefix(left))
      }
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

  /// Writes the next question of each conversation; those without one end here.
  private func ask(
    _ drafts: [Draft], _ round: Int, _ seed: UInt64, _ questioner: Questioner,
    _ filter: inout QuestionFilter, _ meter: StudyMeter
  ) throws(DistillationError) -> [Draft] {
    var asked: [Draft] = []
    var numbers = SplitMix64(seed: seed)
    var first = 0
    while first < drafts.count {
      let chunk = drafts[first].chunk
      let group = drafts[first...].prefix { $0.chunk == chunk }
      first = group.endIndex
      let questions = try questioner.write(
        from: chunk.text, seeds: group.map { seeds.seeds[$0.seeds[round - 1]] },
        after: group.map(\.line.turns), seed: numbers.next()
      ) { meter.show(.questions, $0) }
      meter.finish()
      for (draft, question) in zip(group, questions) {
        record.progress.questions += 1
        record.progress.idle += 1
        if let drop = filter.drop(question.text, isWhole: question.isWhole, chunk: chunk.text) {
          record.progress.drops.add(drop)
          continue
        }
        var draft = draft
        draft.line.turns.append(question.text)
        draft.line.seed = draft.seeds[round - 1]
        draft.line.kind = seeds.seeds[draft.line.seed].kind
        draft.line.round = round
        asked.append(draft)
      }
    }
    return asked
  }

  /// Answers the last question of each conversation; those without a useful answer end here.
  private func answer(
    _ drafts: [Draft], _ round: Int, _ seed: UInt64, _ teacher: PrefixedDecoder,
    _ filter: inout QuestionFilter, _ meter: StudyMeter
  ) throws(DistillationError) -> [Draft] {
    var open: [(draft: Draft, prompt: [Int])] = []
    for draft in drafts {
      let prompt = try prompt(draft.line)
      if prompt.count + options.responseTokens > longest {
        filter.forget(draft.line.question)
        record.progress.drops.add(.tooLong)
      } else {
        open.append((draft, prompt))
      }
    }
    guard !open.isEmpty else { return [] }
    let answers = try distilling { () throws(TransformerError) in
      try teacher.generate(
        open.map(\.prompt),
        options: GenerationOptions(
          maximumTokens: options.responseTokens, temperature: options.responseTemperature,
          seed: seed, stopIdentifiers: answerStops)
      ) { made, _ in meter.show(.answers, made) }
    }
    meter.finish()
    var answered: [Draft] = []
    for (var (draft, _), tokens) in zip(open, answers) {
      var text = try conditioning.text(of: tokens) ?? ""
      draft.line.isCut = !(tokens.last.map(answerStops.contains) ?? false)
      if !placement.isChat {
        let line = RawConversation.firstLine(text)
        draft.line.isCut = draft.line.isCut && line == text
        text = line
      }
      if let drop = filter.drop(answer: text, to: draft.line.question) {
        filter.forget(draft.line.question)
        record.progress.drops.add(drop)
        continue
      }
      draft.line.turns.append(text)
      record.progress.idle = 0
      answered.append(draft)
    }
    return answered
  }

  /// The tokens of a conversation up to its next answer, as `--inputs` reads them.
  private func prompt(_ line: StudyLine) throws(DistillationError) -> [Int] {
    let text = line.text(isChat: placement.isChat)
    let file = request.output.path
    let value = try reading { () throws(JSONReadingError) in
      try JSONNode(parsing: Array(text.utf8), file: file)
    }
    let example = try reading { () throws(JSONReadingError) in try ExampleLine(value) }
    do {
      return try conditioning.reader.read(example, at: value).prompt
    } catch {
      switch error {
      case .line(let error): throw .json(error)
      case .placement(let error): throw .placement(error)
      }
    }
  }
}
