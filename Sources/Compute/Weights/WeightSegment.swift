import Weights

/// Consecutive rows of a WeightMatrix that are stored in one format.
final class WeightSegment {
  /// Its rows of the matrix.
  let rows: Range<Int>
  /// K of the matrix.
  let columns: Int
  let format: WeightFormat
  /// Its rows in `format`, one after the other.
  let elements: DeviceBuffer<UInt8>
  let hasBias: Bool
  /// The part of the matrix's bias; one unused element if there is none.
  let bias: DeviceBuffer<Float>
  /// The segment that owns the memory; nil for memory of its own.
  private let owner: WeightSegment?

  init(
    _ device: Device, rows: Range<Int>, columns: Int, format: WeightFormat,
    elements: consuming DeviceBuffer<UInt8>, bias: [Float]?
  ) throws(ComputeError) {
    let part = try device.buffer(bias.map { Array($0[rows]) } ?? [0])
    self.rows = rows
    self.columns = columns
    self.format = format
    self.elements = elements
    hasBias = bias != nil
    self.bias = part
    owner = nil
  }

  /// The first `count` rows of a segment, in its memory.
  init(first count: Int, rowsOf segment: WeightSegment) {
    rows = segment.rows.lowerBound..<(segment.rows.lowerBound + count)
    columns = segment.columns
    format = segment.format
    elements = segment.elements.prefix(count * segment.format.byteCount(segment.columns))
    hasBias = segment.hasBias
    bias = segment.bias.prefix(segment.hasBias ? count : 1)
    owner = segment
  }

  /// Bytes on the device, including those of a mapped file.
  var byteCount: Int { elements.byteCount + (hasBias ? bias.byteCount : 0) }
}
