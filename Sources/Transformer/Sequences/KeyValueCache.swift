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

  /// Bytes per row in all layers.
  package static func rowByteCount(_ configuration: DecoderConfiguration) -> Int {
    2 * 4 * configuration.layerCount * configuration.heads.keyValueWidth
  }

  package init(
    _ device: Device, configuration: DecoderConfiguration, capacity: Int
  ) throws(ComputeError) {
    self.capacity = capacity
    var layers: [Layer] = []
    for _ in 0..<configuration.layerCount {
      layers.append(
        try Layer(device, elements: capacity * configuration.heads.keyValueWidth))
    }
    self.layers = layers
  }
}
