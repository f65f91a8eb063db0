internal import HuggingFace

extension RotaryParameters {
  /// Reads the rotary embedding of config.json in both styles: `rope_theta` with `rope_scaling`, and the newer
  /// `rope_parameters`.
  init(_ config: JSONValue, headDimension: Int) throws(TransformerError) {
    let parameters: JSONValue? = try reading { () throws(JSONValueError) in
      if let newer: JSONValue = try config.optional("rope_parameters") { return newer }
      return try config.optional("rope_scaling")
    }
    let outerBase = try config.positive("rope_theta", default: 10_000)
    base = try parameters?.positive("rope_theta", default: outerBase) ?? outerBase
    let outerFraction = try config.positive("partial_rotary_factor", default: 1)
    let fraction =
      try parameters?.positive("partial_rotary_factor", default: outerFraction) ?? outerFraction
    dimension = Int(Double(headDimension) * min(fraction, 2))
    guard dimension > 0, dimension % 2 == 0, dimension <= headDimension else {
      throw .unsupportedSetting(
        file: config.file, key: "partial_rotary_factor", found: "\(fraction)",
        expected: "an even number of rotating elements up to head_dim \(headDimension)")
    }
    scaling = try parameters.map(Self.scaling) ?? .none
  }

  private static func scaling(_ parameters: JSONValue) throws(TransformerError) -> Scaling {
    let older = try parameters.setting("type", default: "default")
    let type = try parameters.setting("rope_type", default: older)
    switch type {
    case "default":
      return .none
    case "linear":
      return .linear(factor: try parameters.positive("factor"))
    case "llama3":
      let low = try parameters.positive("low_freq_factor")
      let high = try parameters.positive("high_freq_factor")
      guard low < high else {
        throw .configuration(
          parameters.failure(
            expected: "more than low_freq_factor \(low)", found: "\(high)",
            at: "high_freq_factor"))
      }
      return .llama3(
        factor: try parameters.positive("factor"), lowFrequencyFactor: low,
        highFrequencyFactor: high,
        originalPositions: try parameters.positive("original_max_position_embeddings"))
    default:
      throw .unsupportedSetting(
        file: parameters.file, key: "\(parameters.path).rope_type", found: type,
        expected: "default, linear or llama3")
    }
  }
}
