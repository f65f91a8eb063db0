/// A frozen matrix W [rows N, columns K] on a device, with an optional bias [N]: the weight of y =
/// x W^T + bias and dX = dY W. A model's embedding table is also a WeightMatrix, which a tied head
/// shares.
///
/// It is stored once, row by row, in one of three element types; both directions read the same
/// copy. Results are f32.
package final class WeightMatrix {
  /// N: output features.
  package let rows: Int
  /// K: input features.
  package let columns: Int
  /// The element type on the device.
  package let precision: WeightPrecision
  package let hasBias: Bool
  /// N * K elements of `precision`, row by row.
  let elements: DeviceBuffer<UInt8>
  /// [N]; one unused element if there is no bias.
  let bias: DeviceBuffer<Float>

  /// Stacks pieces of a file row by row, such as query, key and value, for one fused GEMM.
  ///
  /// On the CPU path a single piece with the requested precision, an owner and the element's
  /// alignment is used in place; others are copied.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - columns: K, the same for every piece.
  ///   - precision: the element type on the device; a file's other type is rounded to nearest even.
  ///   - pieces: their rows add up to N.
  ///   - bias: N numbers, or none.
  /// - Throws: `.shape` if a piece or the bias has the wrong count, `.weightOverflow` if a weight
  ///   is too large for `precision`, and allocation errors.
  package init(
    _ device: Device, columns: Int, precision: WeightPrecision, pieces: [WeightPiece],
    bias: [Float]? = nil
  ) throws(ComputeError) {
    rows = pieces.reduce(0) { $0 + $1.rows }
    self.columns = columns
    self.precision = precision
    hasBias = bias != nil
    for piece in pieces {
      try expect(
        "WeightMatrix", "bytes", piece.byteCount,
        Shape(piece.rows, columns, piece.precision.byteCount))
    }
    if let bias { try expect("WeightMatrix", "bias", bias.count, Shape(rows)) }
    elements = try Self.load(device, pieces, columns: columns, precision: precision)
    self.bias = try device.buffer(bias ?? [0])
  }

  /// A matrix of one piece of a file.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - rows: number of rows.
  ///   - columns: number of columns.
  ///   - precision: the type of the elements on the device.
  ///   - bytes: `rows` * `columns` elements of `filePrecision`, row by row, at any address.
  ///   - filePrecision: the type of the elements in the file.
  ///   - isTransposed: the file holds [columns, rows], as GPT-2's Conv1D does.
  ///   - bias: the bias; nil for none.
  ///   - owner: keeps `bytes` alive; nil if they are only valid during this call.
  /// - Throws: as the initialiser from pieces.
  package convenience init(
    _ device: Device, rows: Int, columns: Int, precision: WeightPrecision,
    bytes: UnsafeRawBufferPointer, filePrecision: WeightPrecision, isTransposed: Bool = false,
    bias: [Float]? = nil, keepingAlive owner: AnyObject? = nil
  ) throws(ComputeError) {
    let piece = unsafe WeightPiece(
      bytes, rows: rows, precision: filePrecision, isTransposed: isTransposed,
      keepingAlive: owner)
    try self.init(
      device, columns: columns, precision: precision, pieces: [piece], bias: bias)
  }

  /// A matrix of numbers on the host, `rows` * `columns` of them, row by row.
  ///
  /// - Throws: as the initialiser from pieces.
  package convenience init(
    _ device: Device, rows: Int, columns: Int, precision: WeightPrecision, values: [Float],
    bias: [Float]? = nil
  ) throws(ComputeError) {
    let piece = WeightPiece(values, rows: rows)
    try self.init(
      device, columns: columns, precision: precision, pieces: [piece], bias: bias)
  }

  /// Whether its elements are used in place in a mapped file.
  package var isMapped: Bool { elements.block.isMapped }

  /// A matrix from a generator: `values` returns the elements of a range of rows and is called in
  /// row order, so there is never a second copy of the matrix.
  ///
  /// - Throws: `.shape` if the bias or the values have the wrong count, `.weightOverflow` if a
  ///   value is too large for `precision`; allocation and driver errors.
  package init(
    _ device: Device, rows: Int, columns: Int, precision: WeightPrecision, bias: [Float]? = nil,
    values: (Range<Int>) -> [Float]
  ) throws(ComputeError) {
    self.rows = rows
    self.columns = columns
    self.precision = precision
    hasBias = bias != nil
    if let bias { try expect("WeightMatrix", "bias", bias.count, Shape(rows)) }
    elements = try Self.load(
      device, rows: rows, columns: columns, precision: precision, values: values)
    self.bias = try device.buffer(bias ?? [0])
  }

  /// Bytes on the device, including those of a mapped file.
  package var byteCount: Int { elements.byteCount + (hasBias ? bias.byteCount : 0) }
}
