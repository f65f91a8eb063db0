internal import Compute
internal import JSON

extension DecoderFamily {
  /// GPT-2 (Radford et al. 2019): LayerNorm, learned positions, plain feed-forward, matrices stored
  /// inputs first.
  static let gpt2 = DecoderFamily(
    modelTypes: ["gpt2"],
    keys: ConfigKeys(
      read: [
        "n_embd", "n_head", "n_layer", "n_inner", "n_positions", "vocab_size",
        "layer_norm_epsilon", "activation_function", "scale_attn_weights", "tie_word_embeddings",
      ],
      refused: [
        "scale_attn_by_inverse_layer_idx": .bool(false), "add_cross_attention": .bool(false),
      ],
      aliases: [
        "hidden_size": "n_embd", "max_position_embeddings": "n_positions",
        "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
      ]),
    configuration: { config throws(TransformerError) in
      let hiddenSize = try config.size("n_embd")
      let heads = try config.size("n_head")
      guard hiddenSize % heads == 0 else {
        throw .unsupportedSetting(
          file: config.file, key: "n_head", found: "\(heads)",
          expected: "a divisor of n_embd \(hiddenSize)")
      }
      let isScaled = try config.setting("scale_attn_weights", default: true)
      return DecoderConfiguration(
        family: "gpt2",
        hiddenSize: hiddenSize,
        layerCount: try config.size("n_layer"),
        heads: HeadShape(
          queryHeads: heads, keyValueHeads: heads, headDimension: hiddenSize / heads),
        feedForwardSize: try config.size("n_inner", default: 4 * hiddenSize),
        vocabularySize: try config.size("vocab_size"),
        maximumPositions: try config.size("n_positions", default: 1024),
        normalization: .layer,
        normalizationEpsilon: Float(try config.positive("layer_norm_epsilon", default: 1e-5)),
        position: .learned,
        feedForward: .plain(try config.activation("activation_function", default: "gelu_new")),
        tiesEmbeddings: try config.setting("tie_word_embeddings", default: true),
        attentionScale: isScaled ? nil : 1)
    },
    tensors: { _ in
      DecoderTensors(
        embedding: "transformer.wte.weight", positions: "transformer.wpe.weight",
        finalNorm: TensorName("transformer.ln_f", hasBias: true), head: "lm_head.weight",
        isInputsFirst: true
      ) { index in
        func name(_ part: String) -> TensorName {
          TensorName("transformer.h.\(index).\(part)", hasBias: true)
        }
        return LayerTensors(
          inputNorm: name("ln_1"),
          attention: .stacked(name("attn.c_attn")),
          output: name("attn.c_proj"),
          feedForwardInputNorm: name("ln_2"),
          up: [name("mlp.c_fc")],
          down: name("mlp.c_proj"))
      }
    })
}
