internal import JSON

extension DecoderFamily {
  /// GLM-4 9B (GLM 2024, arXiv:2406.12793): Llama with gate and up in one tensor, biases on query,
  /// key and value, and interleaved RoPE in the first half of each head.
  static let glm = DecoderFamily(
    modelTypes: ["glm"],
    keys: .llama.adding(["attention_bias"]),
    configuration: { config throws(TransformerError) in try glmConfiguration(config) },
    tensors: { config throws(TransformerError) in
      try glmTensors(config, hasOutputNorms: false)
    })

  /// GLM-4-0414 (2025): GLM with norms after both blocks as well.
  static let glm4 = DecoderFamily(
    modelTypes: ["glm4"],
    keys: glm.keys,
    configuration: { config throws(TransformerError) in
      var configuration = try glmConfiguration(config)
      configuration.residual = .serial(.beforeAndAfter)
      return configuration
    },
    tensors: { config throws(TransformerError) in try glmTensors(config, hasOutputNorms: true) })

  private static func glmConfiguration(
    _ config: JSONNode
  ) throws(TransformerError) -> DecoderConfiguration {
    var configuration = try llamaConfiguration(
      config,
      LlamaDefaults(
        hiddenSize: 4096, layerCount: 40, queryHeads: 32, keyValueHeads: 2, headDimension: 128,
        feedForwardSize: 13696, vocabularySize: 151_552, maximumPositions: 131_072,
        normalizationEpsilon: 1.5625e-7,
        rotary: RotarySettings(
          headDimension: 0, fractionKey: "partial_rotary_factor", fraction: 0.5)))
    configuration.hasInterleavedRotation = true
    return configuration
  }

  private static func glmTensors(
    _ config: JSONNode, hasOutputNorms: Bool
  ) throws(TransformerError) -> DecoderTensors {
    let hasBias = try config.setting("attention_bias", default: true)
    return llamaTensors(
      projectionBias: hasBias, outputBias: false, feedForwardBias: false
    ) { index, layer in
      let prefix = "model.layers.\(index)."
      layer.up = [TensorName(prefix + "mlp.gate_up_proj", hasBias: false)]
      if hasOutputNorms {
        layer.attentionOutputNorm = TensorName(
          prefix + "post_self_attn_layernorm", hasBias: false)
        layer.feedForwardOutputNorm = TensorName(prefix + "post_mlp_layernorm", hasBias: false)
      }
    }
  }
}
