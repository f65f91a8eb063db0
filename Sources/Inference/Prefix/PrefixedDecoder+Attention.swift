internal import Compute
package import Transformer

/// What the attention of every layer reads and computes in chosen rows.
package struct AttentionRecord: Sendable {
  /// One layer's rows.
  package struct Layer: Sendable {
    /// The position of each row.
    package fileprivate(set) var positions: [Int] = []
    /// [rows, H, D]: queries after norm and RoPE, elements in the order of the device's cache.
    package fileprivate(set) var query: [Float] = []
    /// [rows, H, D]: attention's output.
    package fileprivate(set) var attended: [Float] = []
    /// [rows, H]: log-sum-exp of the scores.
    package fileprivate(set) var logSumExp: [Float] = []
  }

  package fileprivate(set) var layers: [Layer]

  /// A sequence, and the rows of it that are recorded.
  package struct Sequence: Sendable, Equatable {
    package var tokens: [Int]
    /// How many of its last rows are response rows.
    package var responseRows: Int
    /// The recorded rows, in ascending order. The last layer has only the response rows among them.
    package var rows: [Int]

    package init(tokens: [Int], responseRows: Int, rows: [Int]) {
      self.tokens = tokens
      self.responseRows = responseRows
      self.rows = rows
    }
  }
}

extension PrefixedDecoder {
  /// Runs sequences after the prefix, or after its first rows alone, and records the attention of
  /// their chosen rows. The keys of the prefix stay as they are.
  ///
  /// - Parameters:
  ///   - sequences: the sequences, each at most a run's rows.
  ///   - rows: the rows of the prefix that they follow; nil for all.
  ///   - textLength: of the longest text, which decides the rotary frequencies of all.
  ///   - record: the record, to which the rows are added.
  /// - Throws: driver errors.
  package func record(
    _ sequences: [AttentionRecord.Sequence], afterRows rows: Int? = nil, textLength: Int,
    into record: inout AttentionRecord
  ) throws(TransformerError) {
    let rows = rows ?? prefixRows
    try prefill(forTextLength: textLength)
    let sizes = sequences.map { ($0.tokens, $0.responseRows) }
    var first = 0
    while first < sequences.count {
      let end = max(endOfRun(sizes, from: first), first + 1)
      var run = RunLayout(afterPrefixRows: rows, firstKey: prefixRows, textLength: textLength)
      var chosen = ChosenRows()
      for sequence in sequences[first..<end] {
        try decoder.check(sequence.tokens)
        run.append(sequence.tokens, responseRows: sequence.responseRows)
        chosen.append(sequence, firstPosition: rows)
      }
      try self.record(run, chosen, into: &record)
      first = end
    }
  }

  /// The recorded rows of a run, by their index in it.
  private struct ChosenRows {
    /// Of all rows, and of the response rows alone.
    private(set) var all: (rows: [Int32], positions: [Int]) = ([], [])
    private(set) var responses: (rows: [Int32], positions: [Int]) = ([], [])
    private var (rowCount, responseCount) = (0, 0)

    mutating func append(_ sequence: AttentionRecord.Sequence, firstPosition: Int) {
      let firstResponse = sequence.tokens.count - sequence.responseRows
      for row in sequence.rows {
        all.rows.append(Int32(rowCount + row))
        all.positions.append(firstPosition + row)
        guard row >= firstResponse else { continue }
        responses.rows.append(Int32(responseCount + row - firstResponse))
        responses.positions.append(firstPosition + row)
      }
      rowCount += sequence.tokens.count
      responseCount += sequence.responseRows
    }
  }

  private func record(
    _ run: RunLayout, _ chosen: ChosenRows, into record: inout AttentionRecord
  ) throws(TransformerError) {
    let heads = decoder.configuration.heads
    let (device, last) = (decoder.device, decoder.configuration.layerCount - 1)
    var layers = record.layers
    try forward(run) { layer, query, attended, logSumExp throws(ComputeError) in
      let (rows, positions) = layer == last ? chosen.responses : chosen.all
      guard !rows.isEmpty else { return }
      let indices = try device.rowIndices(rows)
      func gathered(
        _ source: borrowing DeviceBuffer<Float>, width: Int
      ) throws(ComputeError) -> [Float] {
        var target = try device.buffer(of: Float.self, count: rows.count * width)
        try device.gatherRows(source, at: indices, count: rows.count, width: width, into: &target)
        return try device.download(target)
      }
      layers[layer].positions += positions
      layers[layer].query += try gathered(query, width: heads.queryWidth)
      layers[layer].attended += try gathered(attended, width: heads.queryWidth)
      layers[layer].logSumExp += try gathered(logSumExp, width: heads.queryHeads)
    }
    record.layers = layers
  }
}

extension AttentionRecord {
  /// A record without rows.
  package init(layerCount: Int) { layers = [Layer](repeating: Layer(), count: layerCount) }
}
