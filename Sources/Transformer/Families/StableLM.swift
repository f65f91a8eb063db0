internal import Compute
internal import JSON

extension DecoderFamily {
  /// StableLM and StableLM 2 (Bellagente et al. 2024, arXiv:2402.17834): Llama with LayerNorm, RoPE
  /// on a quarter of each head, and optionally parallel blocks and a norm of each head's query and
  /// key with its own weights.
  static let stableLM = DecoderFamily(
    modelTypes: ["stablelm"],
    keys: .llama.adding(
      ["layer_norm_eps", "use_qkv_bias", "qk_layernorm", "use_parallel_residual"],
      without: ["rms_norm_eps"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          keyValueHeads: 32, maximumPositions: 4096,
          rotary: RotarySettings(
            headDimension: 0, fractionKey: "partial_rotary_factor", fraction: 0.25)))
      let heads = configuration.heads.queryHeads
      _ = try config.headDimension(configuration.hiddenSize, heads: heads)
      configuration.normalization = .layer
      configuration.normalizationEpsilon = Float(
        try config.positive("layer_norm_eps", default: 1e-5))
      if try config.setting("use_parallel_residual", default: false) {
        configuration.residual = .parallel(sharesNorm: true)
      }
      if try config.setting("qk_layernorm", default: false) {
        configuration.queryKeyNorm = .perHead
      }
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("use_qkv_bias", default: false)
      let isParallel = try config.setting("use_parallel_residual", default: false)
      let queryHeads = try config.size("num_attention_heads")
      let keyValueHeads = try config.size(
        "num_key_value_heads",
        default: try config.isNull("num_key_value_heads") ? queryHeads : 32)
      var tensors = llamaTensors(
        projectionBias: hasBias, outputBias: false, feedForwardBias: false
      ) { index, layer in
        func norms(_ part: String, _ count: Int) -> LayerTensors.HeadNorm {
          .separate(
            (0..<count).map { "model.layers.\(index).self_attn.\(part).norms.\($0).weight" })
        }
        let prefix = "model.layers.\(index)."
        layer.inputNorm = TensorName(prefix + "input_layernorm", hasBias: true)
        layer.feedForwardInputNorm =
          isParallel ? nil : TensorName(prefix + "post_attention_layernorm", hasBias: true)
        layer.queryNorm = norms("q_layernorm", queryHeads)
        layer.keyNorm = norms("k_layernorm", keyValueHeads)
      }
      tensors.finalNorm = TensorName("model.norm", hasBias: true)
      return tensors
    })
}
