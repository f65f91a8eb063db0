package import Compute

/// A result buffer filled with NaN and followed by NaN, so that missing and out-of-bounds writes
/// are detected.
package struct Canary: ~Copyable {
  package var buffer: DeviceBuffer<Float>
  private let count: Int
  private static let guardCount = 64

  /// A buffer of `count` floats, initially NaN or `values`.
  package init(_ device: Device, count: Int, values: [Float]? = nil) throws {
    self.count = count
    let start = values ?? [Float](repeating: .nan, count: count)
    buffer = try device.buffer(start + [Float](repeating: .nan, count: Self.guardCount))
  }

  /// The result; nil if the guard after it was overwritten.
  package func result(_ device: Device) throws -> [Float]? {
    let all = try device.download(buffer)
    guard all[count...].allSatisfy(\.isNaN) else { return nil }
    return Array(all[..<count])
  }
}
