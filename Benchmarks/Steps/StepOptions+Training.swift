import Compute
import Distillation
import HuggingFace
import Inference
import Ranks
import Transformer

extension StepOptions {
  /// The steps of a training on these examples, which ranks may share out.
  func distiller(
    _ decoder: Decoder, _ examples: [Example], sharedBy ranks: Ranks = .one
  ) throws -> Distiller {
    let (cache, start) = try teacherScores(decoder, examples, ranks)
    decoder.device.releaseKeptMemory()
    return try distiller(decoder, cache, from: start)
  }

  /// The steps of a training on the examples of a cache, from a prompt.
  func distiller(
    _ decoder: Decoder, _ cache: TeacherCache, from start: LearnedPrompt
  ) throws -> Distiller {
    try Distiller(
      decoder, teacher: cache, prompt: start, in: Frame(), batchSize: cache.examples.count,
      objective: .forwardKL, optimizer: .adamW(), clipNorm: nil,
      precision: activations == .bf16 ? .bf16 : .f32)
  }

  /// The model that has read the context, with memory for so many examples at a time.
  func teacher(_ decoder: Decoder, examples: Int) throws -> PrefixedDecoder {
    try decoder.prefill(
      Prefix(.context(identifiers(context, seed: 3))),
      capacity: PrefixCapacity(rows: examples * (prompt + response)))
  }

  /// The prompt that training starts from: embeddings of tokens, or the first rows of the context's
  /// cache.
  func start(_ teacher: PrefixedDecoder) throws -> LearnedPrompt {
    switch method {
    case .embeddings:
      LearnedPrompt(
        embeddings: try teacher.decoder.device.downloadRows(
          identifiers(tokens, seed: 5), of: teacher.decoder.embedding),
        width: teacher.decoder.configuration.hiddenSize)
    case .keysValues: try teacher.keysValues(of: 0..<tokens)
    }
  }

  /// Reads and scores as `distill` does before its first step.
  private func teacherScores(
    _ decoder: Decoder, _ examples: [Example], _ ranks: Ranks
  ) throws -> (TeacherCache, LearnedPrompt) {
    let teacher = try teacher(decoder, examples: examples.count)
    let start = try start(teacher)
    let scores = try TeacherScores.scoring(
      examples, heldOut: [], by: Teacher(teacher), kind: teacherCache, temperature: 1,
      sharedBy: ranks, batchSize: examples.count)
    return (scores.cache, start)
  }
}
