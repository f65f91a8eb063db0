import CBLAS

/// Linear least squares on the host, in Double.
package enum LeastSquares {
  /// The X that minimises |A X - B|^2 + ridge * mean(diagonal of A'A) * |X|^2, by the normal
  /// equations and Cholesky's factorisation (LAPACK's dposv).
  ///
  /// - Parameters:
  ///   - matrix: A, [rows, columns], row-major.
  ///   - targets: B, [rows, width], row-major.
  ///   - columns: of A.
  ///   - width: columns of B.
  ///   - ridge: 0 or more, and above 0 where A may lack full rank; it grows until Cholesky's
  ///     factorisation finds the system definite.
  /// - Returns: X, [columns, width], row-major. Zeros where A is zero.
  package static func solve(
    _ matrix: [Double], _ targets: [Double], columns: Int, width: Int, ridge: Double
  ) -> [Double] {
    let (products, right) = normalEquations(matrix, targets, columns: columns, width: width)
    return solve(products: products, right, columns: columns, width: width, ridge: ridge)
  }

  /// A'A, [columns, columns], and A'B, [columns, width].
  static func normalEquations(
    _ matrix: [Double], _ targets: [Double], columns: Int, width: Int
  ) -> (products: [Double], right: [Double]) {
    let rows = matrix.count / columns
    precondition(matrix.count == rows * columns && targets.count == rows * width)
    var products = [Double](repeating: 0, count: columns * columns)
    var right = [Double](repeating: 0, count: columns * width)
    unsafe cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(columns), Int32(rows), 1,
      matrix, Int32(columns), matrix, Int32(columns), 0, &products, Int32(columns))
    unsafe cblas_dgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, Int32(columns), Int32(width), Int32(rows), 1,
      matrix, Int32(columns), targets, Int32(width), 0, &right, Int32(width))
    return (products, right)
  }

  private static func solve(
    products: [Double], _ right: [Double], columns: Int, width: Int, ridge: Double
  ) -> [Double] {
    let diagonal = (0..<columns).map { products[$0 * columns + $0] }
    let scale = diagonal.reduce(0, +) / Double(columns)
    guard scale > 0, scale.isFinite else { return [Double](repeating: 0, count: columns * width) }
    // Rounding may leave A'A + ridge indefinite where columns are equal: the ridge grows then.
    var ridge = ridge
    while true {
      var (factor, solution) = (products, transposed(right, rows: columns, columns: width))
      for column in 0..<columns { factor[column * columns + column] += ridge * scale }
      var (size, sides, info) = (blasint(columns), blasint(width), blasint(0))
      unsafe dposv_("U", &size, &sides, &factor, &size, &solution, &size, &info, 1)
      if info == 0 { return transposed(solution, rows: width, columns: columns) }
      ridge = max(10 * ridge, 1e-12)
    }
  }

  private static func transposed(_ matrix: [Double], rows: Int, columns: Int) -> [Double] {
    var result = [Double](repeating: 0, count: matrix.count)
    for row in 0..<rows {
      for column in 0..<columns { result[column * rows + row] = matrix[row * columns + column] }
    }
    return result
  }

  /// The x of elements in `bounds` that minimises |A x - b|^2, by descent along one coordinate at a
  /// time.
  ///
  /// - Parameters:
  ///   - products: A'A, [count, count].
  ///   - right: A'b, [count].
  ///   - bounds: of every element.
  ///   - start: the first x, in `bounds`.
  ///   - rounds: descents along every coordinate.
  package static func bounded(
    _ products: [Double], _ right: [Double], in bounds: ClosedRange<Double>, from start: [Double],
    rounds: Int
  ) -> [Double] {
    var x = start
    let count = x.count
    for _ in 0..<rounds {
      for index in 0..<count where products[index * count + index] > 0 {
        var slope = right[index]
        for other in 0..<count { slope -= products[index * count + other] * x[other] }
        let moved = x[index] + slope / products[index * count + index]
        x[index] = min(max(moved, bounds.lowerBound), bounds.upperBound)
      }
    }
    return x
  }
}
