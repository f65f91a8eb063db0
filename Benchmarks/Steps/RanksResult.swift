import Foundation

/// What ranks of this machine took.
struct RanksResult: BenchmarkResult {
  let ranks: Int
  /// A step of one batch for all.
  let strong: StepTime
  /// A step of one batch for each.
  let weak: StepTime
  /// The sum of the gradients of ranks that are all ready.
  let sumSeconds: Double
  /// Numbers of a gradient.
  let elements: Int

  var rows: [(name: String, value: String)] {
    [
      ("ranks", "\(ranks)"),
      ("a batch for all: seconds", String(format: "%.4f", strong.seconds)),
      ("processor seconds of rank 0", String(format: "%.4f", strong.processorSeconds)),
      ("a batch for each: seconds", String(format: "%.4f", weak.seconds)),
      ("processor seconds of rank 0", String(format: "%.4f", weak.processorSeconds)),
      ("numbers of a gradient", "\(elements)"),
      ("their sum, microseconds", String(format: "%.1f", sumSeconds * 1e6)),
    ]
  }
}
