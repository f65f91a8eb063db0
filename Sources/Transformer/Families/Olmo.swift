internal import JSON

extension DecoderFamily {
  /// OLMo 2 (Team OLMo 2024, arXiv:2501.00656): norms after the blocks alone, and a norm of queries
  /// and keys over all heads.
  static let olmo2 = DecoderFamily(
    modelTypes: ["olmo2"],
    keys: .llama.adding(["attention_bias"]),
    configuration: { config throws(TransformerError) in
      try olmoConfiguration(config, LlamaDefaults(normalizationEpsilon: 1e-5))
    },
    tensors: { config throws(TransformerError) in try olmoTensors(config) })

  /// OLMo 3 (Team OLMo 2025): OLMo 2 in which three of four layers have a window, and only the
  /// fourth uses `rope_scaling`.
  static let olmo3 = DecoderFamily(
    modelTypes: ["olmo3"],
    keys: .llama.adding(["attention_bias", "layer_types", "sliding_window"]),
    configuration: { config throws(TransformerError) in
      var configuration = try olmoConfiguration(
        config,
        LlamaDefaults(
          hiddenSize: 4096, layerCount: 32, queryHeads: 32, feedForwardSize: 11008,
          vocabularySize: 50304, normalizationEpsilon: 1e-5, readsRotary: false))
      let layers = configuration.layerCount
      let types = try config.layerTypes(layers: layers, fullEvery: 4)
      configuration.windows = try config.windows(
        of: types, window: try config.window(default: 4096))
      let settings = RotarySettings(
        headDimension: configuration.heads.headDimension, base: 500_000,
        maximumPositions: configuration.maximumPositions)
      let sliding = try RotaryParameters(config, layers: JSONNode.slidingAttention, settings)
      var silent = settings
      silent.baseKey = nil
      guard
        try sliding == RotaryParameters(config, layers: JSONNode.slidingAttention, silent)
      else {
        // transformers 5 uses it for the layers without a window alone, transformers 4 for all.
        throw .unsupportedSetting(
          file: config.file, key: "rope_theta", found: "\(sliding.base)",
          expected: "\(settings.base), or rope_parameters with a rope_theta for each kind of layer")
      }
      let full = try RotaryParameters(config, layers: JSONNode.fullAttention, settings)
      configuration.position = .rotaryByLayer(
        types.map { $0 == JSONNode.slidingAttention ? sliding : full })
      return configuration
    },
    tensors: { config throws(TransformerError) in try olmoTensors(config) })

  private static func olmoConfiguration(
    _ config: JSONNode, _ defaults: LlamaDefaults
  ) throws(TransformerError) -> DecoderConfiguration {
    var configuration = try llamaConfiguration(config, defaults)
    configuration.residual = .serial(.after)
    configuration.queryKeyNorm = .wholeWidth
    return configuration
  }

  private static func olmoTensors(_ config: JSONNode) throws(TransformerError) -> DecoderTensors {
    let hasBias = try config.setting("attention_bias", default: false)
    return llamaTensors(
      projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false
    ) { index, layer in
      let prefix = "model.layers.\(index)."
      layer.inputNorm = nil
      layer.feedForwardInputNorm = nil
      layer.attentionOutputNorm = TensorName(prefix + "post_attention_layernorm", hasBias: false)
      layer.feedForwardOutputNorm = TensorName(
        prefix + "post_feedforward_layernorm", hasBias: false)
      layer.queryNorm = .shared(prefix + "self_attn.q_norm.weight")
      layer.keyNorm = .shared(prefix + "self_attn.k_norm.weight")
    }
  }
}
