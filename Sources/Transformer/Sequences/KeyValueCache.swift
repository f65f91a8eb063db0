package import Compute

/// Keys and values of every layer: [capacity, G, D] each. Rows 0 ..< prefix are the shared prefix,
/// the later rows the sequences that attend to it.
package final class KeyValueCache {
  /// The keys and values of one layer.
  package final class Layer {
    /// [capacity, G, D], after RoPE.
    package var key: DeviceBuffer<Float>
    /// [capacity, G, D].
    package var value: DeviceBuffer<Float>

    init(_ device: Device, elements: Int) throws(ComputeError) {
      key = try device.buffer(count: elements)
      value = try device.buffer(count: elements)
    }
  }

  package let layers: [Layer]
  /// Capacity in rows.
  package let capacity: Int
  private let device: Device
  /// G D.
  private let width: Int

  /// Bytes per row in all layers.
  package static func rowByteCount(_ configuration: DecoderConfiguration) -> Int {
    2 * 4 * configuration.layerCount * configuration.heads.keyValueWidth
  }

  package init(
    _ device: Device, configuration: DecoderConfiguration, capacity: Int
  ) throws(ComputeError) {
    self.capacity = capacity
    self.device = device
    width = configuration.heads.keyValueWidth
    var layers: [Layer] = []
    for _ in 0..<configuration.layerCount {
      layers.append(
        try Layer(device, elements: capacity * configuration.heads.keyValueWidth))
    }
    self.layers = layers
  }

  /// Copies keys and values to rows of every layer.
  ///
  /// - Parameters:
  ///   - source: [2, L, rows, G, D], read: keys, then values.
  ///   - rows: the rows, which are overwritten.
  /// - Throws: driver errors.
  package func write(
    _ source: borrowing DeviceBuffer<Float>, to rows: Range<Int>
  ) throws(ComputeError) {
    let (count, start) = (rows.count * width, rows.lowerBound * width)
    for (index, layer) in layers.enumerated() {
      try device.copy(
        source, from: index * count, into: &layer.key, at: start, count: count)
      try device.copy(
        source, from: (layers.count + index) * count, into: &layer.value, at: start, count: count)
    }
  }

  /// The keys and values of rows of every layer on the host: [2, L, rows, G, D], keys, then values.
  /// Waits for the device.
  ///
  /// - Throws: driver errors.
  package func download(_ rows: Range<Int>) throws(ComputeError) -> [Float] {
    let (count, start) = (rows.count * width, rows.lowerBound * width)
    var result: [Float] = []
    result.reserveCapacity(2 * layers.count * count)
    for layer in layers { result += try device.download(layer.key, from: start, count: count) }
    for layer in layers { result += try device.download(layer.value, from: start, count: count) }
    return result
  }
}
