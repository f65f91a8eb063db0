package import Compute
internal import Transformer

/// The teacher's values of every response token, kept on the device for the whole run.
package final class TeacherCache {
  /// The examples.
  package let examples: [Example]
  /// The cached rows; those of example e start at `firstRow[e]`. Rows of one span are adjacent.
  package let rows: TeacherRows
  /// The first row of each example.
  package let firstRow: [Int]

  /// A cache without values.
  ///
  /// - Parameters:
  ///   - kind: what is kept of a row.
  ///   - temperature: of `projected`, whose values are for one temperature alone.
  init(
    of examples: [Example], for decoder: Decoder, kind: TeacherCacheKind, temperature: Float
  ) throws(TransformerError) {
    self.examples = examples
    let configuration = decoder.configuration
    rows = try computing { () throws(ComputeError) in
      try TeacherRows(
        decoder.device, kind: kind, capacity: Self.rowCount(examples),
        vocabulary: configuration.vocabularySize, width: configuration.hiddenSize,
        temperature: temperature)
    }
    var (firstRow, next) = ([Int](repeating: 0, count: examples.count), 0)
    for example in Self.indices(of: Set(examples.map(\.span)).sorted(), in: examples) {
      firstRow[example] = next
      next += examples[example].responseRows
    }
    self.firstRow = firstRow
  }

  /// The spans of its examples.
  package var spans: Set<Int> { Set(examples.map(\.span)) }

  /// The examples of these spans, span by span.
  private static func indices(of spans: [Int], in examples: [Example]) -> [Int] {
    let groups = Dictionary(grouping: examples.indices) { examples[$0].span }
    return spans.flatMap { groups[$0] ?? [] }
  }

  /// The indices of a span's examples.
  func indices(ofSpan span: Int) -> [Int] { Self.indices(of: [span], in: examples) }

  /// Response tokens of all examples.
  package static func rowCount(_ examples: [Example]) -> Int {
    examples.reduce(0) { $0 + $1.responseRows }
  }

  /// Response tokens of a span's examples.
  func rowCount(ofSpan span: Int) -> Int {
    indices(ofSpan: span).reduce(0) { $0 + examples[$1].responseRows }
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
