internal import HuggingFace

extension DecoderFamily {
  /// OLMo 2 (Team OLMo 2024, arXiv:2501.00656): norms behind the blocks alone, and a norm of queries and keys over all heads.
  static let olmo2 = DecoderFamily(
    modelTypes: ["olmo2"],
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config, LlamaDefaults(normalizationEpsilon: 1e-5))
      configuration.residual = .serial(.after)
      configuration.queryKeyNorm = .wholeWidth
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("attention_bias", default: false)
      return llamaTensors(
        projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false
      ) { index, layer in
        let prefix = "model.layers.\(index)."
        layer.inputNorm = nil
        layer.middleNorm = nil
        layer.attentionOutputNorm = TensorName(prefix + "post_attention_layernorm", hasBias: false)
        layer.feedForwardOutputNorm = TensorName(
          prefix + "post_feedforward_layernorm", hasBias: false)
        layer.queryNorm = .shared(prefix + "self_attn.q_norm.weight")
        layer.keyNorm = .shared(prefix + "self_attn.k_norm.weight")
      }
    })
}
