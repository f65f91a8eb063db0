internal import JSON

extension DecoderFamily {
  /// StarCoder2 (Lozhkov et al. 2024, arXiv:2402.19173): grouped-query heads and RoPE as in Llama,
  /// LayerNorm and a plain feed-forward block with biases as in GPT-2, and a sliding window in
  /// every layer.
  static let starCoder2 = DecoderFamily(
    modelTypes: ["starcoder2"],
    keys: .llama.adding(
      ["sliding_window", "norm_epsilon", "use_bias"], without: ["rms_norm_eps"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          hiddenSize: 3072, layerCount: 30, queryHeads: 24, keyValueHeads: 2,
          feedForwardSize: 12288, vocabularySize: 49152, maximumPositions: 4096,
          tiesEmbeddings: true))
      configuration.normalization = .layer
      configuration.normalizationEpsilon = Float(
        try config.positive("norm_epsilon", default: 1e-5))
      configuration.feedForward = .plain(
        try config.activation("hidden_act", default: "gelu_pytorch_tanh"))
      let window = try config.window()
      configuration.windows = [Int?](repeating: window, count: configuration.layerCount)
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("use_bias", default: true)
      return DecoderTensors(
        embedding: "model.embed_tokens.weight", positions: nil,
        finalNorm: TensorName("model.norm", hasBias: true), head: "lm_head.weight"
      ) { index in
        func name(_ part: String, _ hasBias: Bool) -> TensorName {
          TensorName("model.layers.\(index).\(part)", hasBias: hasBias)
        }
        return LayerTensors(
          inputNorm: name("input_layernorm", true),
          attention: .separate(
            query: name("self_attn.q_proj", hasBias), key: name("self_attn.k_proj", hasBias),
            value: name("self_attn.v_proj", hasBias)),
          output: name("self_attn.o_proj", hasBias),
          feedForwardInputNorm: name("post_attention_layernorm", true),
          up: [name("mlp.c_fc", hasBias)],
          down: name("mlp.c_proj", hasBias))
      }
    })
}
