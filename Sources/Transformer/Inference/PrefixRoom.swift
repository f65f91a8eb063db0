/// What there is room for behind a prefix.
package struct PrefixRoom: Sendable {
  /// Rows of the cache: prompts with what is generated after them, all that are under way.
  package var rows: Int
  /// The most rows of one run of the model; at most `rows`.
  package var runRows: Int
  /// The most rows of a run whose states are asked for: answers under way, or response tokens that are scored.
  package var responseRows: Int

  package init(rows: Int, runRows: Int? = nil, responseRows: Int? = nil) {
    self.rows = rows
    self.runRows = min(runRows ?? rows, rows)
    self.responseRows = responseRows ?? self.runRows
  }
}
