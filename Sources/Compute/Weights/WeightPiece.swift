/// Rows of a weight matrix as stored in a file.
@safe package struct WeightPiece {
  /// Its number of rows of the matrix.
  package let rows: Int
  package let precision: WeightPrecision
  /// The file holds [columns, rows].
  package let isTransposed: Bool
  let bytes: UnsafeRawBufferPointer
  let owner: AnyObject?

  /// - Parameters:
  ///   - bytes: the elements, at any address; valid until the matrix is loaded, or while `owner`
  ///     lives.
  ///   - rows: the number of rows of the matrix.
  ///   - precision: the type of the elements.
  ///   - isTransposed: the file holds [columns, rows], as GPT-2's Conv1D does.
  ///   - owner: keeps `bytes` alive; nil if they are only valid during loading.
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
    // A stable address, unlike an array's, so that the CPU path can use the elements in place.
    let copy = MemoryBlock.host(byteCount: byteCount)
    unsafe values.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe copy.writing.copyMemory(from: base, byteCount: byteCount)
    }
    unsafe self.init(
      UnsafeRawBufferPointer(start: copy.reading, count: byteCount), rows: rows, precision: .f32,
      keepingAlive: copy)
  }

  /// A range of rows of a piece that is not transposed, `columns` elements each, without a copy.
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
