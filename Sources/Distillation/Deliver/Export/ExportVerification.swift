internal import Compute
import Foundation
internal import Inference
internal import Transformer

/// The comparison of an export with the prompt that it holds. The model with the run's own prompt
/// is the teacher, so no context is needed.
struct ExportVerification {
  let run: URL
  let export: Export

  /// Examples, and tokens of a prompt and of an answer where the run records none.
  private static let (examples, promptTokens, answerTokens) = (16, 8, 8)

  /// The change of KL, and the response tokens on which it was measured.
  func change(
    _ handle: (RunEvent) -> Void
  ) throws(DistillationError) -> (divergence: Double, tokens: Int) {
    let read = try export.readBack()
    let decoder = export.decoder
    let recorded = try recordedExamples()
    let longest =
      recorded.map { $0.prompt.count + $0.response.count }.max()
      ?? Self.promptTokens + Self.answerTokens
    let capacity = PrefixCapacity(longest: longest, answers: Self.examples, for: decoder)
    let prefix = Prefix(export.adapter.frame, .prompt(export.adapter.prompt))
    return try distilling { () throws(TransformerError) in
      let model = try decoder.prefill(prefix, capacity: capacity)
      let examples = recorded.isEmpty ? try invented(by: model) : recorded
      let tokens = TeacherCache.rowCount(examples)
      handle(.progress(.judging, done: 0, total: examples.count))
      let judge = try Judge.scoring(examples, by: model)
      let change = try judge.change(by: read, of: model, known: nil, capacity: capacity)
      handle(.progress(.judging, done: examples.count, total: examples.count))
      return (change, tokens)
    }
  }

  /// The first answers of the teacher that the run records.
  private func recordedExamples() throws(DistillationError) -> [Example] {
    let file = run.appending(path: RunFolder.answers)
    guard FileManager.default.fileExists(atPath: file.path) else { return [] }
    let records = try RecordCoding.decodeLines(AnswerRecord.self, from: file).records
    return records.lazy.filter { !$0.prompt.isEmpty && !$0.answer.isEmpty }
      .prefix(Self.examples).map { Example(prompt: $0.prompt, response: $0.answer) }
  }

  /// Prompts of random tokens, with what the model says after its prompt and them.
  private func invented(by model: PrefixedDecoder) throws(TransformerError) -> [Example] {
    let size = model.decoder.configuration.vocabularySize
    var random = SplitMix64(seed: 0)
    let prompts = (0..<Self.examples).map { _ in
      (0..<Self.promptTokens).map { _ in random.number(below: size) }
    }
    let answers = try model.generate(
      prompts, options: GenerationOptions(maximumTokens: Self.answerTokens))
    return zip(prompts, answers).map { Example(prompt: $0, response: $1) }
  }
}
