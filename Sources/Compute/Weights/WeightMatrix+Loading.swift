import CArithmetic
import Weights

extension WeightMatrix {
  /// Rows are converted in blocks of about this many elements; no other copy of the file is on the
  /// host.
  private static let elementsAtOnce = 1 << 20

  /// Loads stacked pieces to the device in one format.
  static func load(
    _ device: Device, _ pieces: [WeightPiece], columns: Int, format: WeightFormat
  ) throws(ComputeError) -> DeviceBuffer<UInt8> {
    let rowBytes = format.byteCount(columns)
    if pieces.count == 1, let piece = pieces.first, piece.precision == format,
      !piece.isTransposed
    {
      return try unsafe device.buffer(
        bytes: UnsafeRawBufferPointer(rebasing: piece.bytes[..<(piece.rows * rowBytes)]),
        keepingAlive: piece.isAligned ? piece.owner : nil)
    }
    let rows = pieces.reduce(0) { $0 + $1.rows }
    var elements = try device.buffer(of: UInt8.self, count: rows * rowBytes)
    var offset = 0
    for piece in pieces {
      try add(piece, device, columns: columns, format: format, to: &elements, at: offset)
      offset += piece.rows * rowBytes
    }
    return elements
  }

  /// Loads a matrix from a generator of rows, called in row order.
  static func load(
    _ device: Device, rows: Int, columns: Int, format: WeightFormat,
    values: (Range<Int>) -> [Float]
  ) throws(ComputeError) -> DeviceBuffer<UInt8> {
    let rowBytes = format.byteCount(columns)
    let rowsAtOnce = max(elementsAtOnce / max(columns, 1), 1)
    var elements = try device.buffer(of: UInt8.self, count: rows * rowBytes)
    for begin in stride(from: 0, to: rows, by: rowsAtOnce) {
      let end = min(begin + rowsAtOnce, rows)
      let piece = WeightPiece(values(begin..<end), rows: end - begin)
      try expect(
        "WeightMatrix", "bytes", piece.byteCount,
        piece.precision.shape(rows: piece.rows, columns: columns))
      try add(
        piece, device, columns: columns, format: format, to: &elements, at: begin * rowBytes)
    }
    return elements
  }

  /// Converts a piece and stores it from byte `offset`.
  private static func add(
    _ piece: WeightPiece, _ device: Device, columns: Int, format: WeightFormat,
    to elements: inout DeviceBuffer<UInt8>, at offset: Int
  ) throws(ComputeError) {
    precondition(
      format == piece.precision || format.isEncodable, "\(format) is read and not written")
    switch device.engine {
    case .cpu(let cpu):
      let target = unsafe UnsafeMutableRawPointer(elements.mutableHost + offset)
      try unsafe store(piece, columns: columns, format: format, on: cpu, into: target)
    case .gpu:
      try upload(piece, device, columns: columns, format: format, into: &elements, offset)
    }
  }

  /// Converts a piece into host memory on all threads.
  private static func store(
    _ piece: WeightPiece, columns: Int, format: WeightFormat, on cpu: CPUEngine,
    into target: UnsafeMutableRawPointer
  ) throws(ComputeError) {
    guard let source = unsafe piece.bytes.baseAddress else { return }
    let rowsAtOnce = max(elementsAtOnce / max(columns, 1), 1)
    let blocks = (piece.rows + rowsAtOnce - 1) / rowsAtOnce
    let stored = unsafe [Bool](unsafeUninitializedCapacity: blocks) { stored, count in
      cpu.forEach(blocks) { block in
        let range = (block * rowsAtOnce)..<min((block + 1) * rowsAtOnce, piece.rows)
        unsafe stored[block] = store_weights(
          source, piece.precision.code, piece.isTransposed, piece.rows, columns,
          range.lowerBound, range.upperBound,
          target + format.byteCount(range.lowerBound * columns), format.code)
      }
      count = blocks
    }
    if stored.contains(false) { throw .weightOverflow(precision: format) }
  }

  /// Converts a piece block by block on the host and uploads the blocks.
  private static func upload(
    _ piece: WeightPiece, _ device: Device, columns: Int, format: WeightFormat,
    into elements: inout DeviceBuffer<UInt8>, _ offset: Int
  ) throws(ComputeError) {
    guard let source = unsafe piece.bytes.baseAddress else { return }
    let rowBytes = format.byteCount(columns)
    let rowsAtOnce = max(elementsAtOnce / max(columns, 1), 1)
    for begin in stride(from: 0, to: piece.rows, by: rowsAtOnce) {
      let end = min(begin + rowsAtOnce, piece.rows)
      var isStored = true
      let block = unsafe [UInt8](unsafeUninitializedCapacity: (end - begin) * rowBytes) {
        block, count in
        count = (end - begin) * rowBytes
        guard let target = block.baseAddress else { return }
        isStored = unsafe store_weights(
          source, piece.precision.code, piece.isTransposed, piece.rows, columns, begin, end, target,
          format.code)
      }
      if !isStored { throw .weightOverflow(precision: format) }
      try device.upload(block, into: &elements, at: offset + begin * rowBytes)
    }
  }
}
