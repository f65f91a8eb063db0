import Foundation
internal import JSON

extension RotaryParameters {
  /// The scaling of a `rope_type` with its parameters.
  func scaling(
    _ type: String, _ parameters: JSONNode, _ settings: RotarySettings
  ) throws(TransformerError) -> Scaling {
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
        originalPositions: Double(try parameters.originalPositions(settings)))
    case _ where settings.longRopeNames.contains(type):
      return .longRope(try LongRope(parameters, settings, pairs: dimension / 2))
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
  /// Reads both lists and the factor of cosine and sine. Where that is missing, it follows from the
  /// ratio of the model's longest text to that of its training: sqrt(1 + ln(factor) / ln(original
  /// positions)).
  fileprivate init(
    _ parameters: JSONNode, _ settings: RotarySettings, pairs: Int
  ) throws(TransformerError) {
    originalPositions = try parameters.originalPositions(settings)
    var lists: [[Double]] = []
    for key in ["short_factor", "long_factor"] {
      let list: [Double] = try reading { () throws(JSONReadingError) in
        try parameters.required(key)
      }
      let range = Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude)
      guard list.count == pairs, list.allSatisfy(range.contains) else {
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
  /// Reads YaRN's parameters. The factor of cosine and sine is the paper's, 0.1 ln(factor) + 1,
  /// where the file holds neither it nor DeepSeek's two scales.
  fileprivate init(
    _ parameters: JSONNode, _ settings: RotarySettings
  ) throws(TransformerError) {
    let original = Double(try parameters.originalPositions(settings))
    // Null means the ratio, as in DeepSeek's files.
    let ratio = Double(settings.maximumPositions) / original
    let factor = try parameters.positive(
      "factor", default: try parameters.value("factor") == nil ? nil : ratio)
    func suggested(_ scale: Double) -> Double {
      factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }
    let (scale, scaleOfAll) = (
      try parameters.setting("mscale", default: 0.0),
      try parameters.setting("mscale_all_dim", default: 0.0)
    )
    let fallback =
      scale != 0 && scaleOfAll != 0 ? suggested(scale) / suggested(scaleOfAll) : suggested(1)
    // Null is not true, as in Python.
    let truncates = try parameters.setting(
      "truncate", default: try parameters.value("truncate") == nil)
    self.init(
      factor: factor, originalPositions: original,
      fastRotations: try parameters.positive("beta_fast", default: 32),
      slowRotations: try parameters.positive("beta_slow", default: 1),
      truncates: truncates,
      attentionFactor: try parameters.positive("attention_factor", default: fallback))
  }
}

extension JSONNode {
  /// The longest text of the training: from config.json itself, from the scaling, or the model's
  /// longest text.
  fileprivate func originalPositions(_ settings: RotarySettings) throws(TransformerError) -> Int {
    if let stated = settings.originalPositions {
      guard stated > 0 else {
        throw .unsupportedSetting(
          file: file, key: "original_max_position_embeddings", found: "\(stated)",
          expected: "a number above 0")
      }
      return stated
    }
    return try size(
      "original_max_position_embeddings", default: settings.maximumPositions)
  }
}
