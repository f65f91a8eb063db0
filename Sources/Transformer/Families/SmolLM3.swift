internal import JSON

extension DecoderFamily {
  /// SmolLM3 (Hugging Face 2025): Llama with no position encoding in every fourth layer (Yang et
  /// al. 2025, arXiv:2501.18795).
  static let smolLM3 = DecoderFamily(
    modelTypes: ["smollm3"],
    keys: .llama.adding([
      "attention_bias", "mlp_bias", "layer_types", "sliding_window", "use_sliding_window",
      "no_rope_layers", "no_rope_layer_interval",
    ]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          keyValueHeads: 4, maximumPositions: 32768,
          rotary: RotarySettings(headDimension: 0, base: 2_000_000), tiesEmbeddings: true))
      let layers = configuration.layerCount
      let rotates = try rotatingLayers(config, layers: layers)
      if case .rotary(let parameters) = configuration.position {
        configuration.position = .rotaryByLayer(rotates.map { $0 ? parameters : nil })
      }
      let window = try config.window()
      if let windows = try config.windows(window: window, layers: layers) {
        configuration.windows = windows
      } else if try config.setting("use_sliding_window", default: false) {
        configuration.windows = rotates.map { $0 ? nil : window }
      }
      return configuration
    },
    tensors: llama.tensors)

  /// `no_rope_layers`, which is 1 for a layer with RoPE and 0 for one without; where it is absent,
  /// every layer but each `no_rope_layer_interval`-th has RoPE.
  private static func rotatingLayers(
    _ config: JSONNode, layers: Int
  ) throws(TransformerError) -> [Bool] {
    let stated: [Int]? = try reading { () throws(JSONReadingError) in
      try config.optional("no_rope_layers")
    }
    guard let stated else {
      let interval = try config.size("no_rope_layer_interval", default: 4)
      return (1...layers).map { $0 % interval != 0 }
    }
    guard stated.count >= layers else {
      throw .unsupportedSetting(
        file: config.file, key: "no_rope_layers", found: "\(stated.count) entries",
        expected: "one for each of \(layers) layers")
    }
    return stated.prefix(layers).map { $0 != 0 }
  }
}
