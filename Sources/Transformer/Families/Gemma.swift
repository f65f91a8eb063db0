internal import Compute
internal import JSON

extension DecoderFamily {
  /// Gemma (Gemma Team 2024, arXiv:2403.08295): Llama with embeddings times the square root of E,
  /// and norms whose files hold their weights minus 1.
  static let gemma = DecoderFamily(
    modelTypes: ["gemma"],
    keys: gemmaKeys.adding(["hidden_act"], without: ["hidden_activation"]),
    configuration: { config throws(TransformerError) in
      var defaults = gemmaDefaults
      defaults.activationKey = "hidden_act"
      var configuration = try gemmaConfiguration(config, defaults)
      if try config.setting("hidden_act", default: "gelu") == "gelu" {
        // The first files say gelu and mean its tanh form.
        configuration.feedForward = .gated(.geluTanh)
      }
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("attention_bias", default: false)
      return llamaTensors(projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false)
    })

  /// Gemma 2 (Gemma Team 2024, arXiv:2408.00118): norms before and after each block, soft caps on
  /// scores and logits, and a window in every second layer.
  static let gemma2 = DecoderFamily(
    modelTypes: ["gemma2"],
    keys: gemmaKeys.adding(
      gemmaScoreKeys.union(["layer_types", "sliding_window"]),
      refused: ["sliding_window_pattern": .integer(2)]),
    configuration: { config throws(TransformerError) in
      var configuration = try gemmaConfiguration(config, gemmaDefaults)
      let layers = configuration.layerCount
      configuration.windows = try config.windows(
        of: try config.layerTypes(layers: layers, fullEvery: 2),
        window: try config.window(default: 4096))
      configuration.residual = .serial(.beforeAndAfter)
      try configuration.setGemmaScores(config, cap: 50, logitCap: 30)
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("attention_bias", default: false)
      return sandwichTensors(hasBias: hasBias, hasHeadNorms: false)
    })

  /// Gemma 3 (Gemma Team 2025, arXiv:2503.19786): Gemma 2 with a norm of each head's query and key
  /// instead of the soft caps, five layers with a window to one without, and a rotary base for each
  /// kind.
  static let gemma3Text = DecoderFamily(
    modelTypes: ["gemma3_text"],
    keys: gemmaKeys.adding(
      gemmaScoreKeys.union([
        "layer_types", "sliding_window", "sliding_window_pattern", "rope_local_base_freq",
      ]),
      without: ["attn_logit_softcapping"],
      // transformers 5 stores it and does not use it.
      refused: ["attn_logit_softcapping": .null]),
    settingsKey: gemma3SettingsKey,
    configuration: { config throws(TransformerError) in
      let text = try gemma3Settings(config)
      var configuration = try gemma3Configuration(text)
      configuration.family = try reading { () throws(JSONReadingError) in
        try config.required("model_type")
      }
      configuration.tiesEmbeddings = try config.setting(
        "tie_word_embeddings", default: configuration.tiesEmbeddings)
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try gemma3Settings(config).setting("attention_bias", default: false)
      return sandwichTensors(hasBias: hasBias, hasHeadNorms: true)
    })

  /// The text model of multimodal Gemma 3. transformers applies no soft cap to its logits.
  static let gemma3 = DecoderFamily(
    modelTypes: ["gemma3"],
    keys: gemma3Text.keys.adding(
      [], without: ["final_logit_softcapping"], refused: ["final_logit_softcapping": .null]),
    settingsKey: gemma3SettingsKey,
    configuration: gemma3Text.configuration,
    tensors: gemma3Text.tensors)

  /// The key of the decoder's settings in `gemma3` files.
  private static let gemma3SettingsKey = "text_config"

  private static let gemmaKeys = ConfigKeys.llama.adding(
    ["attention_bias", "hidden_activation"], without: ["hidden_act"],
    refused: ["use_bidirectional_attention": .bool(false)])

  private static let gemmaScoreKeys: Set<String> = [
    "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping",
  ]

  private static let gemmaDefaults = LlamaDefaults(
    headDimension: 256, maximumPositions: 8192, activationKey: "hidden_activation",
    activation: "gelu_pytorch_tanh", tiesEmbeddings: true)

