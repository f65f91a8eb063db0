/// A frozen matrix W [rows N, columns K] on a device, with an optional bias [N]: the weight of
/// y = x W^T + bias, and of dX = dY W. The embedding table of a model is one too, so that a tied head shares it.
///
/// It is stored row by row in one of three element types, once, and both directions read the same copy. What
/// is computed from it is f32.
package final class WeightMatrix {
  /// N: the outputs of the product.
  package let rows: Int
  /// K: the inputs of the product.
  package let columns: Int
  /// The element type on the device.
  package let precision: WeightPrecision
  package let hasBias: Bool
  /// N * K elements of `precision`, row by row.
  let elements: DeviceBuffer<UInt8>
  /// [N]; one element of no meaning where there is no bias.
  let bias: DeviceBuffer<Float>

  /// Stacks pieces of a file row by row, such as query, key and value, so that one product serves all.
  ///
  /// On the CPU path a single piece that has the precision asked for, an owner and its element's alignment is used
  /// where it lies; all others are copied.
  ///
  /// - Parameters:
  ///   - columns: K, the same for every piece.
  ///   - precision: the element type on the device; a file's other type is rounded to nearest even.
  ///   - pieces: their rows add up to N.
  ///   - bias: N numbers, or none.
  /// - Throws: `.shape` where a piece or the bias has the wrong count, `.unsupported` where a weight is too large for
  ///   `precision`, and what an allocation throws.
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
        atLeast: piece.rows * columns * piece.precision.byteCount)
    }
    if let bias { try expect("WeightMatrix", "bias", bias.count, atLeast: rows) }
    elements = try Self.load(device, pieces, columns: columns, precision: precision)
    self.bias = try device.buffer(bias ?? [0])
  }

  /// A matrix of one piece of a file.
  ///
  /// - Parameters:
  ///   - bytes: `rows` * `columns` elements of `filePrecision`, row by row, from any address on.
  ///   - isTransposed: the file holds [columns, rows], as GPT-2's Conv1D does.
  ///   - owner: keeps `bytes` alive; nil where they end with this call.
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
  package convenience init(
    _ device: Device, rows: Int, columns: Int, precision: WeightPrecision, values: [Float],
    bias: [Float]? = nil
  ) throws(ComputeError) {
    let piece = WeightPiece(values, rows: rows)
    try self.init(
      device, columns: columns, precision: precision, pieces: [piece], bias: bias)
  }

  /// Whether its elements are used where they lie in a file, without a copy.
  package var isMapped: Bool { elements.block.isMapped }

  /// A matrix whose numbers are made as they are asked for: `values` gives those of some rows, row by row, and is called for
  /// the rows in their order. So there is never a second copy of the matrix.
  package init(
    _ device: Device, rows: Int, columns: Int, precision: WeightPrecision, bias: [Float]? = nil,
    values: (Range<Int>) -> [Float]
  ) throws(ComputeError) {
    self.rows = rows
    self.columns = columns
    self.precision = precision
    hasBias = bias != nil
    if let bias { try expect("WeightMatrix", "bias", bias.count, atLeast: rows) }
    elements = try Self.load(
      device, rows: rows, columns: columns, precision: precision, values: values)
    self.bias = try device.buffer(bias ?? [0])
  }

  /// Bytes on the device, those of a mapped file among them.
  package var byteCount: Int { elements.byteCount + (hasBias ? bias.byteCount : 0) }
}
