package import Compute

/// The teacher's values of every response token, kept on the device for the whole run.
package final class TeacherCache {
  /// The examples, in the order in which they were scored.
  package let examples: [Example]
  /// The cached rows; those of example e start at `firstRow[e]`.
  package let rows: TeacherRows
  package let firstRow: [Int]

  init(examples: [Example], rows: TeacherRows) {
    self.examples = examples
    self.rows = rows
    var next = 0
    firstRow = examples.map { example in
      defer { next += example.responseRows }
      return next
    }
  }

  /// Response tokens of all examples.
  package static func rowCount(_ examples: [Example]) -> Int {
    examples.reduce(0) { $0 + $1.responseRows }
  }

  /// The cache's rows of these examples, end to end.
  func indices(of chosen: some Sequence<Int>) -> [Int32] {
    chosen.flatMap { example in
      (0..<examples[example].responseRows).map { Int32(firstRow[example] + $0) }
    }
  }

  /// The kind of cache that `auto` selects: `projected` where the objective and the model's logits
  /// allow it, since a step then needs no matrix multiplication for the teacher; else `logits`
  /// where they take less than a quarter of the available memory; else `hidden`.
  package static func automaticKind(
    objective: Objective, rows: Int, vocabulary: Int, hasSoftCap: Bool = false,
    availableBytes: Int
  ) -> TeacherCacheKind {
    if objective.form == .forwardKL, !hasSoftCap { return .projected }
    return 2 * vocabulary * rows <= availableBytes / 4 ? .logits : .hidden
  }
}
