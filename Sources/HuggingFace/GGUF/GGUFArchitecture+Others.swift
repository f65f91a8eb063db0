import GGUF
import JSON

/// Architectures with layer norms.
extension GGUFArchitecture {
  /// Cohere's Command R.
  static let commandR = GGUFArchitecture(
    name: "command-r",
    layer: llamaLayer.filter { $0.key != "ffn_norm" }.merging([
      "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    ]) { $1 },
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("cohere")
      try config.setHeadDimension(sizes)
      try config.setLayerNormEpsilon("layer_norm_eps")
      try config.set("logit_scale", number: "logit_scale", default: 1)
      try config.setScaling()
      config.set("attention_bias", ifLayersHave: "attn_q.bias")
      config.set("use_qk_norm", ifLayersHave: "attn_q_norm.weight")
    })

  /// StarCoder2, without its windows, which llama.cpp does not support.
  static let starCoder2 = GGUFArchitecture(
    name: "starcoder2",
    layer: [
      "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
      "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
      "ffn_norm": "post_attention_layernorm", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
    ],
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("starcoder2")
      try config.setHeadDimension(sizes)
      try config.setLayerNormEpsilon("norm_epsilon")
      try config.setScaling()
      config.members["hidden_act"] = .string("gelu_pytorch_tanh")
      config.set("use_bias", ifLayersHave: "attn_q.bias")
    })

  /// StableLM and StableLM 2.
  static let stableLM = GGUFArchitecture(
    name: "stablelm",
    layer: llamaLayer.merging([
      "attn_q_norm": "self_attn.q_layernorm.norms.*",
      "attn_k_norm": "self_attn.k_layernorm.norms.*",
    ]) { $1 },
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("stablelm")
      try config.setRotatingFraction("partial_rotary_factor", sizes)
      try config.setLayerNormEpsilon("layer_norm_eps")
      // Parallel blocks share a norm; the key is of no use to llama.cpp either.
      config.ignore("use_parallel_residual")
      config.members["use_parallel_residual"] = .bool(
        !config.tensors.has("blk.0.ffn_norm.weight"))
      config.set("use_qkv_bias", ifLayersHave: "attn_q.bias")
      config.set("qk_layernorm", ifLayersHave: "attn_q_norm.weight")
    })

  /// Falcon of 7B, with one head of keys and values, and of 40B, with norms for both blocks.
  static let falcon = GGUFArchitecture(
    name: "falcon",
    outer: [
      "token_embd": "transformer.word_embeddings", "output_norm": "transformer.ln_f",
      "output": "lm_head",
    ],
    layerPrefix: "transformer.h.",
    layer: [
      "attn_norm": "input_layernorm", "attn_norm_2": "ln_attn",
      "attn_qkv": "self_attention.query_key_value", "attn_output": "self_attention.dense",
      "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h",
    ],
    variant: ("blk.0.attn_norm_2.weight", ["attn_norm": "ln_mlp"]),
    order: { part, config in
      guard part == "attn_qkv", case .integer(let heads)? = config["num_attention_heads"],
        case .integer(let groups)? = config["num_kv_heads"]
      else { return .stored }
      return .separated(queryHeads: heads, keyValueHeads: groups)
    },
    configure: { config throws(GGUFError) in
      config.members["model_type"] = .string("falcon")
      try config.setVocabulary()
      let hidden = try config.set("hidden_size", size: "embedding_length")
      try config.setLayerCount()
      try config.set("ffn_hidden_size", size: "feed_forward_length")
      try config.set("max_position_embeddings", size: "context_length")
      let heads = try config.set("num_attention_heads", size: "attention.head_count")
      let groups = try config.set(
        "num_kv_heads", size: "attention.head_count_kv", default: heads)
      try config.setHeadDimension((hidden, heads))
      try config.setBase()
      try config.setScaling()
      try config.setLayerNormEpsilon("layer_norm_epsilon")
      let hasTwoNorms = config.tensors.has("blk.0.attn_norm_2.weight")
      config.members["new_decoder_architecture"] = .bool(groups > 1 || hasTwoNorms)
      config.members["num_ln_in_parallel_attn"] = .integer(hasTwoNorms ? 2 : 1)
      config.members["multi_query"] = .bool(true)
      config.members["parallel_attn"] = .bool(true)
      config.members["alibi"] = .bool(false)
      config.set("bias", ifLayersHave: "attn_qkv.bias")
    })

  /// GPT-NeoX and Pythia.
  static let gptNeoX = GGUFArchitecture(
    name: "gptneox",
    outer: [
      "token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm",
      "output": "embed_out",
    ],
    layerPrefix: "gpt_neox.layers.",
    layer: [
      "attn_norm": "input_layernorm", "attn_qkv": "attention.query_key_value",
      "attn_output": "attention.dense", "ffn_norm": "post_attention_layernorm",
      "ffn_up": "mlp.dense_h_to_4h", "ffn_down": "mlp.dense_4h_to_h",
    ],
    order: { part, config in
      guard part == "attn_qkv", case .integer(let heads)? = config["num_attention_heads"] else {
        return .stored
      }
      return .separated(queryHeads: heads, keyValueHeads: heads)
    },
    configure: { config throws(GGUFError) in
      let sizes = try config.setSizes("gpt_neox")
      try config.setRotatingFraction("rotary_pct", sizes)
      try config.setBase(as: "rotary_emb_base")
      try config.setScaling()
      try config.setLayerNormEpsilon("layer_norm_eps")
      config.members["use_parallel_residual"] = .bool(
        try config.optional("use_parallel_residual") ?? true)
      config.members["hidden_act"] = .string("gelu")
      config.set("attention_bias", ifLayersHave: "attn_qkv.bias")
    })

  /// GPT-2.
  static let gpt2 = GGUFArchitecture(
    name: "gpt2",
    outer: [
      "token_embd": "transformer.wte", "position_embd": "transformer.wpe",
      "output_norm": "transformer.ln_f", "output": "lm_head",
    ],
    layerPrefix: "transformer.h.",
    layer: [
      "attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj",
      "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
    ],
    configure: { config throws(GGUFError) in
      config.members["model_type"] = .string("gpt2")
      try config.setVocabulary()
      try config.set("n_embd", size: "embedding_length")
      try config.setLayerCount(as: "n_layer")
      try config.set("n_inner", size: "feed_forward_length")
      try config.set("n_positions", size: "context_length")
      let heads = try config.set("n_head", size: "attention.head_count")
      guard try config.size("attention.head_count_kv", default: heads) == heads else {
        throw config.failure(at: "attention.head_count_kv", expected: "\(heads)")
      }
      try config.setLayerNormEpsilon("layer_norm_epsilon")
      config.members["activation_function"] = .string("gelu_new")
    })
}
