import Weights

/// Rows of a weight matrix as stored in a file.
@safe package struct WeightPiece {
  /// Its number of rows of the matrix.
  package let rows: Int
  package let precision: WeightFormat
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
    _ bytes: UnsafeRawBufferPointer, rows: Int, precision: WeightFormat,
    isTransposed: Bool = false, keepingAlive owner: AnyObject? = nil
  ) {
    precondition(!isTransposed || !precision.isBlocked, "blocks lie along rows")
    self.rows = rows
    self.precision = precision
    self.isTransposed = isTransposed
    self.owner = owner
    unsafe self.bytes = unsafe bytes
  }

  /// Rows of numbers on the host.
  package init(_ values: [Float], rows: Int) {
    self = unsafe values.withUnsafeBytes { bytes in
      unsafe WeightPiece(copying: bytes, rows: rows, precision: .f32)
    }
  }

  /// Rows in a format on the host.
  package init(_ bytes: [UInt8], rows: Int, precision: WeightFormat) {
    self = unsafe bytes.withUnsafeBytes { bytes in
      unsafe WeightPiece(copying: bytes, rows: rows, precision: precision)
    }
  }

  /// A copy at a stable address, unlike an array's, so that the CPU path can use it in place.
  private init(copying bytes: UnsafeRawBufferPointer, rows: Int, precision: WeightFormat) {
    let copy = MemoryBlock.host(byteCount: bytes.count)
    if let base = bytes.baseAddress {
      unsafe copy.writing.copyMemory(from: base, byteCount: bytes.count)
    }
    unsafe self.init(
      UnsafeRawBufferPointer(start: copy.reading, count: bytes.count), rows: rows,
      precision: precision, keepingAlive: copy)
  }

  /// A range of rows of a piece that is not transposed, `columns` elements each, without a copy.
  package func rows(_ range: Range<Int>, columns: Int) -> WeightPiece {
    precondition(!isTransposed, "rows of a transposed piece lie apart")
    let rowBytes = precision.byteCount(columns)
    return unsafe WeightPiece(
      UnsafeRawBufferPointer(
        rebasing: bytes[(range.lowerBound * rowBytes)..<(range.upperBound * rowBytes)]),
      rows: range.count, precision: precision, keepingAlive: owner)
  }

  var byteCount: Int { unsafe bytes.count }

  /// Whether its elements lie at addresses where the CPU path can read them.
  var isAligned: Bool {
    unsafe Int(bitPattern: bytes.baseAddress) % precision.alignment == 0
  }

  /// Whether it can be a segment of a matrix without a copy, and is high enough to be multiplied
  /// alone; rows in another order come as pieces of one row.
  func isUsableInPlace(on device: Device) -> Bool {
    device.isCPU && owner != nil && !isTransposed && isAligned && rows >= 64
  }
}
