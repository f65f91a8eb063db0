package import Compute

/// One run of the decoder: the rows of several sequences end to end, without padding, and the
/// response rows among them.
///
/// Rows are in the order of the sequences. The last layer continues with the *response rows* alone,
/// which need logits; they are the last rows of their sequences.
package final class PackedBatch {
  /// One sequence of the run.
  package struct Sequence: Sendable, Hashable {
    /// Rows in this run.
    package var rows: Int
    /// How many of its last rows are response rows.
    package var responseRows: Int
    /// The sequence's first row of the cache.
    package var keyStart: Int
    /// Its keys that earlier runs left in the cache.
    package var earlierKeys: Int
    /// Whether it attends to the shared prefix in the cache's first rows.
    package var followsPrefix: Bool

    package init(
      rows: Int, responseRows: Int, keyStart: Int, earlierKeys: Int = 0, followsPrefix: Bool
    ) {
      self.rows = rows
      self.responseRows = responseRows
      self.keyStart = keyStart
      self.earlierKeys = earlierKeys
      self.followsPrefix = followsPrefix
    }
  }

  /// Rows of all sequences.
  package private(set) var rows = 0
  /// Response rows of all sequences.
  package private(set) var responseRows = 0
  /// Rows of the shared prefix.
  package private(set) var prefixRows = 0
  /// Rows of the shared prefix that this run computes: its first rows.
  package private(set) var computedPrefixRows = 0
  /// The highest position of a row, plus one.
  package private(set) var positionsNeeded = 0
  /// Tokens of the longest text of the run, including its later runs. It selects the angles of
  /// models with LongRoPE. Sequences with one prefix share its keys, and so the angles of the
  /// longest.
  package private(set) var textLength = 0

  /// Index buffers, by row or by response row.
  private(set) var positions: RowIndices
  private(set) var keyRows: RowIndices
  private(set) var responses: RowIndices
  private(set) var responsePositions: RowIndices
  /// Attention of every row, and of the response rows alone, by window.
  private var layouts: [Int?: AttentionLayout] = [:]
  private var responseLayouts: [Int?: AttentionLayout] = [:]
  private let windows: Set<Int?>
  private let device: Device

  /// Memory for runs of up to `capacity` rows.
  ///
  /// - Throws: allocation errors.
  package init(
    _ device: Device, configuration: DecoderConfiguration, capacity: Int
  ) throws(ComputeError) {
    self.device = device
    windows = Set(configuration.windows)
    positions = try device.rowIndices(capacity: capacity)
    keyRows = try device.rowIndices(capacity: capacity)
    responses = try device.rowIndices(capacity: capacity)
    responsePositions = try device.rowIndices(capacity: capacity)
  }

  /// Lays out the next run. Uploads indices; allocates only where the run is larger than any
  /// before.
  ///
  /// - Parameters:
  ///   - sequences: the sequences, in the order of their rows.
  ///   - prefixRows: rows of the shared prefix in the cache.
  ///   - textLength: tokens of the longest text of the run, where it is longer than its rows show.
  /// - Throws: allocation and driver errors.
  package func fill(
    _ sequences: [Sequence], prefixRows: Int, textLength: Int = 0
  ) throws(ComputeError) {
    var positions: [Int32] = []
    var keyRows: [Int32] = []
    var responses: [Int32] = []
    var all: [AttentionSequence] = []
    var ending: [AttentionSequence] = []
    positionsNeeded = 0
    for sequence in sequences {
      let start = positions.count
      let keys = sequence.earlierKeys + sequence.rows
      let firstPosition = (sequence.followsPrefix ? prefixRows : 0) + sequence.earlierKeys
      all.append(
        AttentionSequence(
          queryStart: start, queryCount: sequence.rows, keyStart: sequence.keyStart,
          keyCount: keys, attendsPrefix: sequence.followsPrefix))
      ending.append(
        AttentionSequence(
          queryStart: responses.count, queryCount: sequence.responseRows,
          keyStart: sequence.keyStart, keyCount: keys, attendsPrefix: sequence.followsPrefix))
      for row in 0..<sequence.rows {
        positions.append(Int32(firstPosition + row))
        keyRows.append(Int32(sequence.keyStart + sequence.earlierKeys + row))
      }
      for row in (sequence.rows - sequence.responseRows)..<sequence.rows {
        responses.append(Int32(start + row))
      }
      positionsNeeded = max(positionsNeeded, firstPosition + sequence.rows)
    }
    self.textLength = max(textLength, positionsNeeded)
    rows = positions.count
    responseRows = responses.count
    self.prefixRows = prefixRows
    computedPrefixRows = sequences.reduce(0) { $0 + ($1.followsPrefix ? 0 : $1.rows) }
    try device.upload(positions, into: &self.positions)
    try device.upload(keyRows, into: &self.keyRows)
    try device.upload(responses, into: &self.responses)
    try device.upload(responses.map { positions[Int($0)] }, into: &responsePositions)
    for window in windows {
      try fill(&layouts, window: window, sequences: all, prefixRows: prefixRows)
      try fill(&responseLayouts, window: window, sequences: ending, prefixRows: prefixRows)
    }
  }

  private func fill(
    _ layouts: inout [Int?: AttentionLayout], window: Int?, sequences: [AttentionSequence],
    prefixRows: Int
  ) throws(ComputeError) {
    if let layout = layouts[window] {
      try layout.update(
        prefixCount: prefixRows, sequences: sequences, window: window)
    } else {
      layouts[window] = try AttentionLayout(
        device, prefixCount: prefixRows, sequences: sequences, window: window)
    }
  }

  /// The keys that each row attends to in a layer with this window.
  func layout(window: Int?) -> AttentionLayout {
    guard let layout = layouts[window] else { preconditionFailure("fill() comes first") }
    return layout
  }

  /// The keys that each response row attends to in a layer with this window.
  func responseLayout(window: Int?) -> AttentionLayout {
    guard let layout = responseLayouts[window] else { preconditionFailure("fill() comes first") }
    return layout
  }
}
