internal import Compute
internal import HuggingFace

extension DecoderFamily {
  /// Llama 2 and 3 (Touvron et al. 2023, arXiv:2307.09288) and what shares their architecture.
  static let llama = DecoderFamily(
    modelTypes: ["llama"],
    configuration: { config throws(TransformerError) in try llamaConfiguration(config) },
    tensors: { config throws(TransformerError) in
      let attention = try config.setting("attention_bias", default: false)
      let feedForward = try config.setting("mlp_bias", default: false)
      return llamaTensors(
        projectionBias: attention, outputBias: attention, feedForwardBias: feedForward)
    })

  /// Mistral (Jiang et al. 2023, arXiv:2310.06825): Llama with a sliding window in every layer.
  static let mistral = DecoderFamily(
    modelTypes: ["mistral"],
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(config, keyValueHeads: 8)
      // Absent means 4096, as in transformers; null means no window.
      let isStated = try reading { () throws(JSONValueError) in
        try config.keys().contains("sliding_window")
      }
      let window = try config.window() ?? (isStated ? nil : 4096)
      configuration.windows = [Int?](repeating: window, count: configuration.layerCount)
      return configuration
    },
    tensors: { _ in
      llamaTensors(projectionBias: false, outputBias: false, feedForwardBias: false)
    })

  /// Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv:2407.10671): Llama with biases on query, key and value.
  static let qwen2 = DecoderFamily(
    modelTypes: ["qwen2"],
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(config, keyValueHeads: 32)
      configuration.windows = try qwen2Windows(config, layers: configuration.layerCount)
      return configuration
    },
    tensors: { _ in
      llamaTensors(projectionBias: true, outputBias: false, feedForwardBias: false)
    })

  /// The configuration that the Llama-like families share. `keyValueHeads` is what transformers takes where
  /// `num_key_value_heads` is absent; nil takes the query heads.
  static func llamaConfiguration(
    _ config: JSONValue, keyValueHeads: Int? = nil
  ) throws(TransformerError) -> DecoderConfiguration {
    let hiddenSize = try config.size("hidden_size")
    let queryHeads = try config.size("num_attention_heads")
    let headDimension = try config.size("head_dim", default: hiddenSize / queryHeads)
    let heads = HeadShape(
      queryHeads: queryHeads,
      keyValueHeads: try config.size(
        "num_key_value_heads", default: keyValueHeads ?? queryHeads),
      headDimension: headDimension)
    guard queryHeads % heads.keyValueHeads == 0 else {
      throw .unsupportedSetting(
        file: config.file, key: "num_key_value_heads", found: "\(heads.keyValueHeads)",
        expected: "a divisor of num_attention_heads \(queryHeads)")
    }
    return DecoderConfiguration(
      family: try reading { () throws(JSONValueError) in try config.required("model_type") },
      hiddenSize: hiddenSize,
      layerCount: try config.size("num_hidden_layers"),
      heads: heads,
      feedForwardSize: try config.size("intermediate_size"),
      vocabularySize: try config.size("vocab_size"),
      maximumPositions: try config.size("max_position_embeddings", default: 2048),
      normalization: .rms,
      normalizationEpsilon: Float(try config.positive("rms_norm_eps", default: 1e-6)),
      position: .rotary(try RotaryParameters(config, headDimension: headDimension)),
      feedForward: .gated(try config.activation("hidden_act", default: "silu")),
      tiesEmbeddings: try config.setting("tie_word_embeddings", default: false))
  }

  /// Llama's tensor names.
  static func llamaTensors(
    projectionBias: Bool, outputBias: Bool, feedForwardBias: Bool
  ) -> DecoderTensors {
    DecoderTensors(
      embedding: "model.embed_tokens.weight", positions: nil,
      finalNorm: TensorName("model.norm", hasBias: false), head: "lm_head.weight"
    ) { index in
      func name(_ part: String, _ hasBias: Bool) -> TensorName {
        TensorName("model.layers.\(index).\(part)", hasBias: hasBias)
      }
      return LayerTensors(
        inputNorm: name("input_layernorm", false),
        attention: .separate(
          query: name("self_attn.q_proj", projectionBias),
          key: name("self_attn.k_proj", projectionBias),
          value: name("self_attn.v_proj", projectionBias)),
        output: name("self_attn.o_proj", outputBias),
        middleNorm: name("post_attention_layernorm", false),
        up: [name("mlp.gate_proj", feedForwardBias), name("mlp.up_proj", feedForwardBias)],
        down: name("mlp.down_proj", feedForwardBias))
    }
  }

  /// Qwen2's windows: the layers that `layer_types` names, or those from `max_window_layers` on.
  private static func qwen2Windows(
    _ config: JSONValue, layers: Int
  ) throws(TransformerError) -> [Int?] {
    let isUsed = try config.setting("use_sliding_window", default: false)
    guard isUsed, let window = try config.window() else {
      return [Int?](repeating: nil, count: layers)
    }
    let types: [String]? = try reading { () throws(JSONValueError) in
      try config.optional("layer_types")
    }
    if let types {
      return try windows(types, window: window, layers: layers, config)
    }
    let first = try config.setting("max_window_layers", default: 28)
    return (0..<layers).map { $0 >= first ? window : nil }
  }

  /// Windows by layer as the newer configs state them.
  static func windows(
    _ types: [String], window: Int, layers: Int, _ config: JSONValue
  ) throws(TransformerError) -> [Int?] {
    guard types.count == layers else {
      throw .unsupportedSetting(
        file: config.file, key: "layer_types", found: "\(types.count) entries",
        expected: "one for each of \(layers) layers")
    }
    var windows: [Int?] = []
    for type in types {
      switch type {
      case "full_attention": windows.append(nil)
      case "sliding_attention": windows.append(window)
      default:
        throw .unsupportedSetting(
          file: config.file, key: "layer_types", found: type,
          expected: "full_attention or sliding_attention")
      }
    }
    return windows
  }
}

extension JSONValue {
  /// `sliding_window`: the keys that a query sees, itself among them; nil where it is null or absent.
  fileprivate func window() throws(TransformerError) -> Int? {
    let isThere = try reading { () throws(JSONValueError) in try has("sliding_window") }
    return isThere ? try size("sliding_window") : nil
  }
}
