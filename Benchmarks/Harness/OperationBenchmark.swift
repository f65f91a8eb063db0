import Compute

/// The benchmark of one operation: the shapes it is measured at, and how to run it there.
protocol OperationBenchmark {
  /// The operation's name, as in `Device`.
  static var name: String { get }

  /// The shapes of a training step on a small model, with operands ready on the device.
  static func cases(_ device: Device) throws -> [BenchmarkCase]
}

enum OperationBenchmarks {
  /// Every operation, in the order of a training step.
  static var all: [any OperationBenchmark.Type] {
    [
      RMSNormBenchmark.self,
      ProductBenchmark.self,
    ]
  }
}
