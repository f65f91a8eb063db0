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
  }

  /// Bytes on the device, including those of a mapped file.
  var byteCount: Int { elements.byteCount + (hasBias ? bias.byteCount : 0) }
}
