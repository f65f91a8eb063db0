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
    return try Distiller(
      decoder, teacher: cache, prompt: start, in: Frame(), batchSize: examples.count,
      objective: .forwardKL, optimizer: .adamW(), clipNorm: nil,
      precision: activations == .bf16 ? .bf16 : .f32)
  }

  /// Reads and scores as `distill` does before its first step, and starts the prompt: embeddings of
  /// tokens, or the first rows of the context's cache.
  private func teacherScores(
    _ decoder: Decoder, _ examples: [Example], _ ranks: Ranks
  ) throws -> (TeacherCache, LearnedPrompt) {
    let teacher = try decoder.prefill(
      Prefix(.context(identifiers(context, seed: 3))),
      capacity: PrefixCapacity(rows: examples.count * (prompt + response)))
    let start =
      switch method {
      case .embeddings:
        LearnedPrompt(
          embeddings: try decoder.device.downloadRows(
            identifiers(tokens, seed: 5), of: decoder.embedding),
          width: decoder.configuration.hiddenSize)
      case .keysValues: try teacher.keysValues(of: 0..<tokens)
      }
    let scores = try TeacherScores.scoring(
      examples, heldOut: [], by: Teacher(teacher), kind: teacherCache, temperature: 1,
      sharedBy: ranks, batchSize: examples.count)
    return (scores.cache, start)
  }
}
