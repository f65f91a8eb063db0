/// Capacity of a ``PrefixedDecoder`` after its prefix.
package struct PrefixCapacity: Sendable {
  /// Rows of the KV cache: prompts and their responses, of all sequences that are active.
  package var rows: Int
  /// The most rows of one run of the model; at most `rows`.
  package var runRows: Int
  /// The most response rows of one run: active answers, or response tokens that are scored.
  package var responseRows: Int

  /// A capacity; by default a run may take all rows, and all of them may be response rows.
  package init(rows: Int, runRows: Int? = nil, responseRows: Int? = nil) {
    self.rows = rows
    self.runRows = min(runRows ?? rows, rows)
    self.responseRows = responseRows ?? self.runRows
  }
}
