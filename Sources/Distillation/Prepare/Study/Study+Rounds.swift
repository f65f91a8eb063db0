internal import Compute
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer

/// The questions and answers of a round of conversations.
extension Study {
  /// Writes the next question of each conversation; those without one end here.
  func ask(
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
      let questions = try meter.measure(.questions) {
        () throws(DistillationError) -> ([Questioner.Question], Double) in
        let questions = try questioner.write(
          from: chunk.text, seeds: group.map { seeds.seeds[$0.seeds[round - 1]] },
          after: group.map(\.line.turns), seed: numbers.next()
        ) { meter.show(.questions, $0) }
        return (questions, questioner.readingSeconds)
      }
      for (draft, question) in zip(group, questions) {
        record.progress.questions += 1
        if round == 1 { record.progress.miss(draft.line.part) }
        let seed = seeds.seeds[draft.seeds[round - 1]]
        if let drop = filter.drop(
          question.text, isWhole: question.isWhole, chunk: chunk.text,
          toolSeed: seed.kind == .tool ? seed.text : nil)
        {
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
  func answer(
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
    let answers = try meter.measure(.answers) {
      () throws(DistillationError) -> ([[Int]], Double) in
      let answers = try distilling { () throws(TransformerError) in
        try teacher.generate(
          open.map(\.prompt),
          options: GenerationOptions(
            maximumTokens: options.responseTokens, temperature: options.responseTemperature,
            seed: seed, stopIdentifiers: answerStops), sharedBy: request.ranks
        ) { made, _ in meter.show(.answers, made) }
      }
      return (answers, 0)
    }
    var answered: [Draft] = []
    for (var (draft, _), tokens) in zip(open, answers) {
      let plain = try conditioning.text(of: tokens) ?? ""
      var text = try conditioning.callText(of: tokens) ?? plain
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
      record.progress.hit(draft.line.part)
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
