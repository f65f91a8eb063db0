import Compute

/// The benchmark of one operation: its shapes, and closures that run it.
protocol OperationBenchmark {
  /// The operation's name, as in `Device`.
  static var name: String { get }

  /// The shapes of a training step on a small model, with operands on the device. An operand that
  /// is updated in place keeps the result of the run before; no operation's time depends on it.
  static func cases(_ device: Device) throws -> [BenchmarkCase]
}

/// The sizes of a step on Qwen2.5-0.5B: 4 examples of 64 tokens after a prefix of 32.
enum StepSizes {
  /// P: rows of the prefix that all examples share.
  static let prefix = 32
  /// Tokens of each example after the prefix.
  static let examples = [64, 64, 64, 64]
  /// T: rows of the prefix and the examples.
  static let rows = 288
  /// R: rows that carry loss, of one chunk.
  static let responses = 32
  /// E.
  static let hidden = 896
  /// F.
  static let feedForward = 4864
  /// V.
  static let vocabulary = 151_936
  /// H, G and D.
  static let heads = HeadShape(queryHeads: 14, keyValueHeads: 2, headDimension: 64)
}

extension HeadShape {
  /// The text of the shape in a benchmark.
  var title: String { "H \(queryHeads), G \(keyValueHeads), D \(headDimension)" }
}

enum OperationBenchmarks {
  /// Every operation, in the order of a training step, followed by those that only the teacher,
  /// evaluations and generation run.
  static var all: [any OperationBenchmark.Type] {
    [
      EmbeddingBenchmark.self,
      RMSNormBenchmark.self,
      HeadNormBenchmark.self,
      LayerNormBenchmark.self,
      MatmulBenchmark.self,
      RotaryBenchmark.self,
      AttentionBenchmark.self,
      ResidualAddBenchmark.self,
      SwiGLUBenchmark.self,
      ActivationBenchmark.self,
      RowGatherBenchmark.self,
      SoftCapBenchmark.self,
      KLDivergenceBenchmark.self,
      CrossEntropyBenchmark.self,
      ProjectedDivergenceBenchmark.self,
      HeadDivergenceBenchmark.self,
      SumBenchmark.self,
      GradientNormBenchmark.self,
      AdamWBenchmark.self,
      SGDBenchmark.self,
      CompressLogitsBenchmark.self,
      SoftmaxBenchmark.self,
      ArgmaxBenchmark.self,
      AgreementBenchmark.self,
      TargetMixtureBenchmark.self,
      SamplingBenchmark.self,
    ]
  }
}
