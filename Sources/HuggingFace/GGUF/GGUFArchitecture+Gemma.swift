import GGUF
import JSON

/// Gemma's architectures. Their norms hold their weights plus 1, as llama.cpp multiplies by them.
extension GGUFArchitecture {
  /// Norms before and after each block.
  private static let sandwichLayer = llamaLayer.merging([
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
  ]) { $1 }

  /// Gemma.
  static let gemma = GGUFArchitecture(
    name: "gemma", layer: llamaLayer, addsOneToNorms: true,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("gemma")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      config.members["hidden_act"] = .string("gelu_pytorch_tanh")
    })

  /// Gemma 2.
  static let gemma2 = GGUFArchitecture(
    name: "gemma2", layer: sandwichLayer, addsOneToNorms: true,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("gemma2")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      config.members["hidden_activation"] = .string("gelu_pytorch_tanh")
      try config.setScoreScalar(sizes, largestModel: 46)
      for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
        let cap = try config.set(key, number: key)
        if cap == nil || cap == 0 { config.members[key] = .null }
      }
      if try config.setWindow() == nil { config.members["sliding_window"] = .integer(4096) }
    })

  /// Gemma 3, its text model.
  static let gemma3 = GGUFArchitecture(
    name: "gemma3",
    layer: sandwichLayer.merging([
      "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    ]) { $1 },
    addsOneToNorms: true,
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("gemma3_text")
      try config.setHeadDimension(sizes)
      try config.setRootMeanSquareEpsilon()
      // The other base is that of the layers without a window, which alone are scaled.
      try config.set("rope_local_base_freq", positive: "rope.freq_base_swa", default: 10_000)
      try config.setScaling()
      config.members["hidden_activation"] = .string("gelu_pytorch_tanh")
      try config.setScoreScalar(sizes, largestModel: 62)
      let key = "final_logit_softcapping"
      let cap = try config.set(key, number: key)
      if cap == nil || cap == 0 { config.members[key] = .null }
      if try config.setWindow() == nil {
        throw config.failure(at: "attention.sliding_window", expected: "a number above 0")
      }
      config.members["sliding_window_pattern"] = .integer(
        try config.size("attention.sliding_window_pattern", default: 6))
    })
}

extension GGUFConfig {
  /// Sets `query_pre_attn_scalar`, which files do not hold: the head dimension, but E / H in the
  /// largest model, which llama.cpp recognises by its number of layers.
  fileprivate mutating func setScoreScalar(
    _ sizes: (hidden: Int, heads: Int), largestModel layers: Int
  ) throws(GGUFError) {
    let isLargest = try size("block_count") == layers
    let scalar = isLargest ? max(1, sizes.hidden / sizes.heads) : try headDimension(sizes)
    members["query_pre_attn_scalar"] = .integer(scalar)
  }
}
