/// One sequence of a packed batch: which rows hold its queries, its keys and its values.
package struct AttentionSequence: Sendable, Equatable {
  /// Row of its first query in the query buffer.
  package var queryStart: Int
  /// Its queries are the last `queryCount` of its `keyCount` tokens; 0 if only its keys are used.
  package var queryCount: Int
  /// Row of its first own key in the key and value buffers.
  package var keyStart: Int
  /// Its own keys, not counting the prefix.
  package var keyCount: Int
  /// Whether its tokens follow the shared prefix and see it.
  package var attendsPrefix: Bool

  package init(
    queryStart: Int, queryCount: Int, keyStart: Int, keyCount: Int, attendsPrefix: Bool
  ) {
    self.queryStart = queryStart
    self.queryCount = queryCount
    self.keyStart = keyStart
    self.keyCount = keyCount
    self.attendsPrefix = attendsPrefix
  }
}

/// Which query rows attend to which key rows: packed sequences with a causal mask, an optional
/// shared prefix and an optional sliding window.
///
/// Rows `0 ..< prefixCount` of the key and value buffers are the shared prefix. A sequence's
/// positions count from 0: first the prefix, if it attends to it, then its own keys; query i of it
/// has position prefix + keyCount - queryCount + i and sees every key of its own positions that is
/// not later and, under a window w, less than w positions back. The prefix's own queries are a
/// sequence with `keyStart` 0 that does not attend to the prefix.
///
/// Built on the host and uploaded once per batch. `update` describes the next batch and reuses the
/// memory if its tables fit. Tables depend on a device's tile sizes, so each is built when an
/// operation first needs it.
package final class AttentionLayout {
  package private(set) var prefixCount = 0
  package private(set) var sequences: [AttentionSequence] = []
  /// Sliding window in positions; nil for full causal attention.
  package private(set) var window: Int?

  /// Rows that the query buffer must have.
  package private(set) var queryRows = 0
  /// Rows that the key and value buffers must have.
  package private(set) var keyRows = 0
  /// Whether a key row outside the prefix belongs to more than one sequence; the gradient does not
  /// support this.
  private(set) var hasSharedKeys = false

  private let device: Device
  private var queryTables: [(rows: Int, groupSize: Int, table: AttentionQueryTable)] = []
  private var keyTables: [(division: AttentionKeyDivision, table: AttentionKeyTable)] = []
  private var cachedBlocks: AttentionBlocks?

  /// Describes a batch on a device.
  ///
  /// - Throws: `.prefixRows`, `.sequence` or `.window` where a count is negative, a sequence has
  ///   more queries than keys, or the window is not positive.
  package init(
    _ device: Device, prefixCount: Int, sequences: [AttentionSequence], window: Int? = nil
  ) throws(ComputeError) {
    self.device = device
    try update(prefixCount: prefixCount, sequences: sequences, window: window)
  }

  /// Describes another batch in place of this one; memory is allocated only if a table outgrows its
  /// buffer.
  ///
  /// - Throws: as `init`; allocation and driver errors.
  package func update(
    prefixCount: Int, sequences: [AttentionSequence], window: Int? = nil
  ) throws(ComputeError) {
    try Self.validate(prefixCount: prefixCount, sequences: sequences, window: window)
    self.prefixCount = prefixCount
    self.sequences = sequences
    self.window = window
    queryRows = sequences.map { $0.queryStart + $0.queryCount }.max() ?? 0
    keyRows = sequences.map { $0.keyStart + $0.keyCount }.reduce(prefixCount, max)
    let own = sequences.filter { $0.keyCount > 0 && !isPrefix($0) }
      .sorted { $0.keyStart < $1.keyStart }
    hasSharedKeys =
      own.first.map { $0.keyStart < prefixCount } ?? false
      || zip(own, own.dropFirst()).contains { $0.keyStart + $0.keyCount > $1.keyStart }
    cachedBlocks = nil
    for entry in queryTables {
      try entry.table.fill(self, rows: entry.rows, groupSize: entry.groupSize, on: device)
    }
    for entry in keyTables { try entry.table.fill(self, entry.division, on: device) }
  }

  private static func validate(
    prefixCount: Int, sequences: [AttentionSequence], window: Int?
  ) throws(ComputeError) {
    guard prefixCount >= 0 else { throw .prefixRows(prefixCount) }
    if let window, window <= 0 { throw .window(window) }
    for (index, sequence) in sequences.enumerated() {
      guard sequence.queryStart >= 0, sequence.keyStart >= 0, sequence.queryCount >= 0,
        sequence.queryCount <= sequence.keyCount
      else { throw .sequence(index: index, sequence) }
    }
  }

  /// Whether a sequence is the prefix itself or its beginning.
  func isPrefix(_ sequence: AttentionSequence) -> Bool {
    !sequence.attendsPrefix && sequence.keyStart == 0 && sequence.keyCount <= prefixCount
  }

  /// The window as a kernel argument; without a window, a number larger than every position.
  var windowOrAll: Int { window ?? 1 << 30 }

  /// Positions of the longest sequence that has queries.
  var longestSequence: Int {
    sequences.lazy.filter { $0.queryCount > 0 }
      .map { self.firstPosition($0) + $0.queryCount }.max() ?? 0
  }

  /// Pairs of a query and a position up to its sequence's end: the work of a pass without the
  /// causal mask, about twice the work with it for long texts.
  var pairs: Int {
    sequences.reduce(0) {
      $0 + $1.queryCount * min(windowOrAll, firstPosition($1) + $1.queryCount)
    }
  }

  /// Position of a sequence's first query.
  func firstPosition(_ sequence: AttentionSequence) -> Int {
    (sequence.attendsPrefix ? prefixCount : 0) + sequence.keyCount - sequence.queryCount
  }

  /// Tiles of `rows` packed query rows (one for each query and each of the `groupSize` query heads
  /// that share a key/value head).
  func queryTable(rows: Int, groupSize: Int) throws(ComputeError) -> AttentionQueryTable {
    let made = queryTables.first { $0.rows == rows && $0.groupSize == groupSize }
    if let made { return made.table }
    let table = try AttentionQueryTable(self, rows: rows, groupSize: groupSize, on: device)
    queryTables.append((rows, groupSize, table))
    return table
  }

  /// Tiles of key rows for a division.
  func keyTable(_ division: AttentionKeyDivision) throws(ComputeError) -> AttentionKeyTable {
    if let made = keyTables.first(where: { $0.division == division }) { return made.table }
    let table = try AttentionKeyTable(self, division, on: device)
    keyTables.append((division, table))
    return table
  }

  /// The work division of the CPU path's backward pass.
  var blocks: AttentionBlocks {
    if let cachedBlocks { return cachedBlocks }
    let blocks = AttentionBlocks(self)
    cachedBlocks = blocks
    return blocks
  }
}
