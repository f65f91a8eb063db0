internal import JSON

extension DecoderFamily {
  /// Phi-3, Phi-3.5 and Phi-4-mini (Abdin et al. 2024, arXiv:2404.14219): Llama with fused
  /// matrices, and LongRoPE.
  static let phi3 = DecoderFamily(
    modelTypes: ["phi3"],
    keys: .llama.adding(["sliding_window"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          maximumPositions: 4096, normalizationEpsilon: 1e-5,
          rotary: RotarySettings(
            headDimension: 0, fractionKey: "partial_rotary_factor", originalPositions: 4096,
            // The first files call LongRoPE "su" or "yarn".
            longRopeNames: ["longrope", "su", "yarn"])))
      let window = try config.window()
      configuration.windows = [Int?](repeating: window, count: configuration.layerCount)
      return configuration
    },
    tensors: { _ in
      DecoderTensors(
        embedding: "model.embed_tokens.weight", positions: nil,
        finalNorm: TensorName("model.norm", hasBias: false), head: "lm_head.weight"
      ) { index in
        func name(_ part: String) -> TensorName {
          TensorName("model.layers.\(index).\(part)", hasBias: false)
        }
        return LayerTensors(
          inputNorm: name("input_layernorm"),
          attention: .stacked(name("self_attn.qkv_proj")),
          output: name("self_attn.o_proj"),
          feedForwardInputNorm: name("post_attention_layernorm"),
          up: [name("mlp.gate_up_proj")],
          down: name("mlp.down_proj"))
      }
    })
}
