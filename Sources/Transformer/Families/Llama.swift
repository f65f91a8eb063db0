internal import Compute
internal import JSON

extension DecoderFamily {
  /// Llama 2 and 3 (Touvron et al. 2023, arXiv:2307.09288) and models of the same architecture.
  static let llama = DecoderFamily(
    modelTypes: ["llama"],
    keys: .llama.adding(["attention_bias", "mlp_bias"]),
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
    keys: .llama.adding(["sliding_window"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(config, mistralDefaults)
      // Absent means 4096, as in transformers; null means no window.
      let window = try config.window(default: 4096)
      configuration.windows = [Int?](repeating: window, count: configuration.layerCount)
      return configuration
    },
    tensors: { _ in
      llamaTensors(projectionBias: false, outputBias: false, feedForwardBias: false)
    })

  /// Ministral 8B (Mistral AI 2024): Mistral with windows in the layers that `layer_types` names.
  static let ministral = DecoderFamily(
    modelTypes: ["ministral"],
    keys: mistral.keys.adding(["layer_types"]),
    configuration: { config throws(TransformerError) in
      var configuration = try mistral.configuration(config)
      let layers = configuration.layerCount
      let window = try config.window(default: 4096)
      if let windows = try config.windows(window: window, layers: layers) {
        configuration.windows = windows
      }
      return configuration
    },
    tensors: mistral.tensors)

  private static let mistralDefaults = LlamaDefaults(
    keyValueHeads: 8, maximumPositions: 131_072)

  /// The configuration that the Llama-like families share.
  static func llamaConfiguration(
    _ config: JSONNode, _ defaults: LlamaDefaults = LlamaDefaults()
  ) throws(TransformerError) -> DecoderConfiguration {
    let hiddenSize = try config.size("hidden_size", default: defaults.hiddenSize)
    let queryHeads = try config.size("num_attention_heads", default: defaults.queryHeads)
    // Null means the derived value, also where the family's default is another.
    let (widthOfHead, headsOfKeys) = (
      try config.isNull("head_dim") ? nil : defaults.headDimension,
      try config.isNull("num_key_value_heads") ? nil : defaults.keyValueHeads
    )
    let headDimension = try config.size(
      "head_dim", default: widthOfHead ?? max(hiddenSize / queryHeads, 1))
    let heads = HeadShape(
      queryHeads: queryHeads,
      keyValueHeads: try config.size(
        "num_key_value_heads", default: headsOfKeys ?? queryHeads),
      headDimension: headDimension)
    guard queryHeads % heads.keyValueHeads == 0 else {
      throw .unsupportedSetting(
        file: config.file, key: "num_key_value_heads", found: "\(heads.keyValueHeads)",
        expected: "a divisor of num_attention_heads \(queryHeads)")
    }
    let positions = try config.size(
      "max_position_embeddings", default: defaults.maximumPositions)
    var rotary = defaults.rotary
    rotary.headDimension = headDimension
    rotary.maximumPositions = positions
    let parameters = defaults.readsRotary ? try RotaryParameters(config, rotary) : nil
    return DecoderConfiguration(
      family: try reading { () throws(JSONReadingError) in try config.required("model_type") },
      hiddenSize: hiddenSize,
      layerCount: try config.size("num_hidden_layers", default: defaults.layerCount),
      heads: heads,
      feedForwardSize: try config.size("intermediate_size", default: defaults.feedForwardSize),
      vocabularySize: try config.size("vocab_size", default: defaults.vocabularySize),
      maximumPositions: max(positions, parameters?.positions ?? 0),
      normalization: .rms,
      normalizationEpsilon: Float(
        try config.positive("rms_norm_eps", default: defaults.normalizationEpsilon)),
      position: parameters.map { .rotary($0) } ?? .rotaryByLayer([]),
      feedForward: .gated(
        try config.activation(defaults.activationKey, default: defaults.activation)),
      tiesEmbeddings: try config.setting("tie_word_embeddings", default: defaults.tiesEmbeddings))
  }

  /// Llama's tensor names. `change` is called with each layer's index and tensors, for families
  /// with other names.
  static func llamaTensors(
    projectionBias: Bool, outputBias: Bool, feedForwardBias: Bool,
    change: @escaping @Sendable (Int, inout LayerTensors) -> Void = { _, _ in }
  ) -> DecoderTensors {
    DecoderTensors(
      embedding: "model.embed_tokens.weight", positions: nil,
      finalNorm: TensorName("model.norm", hasBias: false), head: "lm_head.weight"
    ) { index in
      func name(_ part: String, _ hasBias: Bool) -> TensorName {
        TensorName("model.layers.\(index).\(part)", hasBias: hasBias)
      }
      var layer = LayerTensors(
        inputNorm: name("input_layernorm", false),
        attention: .separate(
          query: name("self_attn.q_proj", projectionBias),
          key: name("self_attn.k_proj", projectionBias),
          value: name("self_attn.v_proj", projectionBias)),
        output: name("self_attn.o_proj", outputBias),
        feedForwardInputNorm: name("post_attention_layernorm", false),
        up: [name("mlp.gate_proj", feedForwardBias), name("mlp.up_proj", feedForwardBias)],
        down: name("mlp.down_proj", feedForwardBias))
      change(index, &layer)
      return layer
    }
  }
}

/// Defaults of transformers for a Llama-like family; nil where the key is required.
struct LlamaDefaults {
  var hiddenSize: Int?
  var layerCount: Int?
  var queryHeads: Int?
  /// Nil means the number of query heads.
  var keyValueHeads: Int?
  /// Nil means E / H.
  var headDimension: Int?
  var feedForwardSize: Int?
  var vocabularySize: Int?
  var maximumPositions = 2048
  var normalizationEpsilon = 1e-6
  var rotary = RotarySettings(headDimension: 0)
  var activationKey = "hidden_act"
  var activation = "silu"
  var tiesEmbeddings = false
  /// False where the family reads its rotary embeddings itself.
  var readsRotary = true
}
