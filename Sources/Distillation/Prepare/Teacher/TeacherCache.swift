package import Compute
package import Ranks
package import Transformer

/// The teacher's values of every response token, kept on the device for the whole run. Of several
/// ranks each keeps those of its own examples.
package final class TeacherCache {
  /// The examples, those of other ranks among them.
  package let examples: [Example]
  /// Which examples are whose.
  package let shares: ExampleShares
  /// The cached rows: this rank's, those of one span next to each other, and then those that other
  /// ranks lend it for a step.
  package let rows: TeacherRows
  /// The first row of each example that is here.
  var firstRow: [Int: Int] = [:]
  /// Number of rows of this rank's examples.
  let ownRows: Int
  /// The model that is trained, with whose head the rows are read.
  let student: Decoder
  /// The space for rollouts, in the last rows.
  package let rolloutSpace: RolloutSpace
  let firstRolloutRow: Int
  /// The rollouts that are kept, by their indices, which follow those of `examples`.
  var rollouts: [Int: Example] = [:]
  /// The rank that keeps the teacher's values of each of them.
  var rolloutOwners: [Int: Int] = [:]

  /// A cache without values.
  ///
  /// - Parameters:
  ///   - examples: all examples.
  ///   - decoder: the model that is trained.
  ///   - kind: what is kept of a row; `tokens` are those of the responses, and complete.
  ///   - temperature: of `projected`, whose values are for one temperature alone.
  ///   - targetShare: the share of the response's own token in the teacher's distribution.
  ///   - ranks: the ranks that share out the examples.
  ///   - batchSize: the most examples of a step, for whose share there is memory; 0 without steps.
  ///   - rolloutSpace: the space for answers of the student, which every rank has whole: which of
  ///     them stay does not depend on the ranks.
  /// - Throws: allocation errors.
  package init(
    of examples: [Example], for decoder: Decoder, kind: TeacherCacheKind, temperature: Float,
    targetShare: Float = 0, sharedBy ranks: Ranks = .one, batchSize: Int = 0,
    rolloutSpace: RolloutSpace = .empty
  ) throws(TransformerError) {
    self.examples = examples
    student = decoder
    shares = ExampleShares(ofSpans: examples.map(\.span), ranks)
    ownRows = shares.own.reduce(0) { $0 + examples[$1].responseRows }
    let lent =
      ranks.count > 1
      ? BatchShares.most(
        of: Self.longest(examples, rolloutSpace), batchSize: batchSize, ranks: ranks.count
      ).responses : 0
    let spans = Set(shares.own.map { examples[$0].span }).sorted()
    var (firstRow, targets) = ([Int: Int](), [Int32]())
    for example in Self.indices(of: spans, among: shares.own, in: examples) {
      firstRow[example] = targets.count
      targets += examples[example].response.map { Int32($0) }
    }
    self.firstRow = firstRow
    targets += [Int32](repeating: 0, count: lent)
    self.rolloutSpace = rolloutSpace
    firstRolloutRow = targets.count
    let configuration = decoder.configuration
    let hasTargets = kind == .tokens || targetShare > 0
    rows = try computing { [targets] () throws(ComputeError) in
      try TeacherRows(
        decoder.device, kind: kind, capacity: targets.count + rolloutSpace.rows,
        vocabulary: configuration.vocabularySize, width: configuration.hiddenSize,
        temperature: temperature, targets: hasTargets ? targets : [], targetShare: targetShare)
    }
  }

  /// The spans that this rank's teacher reads to score its examples.
  package var spans: Set<Int> {
    rows.kind == .tokens ? [] : Set(shares.own.map { examples[$0].span })
  }

  /// Those of some examples that are of these spans, span by span.
  private static func indices(
    of spans: [Int], among own: [Int], in examples: [Example]
  ) -> [Int] {
    let groups = Dictionary(grouping: own) { examples[$0].span }
    return spans.flatMap { groups[$0] ?? [] }
  }

  /// The indices of this rank's examples of a span.
  func indices(ofSpan span: Int) -> [Int] {
    Self.indices(of: [span], among: shares.own, in: examples)
  }

  /// Response tokens of all examples.
  package static func rowCount(_ examples: [Example]) -> Int {
    examples.reduce(0) { $0 + $1.responseRows }
  }

  /// Response tokens of this rank's examples of a span.
  func rowCount(ofSpan span: Int) -> Int {
    indices(ofSpan: span).reduce(0) { $0 + examples[$1].responseRows }
  }

  /// The cache's rows of these examples, end to end. They are here: this rank's own, or lent to it.
  func indices(of chosen: some Sequence<Int>) -> [Int32] {
    chosen.flatMap { example in rows(of: example).map(Int32.init) }
  }

  /// The cache's rows of an example that is here.
  func rows(of example: Int) -> Range<Int> {
    guard let first = firstRow[example] else {
      preconditionFailure("another rank keeps the rows of example \(example)")
    }
    return first..<(first + self[example].responseRows)
  }

  /// The kind of cache that `auto` selects: `projected` where the objective and the model's logits
  /// allow it, since a step then needs no matrix multiplication for the teacher; else `logits`
  /// where they take less than a quarter of the available memory, or the teacher is another model,
  /// whose head is gone by then; else `hidden`.
  package static func automaticKind(
    objective: Objective, rows: Int, vocabulary: Int, hasSoftCap: Bool = false,
    isOtherModel: Bool = false, availableBytes: Int
  ) -> TeacherCacheKind {
    if objective.form == .forwardKL, !hasSoftCap { return .projected }
    return isOtherModel || 2 * vocabulary * rows <= availableBytes / 4 ? .logits : .hidden
  }

  /// The kind in which a judge keeps a teacher's distributions: hidden states, which are exact,
  /// where the teacher is the student's own model; else projected rows, in f32, where the student's
  /// head allows them.
  static func judgedKind(of teacher: Decoder, for student: Decoder) -> TeacherCacheKind {
    if teacher === student { return .hidden }
    let head = student.logitHead
    return head.shape.softCap == nil && !head.matrix.hasBias ? .projected : .logits
  }
}
