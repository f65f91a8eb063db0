internal import JSON

extension DecoderFamily {
  /// ERNIE 4.5's dense models (Baidu 2025): Llama with interleaved RoPE.
  static let ernie45 = DecoderFamily(
    modelTypes: ["ernie4_5"],
    keys: .llama.adding(["use_bias"]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(
        config,
        LlamaDefaults(
          hiddenSize: 1024, layerCount: 18, queryHeads: 16, keyValueHeads: 2, headDimension: 128,
          feedForwardSize: 3072, vocabularySize: 103_424, maximumPositions: 131_072,
          normalizationEpsilon: 1e-5, rotary: RotarySettings(headDimension: 0, base: 500_000),
          tiesEmbeddings: true))
      configuration.hasInterleavedRotation = true
      return configuration
    },
    tensors: { config throws(TransformerError) in
      let hasBias = try config.setting("use_bias", default: false)
      return llamaTensors(
        projectionBias: hasBias, outputBias: hasBias, feedForwardBias: hasBias
      )
    })
}
