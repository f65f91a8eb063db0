internal import Compute

/// The first questions of a batch of conversations.
extension Study {
  /// The most questions that are written before the kept ones are answered.
  private static let questionsOfBatch = 512
  /// The least and the most questions that are written after one chunk, which they share.
  private static let (fewestQuestions, mostQuestions) = (16, 64)

  /// The most questions that are written after a chunk of a window: many, because reading the chunk
  /// takes as long as writing some of them, but so few that chunks as long as two windows are read.
  func questionsOfChunk(_ window: Int) -> Int {
    let tokens = Double(max(chunks[window].tokens, 1))
    let conversations = Double(options.count) * tokens / Double(max(chunks.tokens, 1))
    let questions = conversations / RunWork.keptShare
    let most = Int(questions * chunks[window].usualLength / (2 * tokens))
    return min(max(most, Self.fewestQuestions), Self.mostQuestions)
  }

  /// Writes first questions from one chunk after the other until there are enough for a batch of
  /// answers, or for all that is left of the window: of its held-out part first, then of the rest.
  func gather(
    _ window: Int, _ random: inout SplitMix64, _ questioner: Questioner,
    _ filter: inout QuestionFilter, _ meter: StudyMeter
  ) throws(DistillationError) -> [Draft] {
    var drafts: [Draft] = []
    let before = record.progress.questions
    while drafts.count < Self.answersOfBatch,
      record.progress.questions - before < Self.questionsOfBatch || drafts.isEmpty,
      let (next, part, left) = part(after: drafts), next == window
    {
      let open = min(left, Self.answersOfBatch - drafts.count)
      let count = questionCount(for: open, window, kept: record.progress.count + drafts.count)
      let chunk = chunks[window].draw(part, &random)
      let drawn = (0..<count).map { _ in
        (0..<options.rounds).map { _ in seeds.draw(&random) }
      }
      let begun = drawn.map { seeds in
        Draft(
          line: StudyLine(
            turns: [], kind: self.seeds.seeds[seeds[0]].kind, seed: seeds[0], span: chunk.bytes,
            context: windows.parts[window], part: part), chunk: chunk, seeds: seeds)
      }
      let asked = try ask(begun, 1, random.next(), questioner, &filter, meter)
      // A study that goes on knows the questions of its lines alone.
      for draft in asked.dropFirst(left) { filter.forget(draft.line.question) }
      drafts += asked.prefix(left)
      guard isExhausted(part), !drafts.contains(where: { $0.line.part == part }) else { continue }
      if part == .training { break }
      record.progress.exhaustHeldOut()
    }
    return drafts
  }

  /// What is written next once some conversations are done; nil where nothing is left.
  private func part(
    after drafts: [Draft]
  ) -> (window: Int, part: StudyChunks.Part, left: Int)? {
    var progress = record.progress
    for draft in drafts { progress.keep(draft.line.part) }
    return part(options, progress)
  }

  /// How many questions are written from the next chunk for `open` conversations, by the share that
  /// was kept so far.
  private func questionCount(for open: Int, _ window: Int, kept: Int) -> Int {
    let questions = Double(record.progress.questions)
    // The usual share counts as much as the first questions.
    let prior = Double(Self.fewestQuestions)
    let share = (Double(kept) + prior * RunWork.keptShare) / (questions + prior)
    let wanted = Int((Double(open) / share).rounded(.up))
    return min(max(wanted, Self.fewestQuestions / 2), questionsOfChunk(window))
  }
}
