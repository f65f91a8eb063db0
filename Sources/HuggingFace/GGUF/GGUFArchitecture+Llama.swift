import GGUF
import JSON

/// Architectures with Llama's tensors: attention and gated feed-forward blocks with RMS norms
/// before them.
extension GGUFArchitecture {
  /// Llama's names of a layer's tensors.
  static let llamaLayer = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
  ]

  /// The names of a norm of each head's query and key.
  private static let headNorms = [
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
  ]

  /// Queries and keys of files for interleaved RoPE.
  private static let interleaved: @Sendable (String, JSONObject) -> GGUFRowOrder = { part, config in
    func heads(_ member: String) -> GGUFRowOrder {
      guard case .integer(let heads)? = config[member] else { return .stored }
      return .interleaved(heads: heads)
    }
    switch part {
    case "attn_q": return heads("num_attention_heads")
    case "attn_k": return heads("num_key_value_heads")
    default: return .stored
    }
  }

  /// Llama, and models that llama.cpp takes for it: Mistral, SmolLM2 and others.
  static let llama = GGUFArchitecture(
    name: "llama", layer: llamaLayer, order: interleaved,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("llama")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      if try config.setWindow() != nil { config.members["model_type"] = .string("mistral") }
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
      config.set("mlp_bias", ifLayersHave: "ffn_up.bias")
    })

  /// SmolLM3, whose layers without RoPE llama.cpp counts itself.
  static let smolLM3 = GGUFArchitecture(
    name: "smollm3", layer: llamaLayer, order: interleaved,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("smollm3")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
      config.set("mlp_bias", ifLayersHave: "ffn_up.bias")
    })

  /// Granite 3.
  static let granite = GGUFArchitecture(
    name: "granite", layer: llamaLayer, order: interleaved,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("granite")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      let dimension = try config.headDimension(sizes)
      // As llama.cpp takes them where they are absent or 0.
      for (member, key, fallback) in [
        ("attention_multiplier", "attention.scale", 1 / Double(dimension).squareRoot()),
        ("embedding_multiplier", "embedding_scale", 1),
        ("residual_multiplier", "residual_scale", 1), ("logits_scaling", "logit_scale", 1),
      ] {
        let value = try config.set(member, number: key, default: fallback)
        if value == 0 { config.members[member] = .number(fallback) }
      }
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
      config.set("mlp_bias", ifLayersHave: "ffn_up.bias")
    })

  /// Qwen2 and Qwen2.5.
  static let qwen2 = GGUFArchitecture(
    name: "qwen2", layer: llamaLayer,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("qwen2")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
    })

  /// Qwen3.
  static let qwen3 = GGUFArchitecture(
    name: "qwen3", layer: llamaLayer.merging(headNorms) { $1 },
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("qwen3")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
    })

  /// OLMo 2; the same architecture with windows is OLMo 3.
  static let olmo2 = GGUFArchitecture(
    name: "olmo2",
    layer: llamaLayer.merging(headNorms) { $1 }.merging(
      [
        "post_attention_norm": "post_attention_layernorm",
        "post_ffw_norm": "post_feedforward_layernorm",
      ]) { $1 }.filter { !["attn_norm", "ffn_norm"].contains($0.key) },
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("olmo2")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
    })

  /// Phi-3, Phi-3.5 and Phi-4-mini: query, key and value in one tensor, gate and up in another.
  static let phi3 = GGUFArchitecture(
    name: "phi3",
    layer: [
      "attn_norm": "input_layernorm", "attn_qkv": "self_attn.qkv_proj",
      "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
      "ffn_up": "mlp.gate_up_proj", "ffn_down": "mlp.down_proj",
    ],
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("phi3")
      try config.setRotatingFraction("partial_rotary_factor", sizes)
      try config.setRootMeanSquareEpsilon()
      try config.setScaling()
      try config.setWindow()
    })
}
