/// Rows of a weight matrix as a file holds them.
@safe package struct WeightPiece {
  /// Rows of the matrix that it makes.
  package let rows: Int
  package let precision: WeightPrecision
  /// The file holds [columns, rows].
  package let isTransposed: Bool
  let bytes: UnsafeRawBufferPointer
  let owner: AnyObject?

  /// - Parameters:
  ///   - bytes: the elements, from any address on; valid until the matrix is loaded, or as long as `owner` lives.
  ///   - rows: the rows of the matrix that they make.
  ///   - isTransposed: the file holds [columns, rows], as GPT-2's Conv1D does.
  ///   - owner: keeps `bytes` alive; nil where they end with the call that loads them.
  @unsafe
  package init(
    _ bytes: UnsafeRawBufferPointer, rows: Int, precision: WeightPrecision,
    isTransposed: Bool = false, keepingAlive owner: AnyObject? = nil
  ) {
    self.rows = rows
    self.precision = precision
    self.isTransposed = isTransposed
    self.owner = owner
    unsafe self.bytes = unsafe bytes
  }

  /// Rows of numbers on the host.
  package init(_ values: [Float], rows: Int) {
    let byteCount = values.count * MemoryLayout<Float>.stride
    // At an address that stays, unlike an array's, so that the CPU path uses them where they lie.
    let copy = MemoryBlock.host(byteCount: byteCount)
    unsafe values.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe copy.writing.copyMemory(from: base, byteCount: byteCount)
    }
    unsafe self.init(
      UnsafeRawBufferPointer(start: copy.reading, count: byteCount), rows: rows, precision: .f32,
      keepingAlive: copy)
  }

  /// Some of the rows of a piece that is not transposed, `columns` elements each, where they lie.
  package func rows(_ range: Range<Int>, columns: Int) -> WeightPiece {
    precondition(!isTransposed, "rows of a transposed piece lie apart")
    let rowBytes = columns * precision.byteCount
    return unsafe WeightPiece(
      UnsafeRawBufferPointer(
        rebasing: bytes[(range.lowerBound * rowBytes)..<(range.upperBound * rowBytes)]),
      rows: range.count, precision: precision, keepingAlive: owner)
  }

  var byteCount: Int { unsafe bytes.count }
}
