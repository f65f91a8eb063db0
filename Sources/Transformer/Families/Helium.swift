internal import JSON

extension DecoderFamily {
  /// Helium (Kyutai 2025): Llama with interleaved RoPE.
  static let helium = DecoderFamily(
    modelTypes: ["helium"],
    keys: .llama.adding(["attention_bias", "mlp_bias"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          hiddenSize: 2560, layerCount: 24, queryHeads: 20, keyValueHeads: 20, headDimension: 128,
          feedForwardSize: 7040, vocabularySize: 48000, maximumPositions: 4096,
          normalizationEpsilon: 1e-8, rotary: RotarySettings(headDimension: 0, base: 100_000)))
      configuration.hasInterleavedRotation = true
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let attention = try config.setting("attention_bias", default: false)
      let feedForward = try config.setting("mlp_bias", default: false)
      return llamaTensors(
        projectionBias: attention, outputBias: false, feedForwardBias: feedForward
      )
    })
}
