internal import JSON

extension DecoderFamily {
  /// Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv:2407.10671): Llama with biases on query, key and
  /// value.
  static let qwen2 = DecoderFamily(
    modelTypes: ["qwen2"],
    keys: qwenKeys,
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config, LlamaDefaults(keyValueHeads: 32, maximumPositions: 32768))
      configuration.windows = try qwenWindows(config, layers: configuration.layerCount)
      return configuration
    },
    tensors: { _ in
      llamaTensors(projectionBias: true, outputBias: false, feedForwardBias: false)
    })

  /// Qwen3 (Yang et al. 2025, arXiv:2505.09388): Llama with a norm of each head's query and key,
  /// and a head size independent of the hidden size.
  static let qwen3 = DecoderFamily(
    modelTypes: ["qwen3"],
    keys: qwenKeys.adding(["attention_bias"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config, LlamaDefaults(keyValueHeads: 32, headDimension: 128, maximumPositions: 32768))
      configuration.windows = try qwenWindows(config, layers: configuration.layerCount)
      configuration.queryKeyNorm = .perHead
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("attention_bias", default: false)
      return llamaTensors(
        projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false
      ) { index, layer in
        layer.queryNorm = .shared("model.layers.\(index).self_attn.q_norm.weight")
        layer.keyNorm = .shared("model.layers.\(index).self_attn.k_norm.weight")
      }
    })

  private static let qwenKeys = ConfigKeys.llama.adding([
    "layer_types", "sliding_window", "use_sliding_window", "max_window_layers",
  ])

  /// The windows of the layers that `layer_types` names, or of those from `max_window_layers` on.
  private static func qwenWindows(
    _ config: JSONNode, layers: Int
  ) throws(TransformerError) -> [Int?] {
    let isUsed = try config.setting("use_sliding_window", default: false)
    guard isUsed, let window = try config.window(default: 4096) else {
      return [Int?](repeating: nil, count: layers)
    }
    if let windows = try config.windows(window: window, layers: layers) { return windows }
    let first = try config.setting("max_window_layers", default: 28)
    return (0..<layers).map { $0 >= first ? window : nil }
  }
}
