import CBLAS

/// A low-rank update of a matrix, on the host.
package enum LowRankUpdate {
  /// W += factor * B A.
  ///
  /// - Parameters:
  ///   - matrix: W, [rows, columns], row-major.
  ///   - left: B, [rows, rank].
  ///   - right: A, [rank, columns].
  ///   - rank: the width of B, the height of A.
  ///   - rows: of W.
  ///   - factor: of the product.
  package static func add(
    to matrix: inout [Float], _ left: [Float], _ right: [Float], rank: Int, rows: Int,
    factor: Float
  ) {
    guard rank > 0, rows > 0 else { return }
    let columns = matrix.count / rows
    precondition(
      matrix.count == rows * columns && left.count == rows * rank
        && right.count == rank * columns, "factors of the matrix")
    unsafe cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(rank), factor,
      left, Int32(rank), right, Int32(columns), 1, &matrix, Int32(columns))
  }
}
