import CBLAS

extension CPUAttention {
  /// A matrix in host memory by rows, `stride` floats from row to row.
  @unsafe struct Rows {
    let pointer: UnsafePointer<Float>
    let stride: Int

    init(_ pointer: UnsafePointer<Float>, stride: Int) {
      unsafe self.pointer = pointer
      unsafe self.stride = stride
    }

    init(_ pointer: UnsafeMutablePointer<Float>, stride: Int) {
      unsafe self.pointer = UnsafePointer(pointer)
      unsafe self.stride = stride
    }

    /// The rows from one on.
    func from(_ row: Int) -> Rows { unsafe Rows(pointer + row * stride, stride: stride) }
  }

  /// As `Rows`, to be written.
  @unsafe struct MutableRows {
    let pointer: UnsafeMutablePointer<Float>
    let stride: Int

    init(_ pointer: UnsafeMutablePointer<Float>, stride: Int) {
      unsafe self.pointer = pointer
      unsafe self.stride = stride
    }
  }

  /// target = left * right (added to what it holds where `accumulating`) on the calling thread; a
  /// transposed operand is given as it lies in memory.
  static func multiply(
    rows: Int, columns: Int, depth: Int, _ left: Rows, leftTransposed: Bool = false,
    _ right: Rows, rightTransposed: Bool = false, accumulating: Bool = false,
    into target: MutableRows
  ) {
    unsafe cblas_sgemm(
      CblasRowMajor, leftTransposed ? CblasTrans : CblasNoTrans,
      rightTransposed ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(depth),
      1,
      left.pointer, blasint(left.stride), right.pointer, blasint(right.stride),
      accumulating ? 1 : 0,
      target.pointer, blasint(target.stride))
  }
}
