import Foundation
internal import HuggingFace

/// How a family's config.json states its rotary embedding, and what transformers takes where it is silent.
struct RotarySettings {
  var headDimension: Int
  var baseKey = "rope_theta"
  var base = 10_000.0
  var fractionKey = "partial_rotary_factor"
  var fraction = 1.0
  /// The longest text of the model, which LongRoPE's attention factor follows.
  var maximumPositions = 0
  /// The longest text of its training, where it stands beside `rope_scaling` and not in it.
  var originalPositions: Int?
}

extension RotaryParameters {
  /// Reads the rotary embedding of config.json in both styles: `rope_theta` with `rope_scaling`, and the newer
  /// `rope_parameters`.
  init(_ config: JSONValue, _ settings: RotarySettings) throws(TransformerError) {
    let parameters: JSONValue? = try reading { () throws(JSONValueError) in
      if let newer: JSONValue = try config.optional("rope_parameters") { return newer }
      return try config.optional("rope_scaling")
    }
    for key in ["full_attention", "sliding_attention"] {
      let isThere = try reading { () throws(JSONValueError) in try parameters?.has(key) ?? false }
      if let parameters, isThere {
        throw .unsupportedSetting(
          file: config.file, key: "\(parameters.path).\(key)", found: "there",
          expected: "one rotary embedding for all layers of this family")
      }
    }
    try self.init(config, parameters, settings)
  }

  /// Reads the rotary embedding of one kind of layer, as `layer_types` calls it: in the newer style `rope_parameters` holds a set
  /// for each kind; in the older one `rope_scaling` is that of the layers without a window.
  init(
    _ config: JSONValue, layers type: String, _ settings: RotarySettings
  ) throws(TransformerError) {
    let parameters: JSONValue? = try reading { () throws(JSONValueError) in
      if let newer: JSONValue = try config.optional("rope_parameters") {
        return try newer.optional(type)
      }
      return type == JSONValue.fullAttention ? try config.optional("rope_scaling") : nil
    }
    try self.init(config, parameters, settings)
  }

  /// Reads one set of parameters; what is not in it stands in `config` itself.
  init(
    _ config: JSONValue, _ parameters: JSONValue?, _ settings: RotarySettings
  ) throws(TransformerError) {
    let outerBase = try config.positive(settings.baseKey, default: settings.base)
    base = try parameters?.positive("rope_theta", default: outerBase) ?? outerBase
    let outerFraction = try config.positive(settings.fractionKey, default: settings.fraction)
    let fraction =
      try parameters?.positive("partial_rotary_factor", default: outerFraction) ?? outerFraction
    let headDimension = settings.headDimension
    dimension = Int(Double(headDimension) * min(fraction, 2))
    guard dimension > 0, dimension % 2 == 0, dimension <= headDimension else {
      throw .unsupportedSetting(
        file: config.file, key: settings.fractionKey, found: "\(fraction)",
        expected: "an even number of rotating elements up to head_dim \(headDimension)")
    }
    scaling = .none
    if let parameters { scaling = try Self.scaling(parameters, settings, pairs: dimension / 2) }
  }

  private static func scaling(
    _ parameters: JSONValue, _ settings: RotarySettings, pairs: Int
  ) throws(TransformerError) -> Scaling {
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
    case "longrope":
      return .longRope(try LongRope(parameters, settings, pairs: pairs))
    case "su" where settings.originalPositions != nil,
      "yarn" where settings.originalPositions != nil:
      // What Phi-3's first files called LongRoPE.
      return .longRope(try LongRope(parameters, settings, pairs: pairs))
    case "yarn":
      return .yarn(try Yarn(parameters, settings))
    default:
      throw .unsupportedSetting(
        file: parameters.file, key: "\(parameters.path).rope_type", found: type,
        expected: "default, linear, llama3, longrope or yarn")
    }
  }
}

extension RotaryParameters.LongRope {
  /// The two lists, and the factor of cosine and sine that follows from how much longer the model's texts are than those of
  /// its training, where it is not stated: sqrt(1 + ln(factor) / ln(original positions)).
  fileprivate init(
    _ parameters: JSONValue, _ settings: RotarySettings, pairs: Int
  ) throws(TransformerError) {
    let key = "original_max_position_embeddings"
    let fallback = settings.originalPositions ?? settings.maximumPositions
    // Where it stands in config.json itself, that is what counts.
    originalPositions =
      settings.originalPositions == nil ? try parameters.size(key, default: fallback) : fallback
    var lists: [[Double]] = []
    for key in ["short_factor", "long_factor"] {
      let list: [Double] = try reading { () throws(JSONValueError) in
        try parameters.required(key)
      }
      guard list.count == pairs, list.allSatisfy({ $0 > 0 && $0.isFinite }) else {
        throw .configuration(
          parameters.failure(
            expected: "\(pairs) numbers above 0, one for each rotating pair",
            found: "\(list.count) of which the smallest is \(list.min() ?? 0)", at: key))
      }
      lists.append(list)
    }
    (shortFactors, longFactors) = (lists[0], lists[1])
    let ratio = Double(settings.maximumPositions) / Double(originalPositions)
    let factor = try parameters.positive("factor", default: ratio)
    let growth = factor <= 1 ? 0 : log(factor) / log(Double(originalPositions))
    let suggested = (1 + growth).squareRoot()
    attentionFactor = try parameters.positive("attention_factor", default: suggested)
  }
}

extension RotaryParameters.Yarn {
  /// The factor of cosine and sine is that of the paper, 0.1 ln(factor) + 1, where neither it nor DeepSeek's two scales of it
  /// are stated.
  fileprivate init(
    _ parameters: JSONValue, _ settings: RotarySettings
  ) throws(TransformerError) {
    let original = try parameters.positive(
      "original_max_position_embeddings", default: Double(settings.maximumPositions))
    let factor = try parameters.positive(
      "factor", default: Double(settings.maximumPositions) / original)
    func suggested(_ scale: Double) -> Double {
      factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }
    let (scale, scaleOfAll) = (
      try parameters.setting("mscale", default: 0.0),
      try parameters.setting("mscale_all_dim", default: 0.0)
    )
    let fallback =
      scale != 0 && scaleOfAll != 0 ? suggested(scale) / suggested(scaleOfAll) : suggested(1)
    self.init(
      factor: factor, originalPositions: original,
      fastTurns: try parameters.positive("beta_fast", default: 32),
      slowTurns: try parameters.positive("beta_slow", default: 1),
      truncates: try parameters.setting("truncate", default: true),
      attentionFactor: try parameters.positive("attention_factor", default: fallback))
  }
}
