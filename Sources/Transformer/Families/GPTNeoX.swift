internal import Compute
internal import JSON

extension DecoderFamily {
  /// GPT-NeoX (Black et al. 2022, arXiv:2204.06745) and Pythia (Biderman et al. 2023,
  /// arXiv:2304.01373): LayerNorm, parallel or serial blocks, and RoPE on a quarter of each head.
  static let gptNeoX = DecoderFamily(
    modelTypes: ["gpt_neox"],
    keys: ConfigKeys(
      read: [
        "hidden_size", "num_attention_heads", "num_hidden_layers", "intermediate_size",
        "vocab_size",
        "max_position_embeddings", "layer_norm_eps", "hidden_act", "tie_word_embeddings",
        "head_dim", "attention_bias", "use_parallel_residual", "rotary_emb_base", "rotary_pct",
        "rope_scaling", "rope_parameters", "original_max_position_embeddings",
      ]),
    configuration: { config throws(TransformerError) in
      let hiddenSize = try config.size("hidden_size")
      let heads = try config.size("num_attention_heads")
      let dimension = try config.headDimension(hiddenSize, heads: heads)
      let positions = try config.size("max_position_embeddings", default: 2048)
      var configuration = DecoderConfiguration(
        family: "gpt_neox",
        hiddenSize: hiddenSize,
        layerCount: try config.size("num_hidden_layers"),
        heads: HeadShape(queryHeads: heads, keyValueHeads: heads, headDimension: dimension),
        feedForwardSize: try config.size("intermediate_size"),
        vocabularySize: try config.size("vocab_size"),
        maximumPositions: positions,
        normalization: .layer,
        normalizationEpsilon: Float(try config.positive("layer_norm_eps", default: 1e-5)),
        position: .rotary(
          try RotaryParameters(
            config,
            RotarySettings(
              headDimension: dimension, baseKey: "rotary_emb_base", fractionKey: "rotary_pct",
              fraction: 0.25, maximumPositions: positions))),
        feedForward: .plain(try config.activation("hidden_act", default: "gelu")),
        tiesEmbeddings: try config.setting("tie_word_embeddings", default: false))
      if try config.setting("use_parallel_residual", default: true) {
        configuration.residual = .parallel(sharesNorm: false)
      }
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("attention_bias", default: true)
      return DecoderTensors(
        embedding: "gpt_neox.embed_in.weight", positions: nil,
        finalNorm: TensorName("gpt_neox.final_layer_norm", hasBias: true),
        head: "embed_out.weight"
      ) { index in
        func name(_ part: String, _ hasBias: Bool = true) -> TensorName {
          TensorName("gpt_neox.layers.\(index).\(part)", hasBias: hasBias)
        }
        return LayerTensors(
          inputNorm: name("input_layernorm"),
          attention: .grouped(name("attention.query_key_value", hasBias)),
          output: name("attention.dense", hasBias),
          feedForwardInputNorm: name("post_attention_layernorm"),
          up: [name("mlp.dense_h_to_4h")],
          down: name("mlp.dense_4h_to_h"))
      }
    })
}

extension JSONNode {
  /// Elements per head of a family whose heads divide the hidden size, whatever `head_dim` says.
  func headDimension(_ hiddenSize: Int, heads: Int) throws(TransformerError) -> Int {
    guard hiddenSize % heads == 0 else {
      throw .unsupportedSetting(
        file: file, key: "num_attention_heads", found: "\(heads)",
        expected: "a divisor of hidden_size \(hiddenSize)")
    }
    let dimension = hiddenSize / heads
    let stated = try size("head_dim", default: dimension)
    guard stated == dimension else {
      throw .unsupportedSetting(
        file: file, key: "head_dim", found: "\(stated)",
        expected: "hidden_size / num_attention_heads, \(dimension)")
    }
    return dimension
  }
}
