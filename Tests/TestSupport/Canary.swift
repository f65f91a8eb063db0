package import Compute

/// A buffer for a kernel's result with NaN before it is written and NaN behind it, so that what is left out
/// and what is written too far both show.
package struct Canary: ~Copyable {
  package var buffer: DeviceBuffer<Float>
  private let count: Int
  private static let guardCount = 64

  /// Room for `count` floats, which begin as NaN or as `values`.
  package init(_ device: Device, count: Int, values: [Float]? = nil) throws {
    self.count = count
    let start = values ?? [Float](repeating: .nan, count: count)
    buffer = try device.buffer(start + [Float](repeating: .nan, count: Self.guardCount))
  }

  /// The result; nil where something was written behind it.
  package func result(_ device: Device) throws -> [Float]? {
    let all = try device.download(buffer)
    guard all[count...].allSatisfy(\.isNaN) else { return nil }
    return Array(all[..<count])
  }
}
