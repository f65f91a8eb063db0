internal import Compute
internal import JSON

extension DecoderFamily {
  /// Granite 3 (IBM 2024): Llama with constant factors on its inputs, scores, block outputs and
  /// logits (as in Yang et al. 2022, arXiv:2203.03466).
  static let granite = DecoderFamily(
    modelTypes: ["granite"],
    keys: .llama.adding([
      "attention_bias", "mlp_bias", "attention_multiplier", "embedding_multiplier",
      "residual_multiplier", "logits_scaling",
    ]),
    configuration: { config throws(TransformerError) in
      var configuration = try llamaConfiguration(config)
      configuration.attentionScale = Float(
        try config.positive("attention_multiplier", default: 1))
      configuration.inputMultiplier = Float(
        try config.positive("embedding_multiplier", default: 1))
      configuration.residual = .serial(
        .before, multiplier: Float(try config.positive("residual_multiplier", default: 1)))
      configuration.logitShape = LogitShape(
        scale: Float(1 / (try config.positive("logits_scaling", default: 1))))
      return configuration
    },
    tensors: llama.tensors)
}
