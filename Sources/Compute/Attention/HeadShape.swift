/// How attention's width is divided: H query heads and G key/value heads of D elements each; H is a
/// multiple of G, and query head h reads key/value head h / (H / G) (grouped-query attention,
/// Ainslie et al. 2023).
package struct HeadShape: Sendable, Equatable {
  package let queryHeads: Int
  package let keyValueHeads: Int
  package let headDimension: Int

  package init(queryHeads: Int, keyValueHeads: Int, headDimension: Int) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
  }

  /// Elements of all query heads of a row: H * D.
  package var queryWidth: Int { queryHeads * headDimension }
  /// Elements of all keys (or values) of a row: G * D.
  package var keyValueWidth: Int { keyValueHeads * headDimension }
  /// Elements of query, key and value of a row as one product gives them: (H + 2G) * D.
  package var fusedWidth: Int { queryWidth + 2 * keyValueWidth }
  /// Query heads that share a key/value head.
  package var groupSize: Int { queryHeads / keyValueHeads }
}
