internal import Compute
internal import JSON

extension DecoderFamily {
  /// Falcon (Almazrouei et al. 2023, arXiv:2311.16867): parallel blocks, multi-query attention (7B)
  /// or grouped-query attention and a norm for each block (40B and later).
  static let falcon = DecoderFamily(
    modelTypes: ["falcon"],
    keys: ConfigKeys(
      read: ConfigKeys.rotary.union([
        "hidden_size", "num_attention_heads", "num_hidden_layers", "ffn_hidden_size", "vocab_size",
        "max_position_embeddings", "layer_norm_epsilon", "activation", "tie_word_embeddings",
        "head_dim", "bias", "new_decoder_architecture", "multi_query", "num_ln_in_parallel_attn",
        "parallel_attn", "num_kv_heads",
      ]),
      refused: ["alibi": .bool(false)],
      aliases: ["n_embed": "hidden_size"]),
    configuration: { config throws(TransformerError) in
      let hiddenSize = try config.size("hidden_size")
      let heads = try config.size("num_attention_heads")
      let dimension = try config.headDimension(hiddenSize, heads: heads)
      let style = try FalconStyle(config, heads: heads)
      let positions = try config.size("max_position_embeddings", default: 2048)
      var configuration = DecoderConfiguration(
        family: "falcon",
        hiddenSize: hiddenSize,
        layerCount: try config.size("num_hidden_layers"),
        heads: HeadShape(
          queryHeads: heads, keyValueHeads: style.keyValueHeads, headDimension: dimension),
        feedForwardSize: try config.size("ffn_hidden_size", default: 4 * hiddenSize),
        vocabularySize: try config.size("vocab_size"),
        maximumPositions: positions,
        normalization: .layer,
        normalizationEpsilon: Float(try config.positive("layer_norm_epsilon", default: 1e-5)),
        position: .rotary(
          try RotaryParameters(
            config, RotarySettings(headDimension: dimension, maximumPositions: positions))),
        feedForward: .plain(try config.activation("activation", default: "gelu")),
        tiesEmbeddings: try config.setting("tie_word_embeddings", default: true))
      configuration.residual =
        style.isParallel ? .parallel(sharesNorm: !style.hasTwoNorms) : .serial(.before)
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let style = try FalconStyle(config, heads: try config.size("num_attention_heads"))
      let hasBias = try config.setting("bias", default: false)
      return DecoderTensors(
        embedding: "transformer.word_embeddings.weight", positions: nil,
        finalNorm: TensorName("transformer.ln_f", hasBias: true), head: "lm_head.weight"
      ) { index in
        func name(_ part: String, _ hasBias: Bool) -> TensorName {
          TensorName("transformer.h.\(index).\(part)", hasBias: hasBias)
        }
        let fused = name("self_attention.query_key_value", hasBias)
        var layer = LayerTensors(
          inputNorm: name(style.hasTwoNorms ? "ln_attn" : "input_layernorm", true),
          attention: style.keyValueHeads == 1 ? .stacked(fused) : .grouped(fused),
          output: name("self_attention.dense", hasBias),
          up: [name("mlp.dense_h_to_4h", hasBias)],
          down: name("mlp.dense_4h_to_h", hasBias))
        if style.hasTwoNorms {
          layer.feedForwardInputNorm = name("ln_mlp", true)
        } else if !style.isParallel {
          layer.feedForwardInputNorm = name("post_attention_layernorm", true)
        }
        return layer
      }
    })
}

/// The differences between the generations of Falcon.
private struct FalconStyle {
  let keyValueHeads: Int
  let isParallel: Bool
  /// Whether attention and the feed-forward block have a norm each.
  let hasTwoNorms: Bool

  init(_ config: JSONNode, heads: Int) throws(TransformerError) {
    let isNew = try config.setting("new_decoder_architecture", default: false)
    let isMultiQuery = try config.setting("multi_query", default: true)
    let norms = try config.setting("num_ln_in_parallel_attn", default: isNew ? 2 : 1)
    isParallel = try config.setting("parallel_attn", default: true)
    hasTwoNorms = isNew && norms == 2
    guard isNew || norms == 1, !isNew || (isParallel && (1...2).contains(norms)) else {
      throw .unsupportedSetting(
        file: config.file, key: "num_ln_in_parallel_attn", found: "\(norms)",
        expected: isNew
          ? "1 or 2, with parallel_attn" : "1, or new_decoder_architecture with two norms")
    }
    keyValueHeads =
      isNew || !isMultiQuery ? try config.size("num_kv_heads", default: heads) : 1
    guard heads % keyValueHeads == 0, isNew || isMultiQuery || keyValueHeads == heads else {
      throw .unsupportedSetting(
        file: config.file, key: "num_kv_heads", found: "\(keyValueHeads)",
        expected: isNew ? "a divisor of num_attention_heads \(heads)" : "\(heads)")
    }
  }
}
