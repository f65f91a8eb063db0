internal import Compute
internal import JSON

extension DecoderFamily {
  /// Cohere's Command R (2024): LayerNorm without a bias, parallel blocks, interleaved RoPE, scaled
  /// logits.
  static let cohere = DecoderFamily(
    modelTypes: ["cohere"],
    keys: cohereKeys.adding([], refused: ["use_qk_norm": .bool(false)]),
    configuration: { config throws(TransformerError) in
      try cohereConfiguration(config, base: 500_000)
    },
    tensors: { config throws(TransformerError) in try cohereTensors(config) })

  /// Command R7B and Command A (Cohere 2025, arXiv:2504.00698): three of four layers have a window
  /// and RoPE, the fourth attends to all keys and has no position encoding.
  static let cohere2 = DecoderFamily(
    modelTypes: ["cohere2"],
    keys: cohereKeys.adding(["layer_types", "sliding_window", "sliding_window_pattern"]),
    configuration: { config throws(TransformerError) in
      var configuration = try cohereConfiguration(config, base: 10_000)
      let types = try config.layerTypes(
        layers: configuration.layerCount,
        fullEvery: try config.size("sliding_window_pattern", default: 4))
      configuration.windows = try config.windows(
        of: types, window: try config.window(default: 4096))
      if case .rotary(let parameters) = configuration.position {
        configuration.position = .rotaryByLayer(
          configuration.windows.map { $0 == nil ? nil : parameters })
      }
      return configuration
    },
    tensors: { config throws(TransformerError) in try cohereTensors(config) })

  private static let cohereKeys = ConfigKeys.llama.adding(
    ["attention_bias", "layer_norm_eps", "logit_scale"], without: ["rms_norm_eps"])

  private static func cohereConfiguration(
    _ config: JSONNode, base: Double
  ) throws(TransformerError) -> DecoderConfiguration {
    var configuration = try llamaConfiguration(
      config,
      LlamaDefaults(
        hiddenSize: 8192, layerCount: 40, queryHeads: 64, feedForwardSize: 22528,
        vocabularySize: 256_000, maximumPositions: 8192,
        rotary: RotarySettings(headDimension: 0, base: base), tiesEmbeddings: true))
    configuration.hasInterleavedRotation = true
    configuration.normalization = .layer
    configuration.normalizationEpsilon = Float(
      try config.positive("layer_norm_eps", default: 1e-5))
    configuration.residual = .parallel(sharesNorm: true)
    configuration.logitShape = LogitShape(
      scale: Float(try config.positive("logit_scale", default: 0.0625)))
    return configuration
  }

  private static func cohereTensors(
    _ config: JSONNode
  ) throws(TransformerError) -> DecoderTensors {
    let hasBias = try config.setting("attention_bias", default: false)
    return llamaTensors(
      projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false
    ) { _, layer in layer.feedForwardInputNorm = nil }
  }
}