  /// The configuration that all generations share.
  private static func gemmaConfiguration(
    _ config: JSONNode, _ defaults: LlamaDefaults
  ) throws(TransformerError) -> DecoderConfiguration {
    var configuration = try llamaConfiguration(config, defaults)
    configuration.normalizationWeightOffset = 1
    configuration.embeddingScale = Float(configuration.hiddenSize).squareRoot()
    return configuration
  }

  /// Norms before and after each block, under Gemma 2's names.
  private static func sandwichTensors(hasBias: Bool, hasHeadNorms: Bool) -> DecoderTensors {
    llamaTensors(
      projectionBias: hasBias, outputBias: hasBias, feedForwardBias: false
    ) { index, layer in
      let prefix = "model.layers.\(index)."
      layer.attentionOutputNorm = TensorName(prefix + "post_attention_layernorm", hasBias: false)
      layer.feedForwardInputNorm = TensorName(prefix + "pre_feedforward_layernorm", hasBias: false)
      layer.feedForwardOutputNorm = TensorName(
        prefix + "post_feedforward_layernorm", hasBias: false)
      if hasHeadNorms {
        layer.queryNorm = .shared(prefix + "self_attn.q_norm.weight")
        layer.keyNorm = .shared(prefix + "self_attn.k_norm.weight")
      }
    }
  }

  /// The config of the text model.
  private static func gemma3Settings(_ config: JSONNode) throws(TransformerError) -> JSONNode {
    try reading { () throws(JSONReadingError) in
      try config.optional(gemma3SettingsKey) ?? config
    }
  }

  private static func gemma3Configuration(
    _ config: JSONNode
  ) throws(TransformerError) -> DecoderConfiguration {
    var defaults = gemmaDefaults
    defaults.hiddenSize = 2304
    defaults.layerCount = 26
    defaults.queryHeads = 8
    defaults.keyValueHeads = 4
    defaults.feedForwardSize = 9216
    defaults.vocabularySize = 262_208
    defaults.maximumPositions = 131_072
    defaults.readsRotary = false
    var configuration = try gemmaConfiguration(config, defaults)
    let layers = configuration.layerCount
    let types = try config.layerTypes(
      layers: layers, fullEvery: try config.size("sliding_window_pattern", default: 6))
    configuration.windows = try config.windows(
      of: types, window: try config.window(default: 4096))
    var settings = RotarySettings(
      headDimension: configuration.heads.headDimension, base: 1_000_000,
      maximumPositions: configuration.maximumPositions)
    let global = try RotaryParameters(config, layers: JSONNode.fullAttention, settings)
    (settings.baseKey, settings.base) = ("rope_local_base_freq", 10_000)
    let local = try RotaryParameters(config, layers: JSONNode.slidingAttention, settings)
    configuration.position = .rotaryByLayer(
      types.map { $0 == JSONNode.slidingAttention ? local : global })
    configuration.residual = .serial(.beforeAndAfter)
    configuration.queryKeyNorm = .perHead
    try configuration.setGemmaScores(config, cap: nil, logitCap: nil)
    return configuration
  }
}

extension DecoderConfiguration {
  /// Sets the factor of the scores and the soft caps, with transformers' defaults.
  fileprivate mutating func setGemmaScores(
    _ config: JSONNode, cap: Double?, logitCap: Double?
  ) throws(TransformerError) {
    attentionScale = Float(
      1 / (try config.positive("query_pre_attn_scalar", default: 256)).squareRoot())
    attentionSoftCap = try config.softCap("attn_logit_softcapping", default: cap)
    logitShape = LogitShape(
      softCap: try config.softCap("final_logit_softcapping", default: logitCap))
  }
}

extension JSONNode {
  /// A soft cap; null means none.
  fileprivate func softCap(
    _ key: String, default fallback: Double?
  ) throws(TransformerError) -> Float? {
    let isStated = try reading { () throws(JSONReadingError) in try keys().contains(key) }
    guard isStated else { return fallback.map { Float($0) } }
    let isThere = try reading { () throws(JSONReadingError) in try has(key) }
    return isThere ? Float(try positive(key)) : nil
  }
}
