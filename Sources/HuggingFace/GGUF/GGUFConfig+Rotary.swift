import Foundation
import GGUF
import JSON

/// The scaling of rotary embeddings.
extension GGUFConfig {
  /// Sets `rope_scaling` to what the file says of it: `rope.scaling.*`, factors of Llama 3 in
  /// `rope_freqs.weight`, and factors of LongRoPE in `rope_factors_*.weight`.
  mutating func setScaling() throws(GGUFError) {
    if let factors = try factors("rope_freqs.weight") {
      members["rope_scaling"] = .object(llama3(factors) ?? given(factors))
      try expectNoScaling(besides: "rope_freqs.weight")
      return
    }
    if tensors.has("rope_factors_long.weight") || tensors.has("rope_factors_short.weight") {
      try setLongRope()
      return
    }
    let type: String = try optional("rope.scaling.type") ?? "linear"
    switch type {
    case "none":
      ignore("rope.scaling.factor")
    case "linear":
      // The key of the first files was another.
      let former: Double? = try optional("rope.scale_linear")
      let factor: Double = try optional("rope.scaling.factor") ?? former ?? 1
      guard factor != 1, factor != 0 else { return }
      members["rope_scaling"] = .object([
        "rope_type": .string("linear"), "factor": .number(factor.shortestInSinglePrecision),
      ])
    case "yarn": try setYarn()
    default:
      throw failure(
        at: "rope.scaling.type", expected: "none, linear, yarn, or longrope with its factors")
    }
  }

  private mutating func setYarn() throws(GGUFError) {
    var scaling: JSONObject = ["rope_type": .string("yarn")]
    guard let factor: Double = try optional("rope.scaling.factor"), factor > 0, factor.isFinite
    else { throw failure(at: "rope.scaling.factor", expected: "a number above 0") }
    scaling["factor"] = .number(factor.shortestInSinglePrecision)
    let original = try size(
      "rope.scaling.original_context_length", default: try size("context_length"))
    scaling["original_max_position_embeddings"] = .integer(original)
    for (member, key) in [
      ("beta_fast", "rope.scaling.yarn_beta_fast"), ("beta_slow", "rope.scaling.yarn_beta_slow"),
    ] {
      guard let value: Double = try optional(key), value > 0 else { continue }
      scaling[member] = .number(value.shortestInSinglePrecision)
    }
    for key in ["rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"] {
      guard let value: Double = try optional(key), value > 0, value != 1 else { continue }
      // llama.cpp multiplies it by YaRN's own factor, transformers takes it for the whole.
      scaling["attention_factor"] = .number(value * (factor <= 1 ? 1 : 0.1 * log(factor) + 1))
    }
    members["rope_scaling"] = .object(scaling)
  }

  private mutating func setLongRope() throws(GGUFError) {
    guard let long = try factors("rope_factors_long.weight"),
      let short = try factors("rope_factors_short.weight")
    else {
      let missing = ["long", "short"].map { "rope_factors_\($0).weight" }
        .first { !tensors.has($0) }
      throw GGUFError(file: tensors.path, problem: .missingTensor(missing ?? ""))
    }
    let type: String = try optional("rope.scaling.type") ?? "longrope"
    guard type == "longrope" || type == "yarn" || type == "none" else {
      throw failure(at: "rope.scaling.type", expected: "longrope, whose factors are there")
    }
    ignore("rope.scaling.factor")
    var scaling: JSONObject = [
      "rope_type": .string("longrope"), "short_factor": .array(short.map(JSON.number)),
      "long_factor": .array(long.map(JSON.number)),
    ]
    let original = try size(
      "rope.scaling.original_context_length", default: try size("context_length"))
    scaling["original_max_position_embeddings"] = .integer(original)
    members["original_max_position_embeddings"] = .integer(original)
    if let factor: Double = try optional("rope.scaling.attn_factor"), factor > 0 {
      scaling["attention_factor"] = .number(factor.shortestInSinglePrecision)
    }
    members["rope_scaling"] = .object(scaling)
  }

  /// The elements of a tensor of factors, each above 0.
  private mutating func factors(_ name: String) throws(GGUFError) -> [Double]? {
    guard let factors = try tensors.numbers(name, limit: 4096) else { return nil }
    let pairs = try rotatingPairs()
    guard factors.count == pairs else {
      throw GGUFError(
        file: tensors.path,
        problem: .badShape(
          tensor: name,
          expected: "\(Counted(pairs, "factor")), one for each pair of elements that rotates",
          found: "\(factors.count)"))
    }
    guard factors.allSatisfy({ $0 > 0 }) else {
      throw GGUFError(
        file: tensors.path,
        problem: .badShape(
          tensor: name, expected: "factors above 0", found: "\(factors.min() ?? 0)"))
    }
    return factors.map(\.shortestInSinglePrecision)
  }

  /// Factors as they are: a LongRoPE whose lists for short and long texts are the same.
  private func given(_ factors: [Double]) -> JSONObject {
    let list = JSON.array(factors.map(JSON.number))
    return [
      "rope_type": .string("longrope"), "short_factor": list, "long_factor": list,
      "original_max_position_embeddings": members["max_position_embeddings"] ?? .integer(1),
      "attention_factor": .number(1),
    ]
  }

  /// The settings of Llama 3 that give these factors, with the constants that all of its models
  /// have; nil where they give others.
  private func llama3(_ factors: [Double]) -> JSONObject? {
    guard case .number(let base)? = members["rope_theta"], let factor = factors.max() else {
      return nil
    }
    let (low, high, original) = (1.0, 4.0, 8192.0)
    for (index, found) in factors.enumerated() {
      let wavelength = 2 * Double.pi * pow(base, Double(index) / Double(factors.count))
      let smooth = min(max((original / wavelength - low) / (high - low), 0), 1)
      let expected = 1 / ((1 - smooth) / factor + smooth)
      guard abs(found - expected) <= 1e-4 * expected else { return nil }
    }
    return [
      "rope_type": .string("llama3"), "factor": .number(factor),
      "low_freq_factor": .number(low), "high_freq_factor": .number(high),
      "original_max_position_embeddings": .integer(Int(original)),
    ]
  }

  /// Refuses a second scaling beside one by factors.
  private mutating func expectNoScaling(besides tensor: String) throws(GGUFError) {
    let type: String = try optional("rope.scaling.type") ?? "none"
    let factor: Double = try optional("rope.scaling.factor") ?? 1
    guard type == "none" || factor == 1 || factor == 0 else {
      throw failure(at: "rope.scaling.type", expected: "none, since \(tensor) is there")
    }
  }
}
