import HuggingFace
import Inference

@testable import Distillation

/// Records of an invented run, for tests of written files.
enum RunRecords {
  static let fingerprints = RunFingerprints(
    model: "0123456789abcdef", context: [5, 6, 7, 8], in: Frame(header: [1]),
    training: [InputExample(prompt: [1], response: [2], line: 1, file: "inputs.jsonl")],
    validation: [])

  static let metrics = RunMetrics(
    contextTokens: 40, pseudoTokens: 2,
    validation: .init(
      kl: 0.1, klNoContext: 0.5, top1Agreement: 0.9, exactMatch: 0.75,
      exactMatchFullContext: 1, exactMatchNoContext: 0.25),
    timing: .init(
      teacherSeconds: 1, trainSeconds: 20, stepSecondsMedian: 0.1, tokensPerSecond: 400),
    memory: .init(peakHostBytes: 1000, deviceBytes: 600, teacherCacheBytes: 300), device: "cpu",
    tunedKernels: 4, seed: 3)

  static func checkpoint(step: Int) -> TrainingCheckpoint {
    var options = TrainingOptions()
    options.tokens = 2
    let numbers = (0..<6).map { Float($0 + step) }
    return TrainingCheckpoint(
      state: .init(
        step: step, bestStep: 1, best: HeldOut(kl: 0.25, agreement: 0.5),
        evaluationsSinceBest: 2, trainSeconds: 7.5, options: options, fingerprints: fingerprints,
        threads: 2, reading: .present),
      prompt: LearnedPrompt(embeddings: numbers, width: 3),
      moments: OptimizerMoments(
        first: numbers.map { $0 / 3 }, second: numbers.map { $0 * $0 }),
      best: LearnedPrompt(embeddings: numbers.reversed(), width: 3))
  }

  static func step(_ step: Int) -> StepRecord {
    StepRecord(
      step: step, loss: 0.5, kl: 0.5, learningRate: 0.1, gradientNorm: 2, seconds: 0.25)
  }
}
