package import Transformer

/// The elements of keys in models with interleaved RoPE. A ``LearnedPrompt`` has them as the
/// checkpoint and transformers' cache do, the device's cache half-split.
extension PromptForm {
  /// Elements of a prompt, or of its moments, in the order of the device's cache.
  package func cacheOrdered(
    _ values: [Float], in configuration: DecoderConfiguration
  ) -> [Float] {
    reordered(values, configuration) { order, head, source, target in
      for (index, element) in order.enumerated() { target[head + index] = source[head + element] }
    }
  }

  /// The inverse of ``cacheOrdered(_:in:)``.
  package func checkpointOrdered(
    _ values: [Float], in configuration: DecoderConfiguration
  ) -> [Float] {
    reordered(values, configuration) { order, head, source, target in
      for (index, element) in order.enumerated() { target[head + element] = source[head + index] }
    }
  }

  /// Calls `move` for every key of a layer whose order differs.
  private func reordered(
    _ values: [Float], _ configuration: DecoderConfiguration,
    _ move: (_ order: [Int], _ head: Int, _ source: [Float], _ target: inout [Float]) -> Void
  ) -> [Float] {
    guard case .keysValues(let layers, let count, let heads, let dimension) = self,
      configuration.hasInterleavedRotation
    else { return values }
    var result = values
    for layer in 0..<layers {
      guard let order = configuration.headOrder(ofLayer: layer) else { continue }
      for head in 0..<(count * heads) {
        move(order, (layer * count * heads + head) * dimension, values, &result)
      }
    }
    return result
  }
}
