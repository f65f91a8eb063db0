import Weights

/// A frozen matrix W [rows N, columns K] on a device, with an optional bias [N]: the weight of y =
/// x W^T + bias and dX = dY W. A model's embedding table is also a WeightMatrix, which a tied head
/// shares.
///
/// It is stored once, row by row; both directions read the same copy. Its rows are segments, each
/// in a format of its own: files of mixed formats hold query, key and value of one fused GEMM in
/// different ones. Results are f32.
package final class WeightMatrix {
  /// N: output features.
  package let rows: Int
  /// K: input features.
  package let columns: Int
  package let hasBias: Bool
  /// All rows, in their order.
  let segments: [WeightSegment]

  /// Stacks pieces of a file row by row, such as query, key and value, for one fused GEMM.
  ///
  /// Adjacent pieces that are stored in the same format become one segment. On the CPU path a
  /// segment of a single piece in the requested format, with an owner and the element's alignment,
  /// is used in place; others are copied. Where each piece keeps its format, every piece that can
  /// be used in place is a segment of its own, so that nothing is copied.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - columns: K, the same for every piece.
  ///   - precision: the format on the device; a file's other format is decoded, and rounded to
  ///     nearest even or quantised. Nil keeps the format of each piece.
  ///   - pieces: their rows add up to N.
  ///   - bias: N numbers, or none.
  /// - Throws: `.shape` if a piece or the bias has the wrong count, `.blockColumns` if K is not
  ///   whole blocks, `.weightOverflow` if a weight is too large for `precision`, and allocation
  ///   errors.
  package init(
    _ device: Device, columns: Int, precision: WeightFormat?, pieces: [WeightPiece],
    bias: [Float]? = nil
  ) throws(ComputeError) {
    rows = pieces.reduce(0) { $0 + $1.rows }
    self.columns = columns
    hasBias = bias != nil
    for piece in pieces {
      try expectBlocks(piece.precision, columns: columns)
      try expect(
        "WeightMatrix", "bytes", piece.byteCount,
        piece.precision.shape(rows: piece.rows, columns: columns))
    }
    if let precision { try expectBlocks(precision, columns: columns) }
    if let bias { try expect("WeightMatrix", "bias", bias.count, Shape(rows)) }
    var segments: [WeightSegment] = []
    var (first, row) = (0, 0)
    while first < pieces.count {
      let format = precision ?? pieces[first].precision
      let staysAlone = precision == nil && pieces[first].isUsableInPlace(on: device)
      let next =
        staysAlone
        ? first + 1
        : pieces[first...].firstIndex {
          (precision ?? $0.precision) != format
            || precision == nil && $0.isUsableInPlace(on: device)
        } ?? pieces.count
      let run = Array(pieces[first..<next])
      let end = run.reduce(row) { $0 + $1.rows }
      segments.append(
        try WeightSegment(
          device, rows: row..<end, columns: columns, format: format,
          elements: try Self.load(device, run, columns: columns, format: format), bias: bias))
      (first, row) = (next, end)
    }
    self.segments = segments
  }

  /// A matrix of one piece of a file.
  ///
  /// - Parameters:
  ///   - device: the device.
  ///   - rows: number of rows.
  ///   - columns: number of columns.
  ///   - precision: the format on the device; nil for that of the file.
  ///   - bytes: `rows` * `columns` elements of `filePrecision`, row by row, at any address.
  ///   - filePrecision: the format of the elements in the file.
  ///   - isTransposed: the file holds [columns, rows], as GPT-2's Conv1D does.
  ///   - bias: the bias; nil for none.
  ///   - owner: keeps `bytes` alive; nil if they are only valid during this call.
  /// - Throws: as the initialiser from pieces.
  package convenience init(
    _ device: Device, rows: Int, columns: Int, precision: WeightFormat?,
    bytes: UnsafeRawBufferPointer, filePrecision: WeightFormat, isTransposed: Bool = false,
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
    _ device: Device, rows: Int, columns: Int, precision: WeightFormat, values: [Float],
    bias: [Float]? = nil
  ) throws(ComputeError) {
    let piece = WeightPiece(values, rows: rows)
    try self.init(
      device, columns: columns, precision: precision, pieces: [piece], bias: bias)
  }

  /// A matrix from a generator: `values` returns the elements of a range of rows and is called in
  /// row order, so there is never a second copy of the matrix.
  ///
  /// - Throws: `.shape` if the bias or the values have the wrong count, `.blockColumns` if K is not
  ///   whole blocks, `.weightOverflow` if a value is too large for `precision`; allocation and
  ///   driver errors.
  package init(
    _ device: Device, rows: Int, columns: Int, precision: WeightFormat, bias: [Float]? = nil,
    values: (Range<Int>) -> [Float]
  ) throws(ComputeError) {
    self.rows = rows
    self.columns = columns
    hasBias = bias != nil
    try expectBlocks(precision, columns: columns)
    if let bias { try expect("WeightMatrix", "bias", bias.count, Shape(rows)) }
    let elements = try Self.load(
      device, rows: rows, columns: columns, format: precision, values: values)
    segments = [
      try WeightSegment(
        device, rows: 0..<rows, columns: columns, format: precision, elements: elements,
        bias: bias)
    ]
  }

  /// The first rows of a matrix, in its memory.
  ///
  /// - Parameters:
  ///   - count: N, at most that of the matrix.
  ///   - matrix: the other matrix, whose memory lives as long as this one.
  package init(first count: Int, rowsOf matrix: WeightMatrix) {
    precondition(count <= matrix.rows, "rows of the matrix")
    rows = count
    columns = matrix.columns
    hasBias = matrix.hasBias
    segments = matrix.segments.filter { $0.rows.lowerBound < count }.map { segment in
      WeightSegment(
        first: min(segment.rows.count, count - segment.rows.lowerBound), rowsOf: segment)
    }
  }

  /// The format of all rows; nil where they differ.
  package var format: WeightFormat? {
    segments.dropFirst().allSatisfy { $0.format == segments[0].format }
      ? segments.first?.format : nil
  }

  /// The only segment of a matrix whose rows are selected by number: a table or a head, which comes
  /// from one tensor.
  var table: WeightSegment {
    precondition(segments.count == 1, "a table has rows of one format")
    return segments[0]
  }

  /// Whether all of these rows are used in place in a mapped file.
  package func isMapped(_ rows: Range<Int>) -> Bool {
    segments.allSatisfy { !$0.rows.overlaps(rows) || $0.elements.block.isMapped }
  }

  /// Whether all rows are used in place in a mapped file.
  package var isMapped: Bool { isMapped(0..<rows) }

  /// Bytes on the device, including those of a mapped file.
  package var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }
}

/// Throws where rows of `columns` elements are not whole blocks.
private func expectBlocks(_ format: WeightFormat, columns: Int) throws(ComputeError) {
  guard format.fits(columns: columns) else {
    throw .blockColumns(format: format, columns: columns)
  }
}
