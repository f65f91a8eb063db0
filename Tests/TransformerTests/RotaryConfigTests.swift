import HuggingFace
import Testing
import Transformer

/// Rotary embeddings in config.json, in both styles, with transformers' values.
@Suite struct RotaryConfigTests {
  static let longRope = """
    "rope_type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [2, 2, 2, 2]
    """

  private func rotation(
    _ family: String, _ settings: [String: String], layer: Int = 0
  ) throws -> RotaryParameters? {
    try FamilyConfigTests().configuration(family, settings).rotation(ofLayer: layer)
  }

  /// The same settings with `rope_scaling` and as they are; the model's longest text is 256 tokens.
  private func scaled(
    _ family: String, _ scaling: String, _ settings: [String: String] = [:], layer: Int = 0
  ) throws -> RotaryParameters? {
    let all = ["max_position_embeddings": "256", "rope_scaling": "{\(scaling)}"]
    return try rotation(family, all.merging(settings) { $1 }, layer: layer)
  }

  private func message(_ run: () throws -> RotaryParameters?) throws -> String {
    let error = #expect(throws: TransformerError.self) { try run() }
    return "\(try #require(error))"
  }

  @Test(arguments: [
    "\"type\": \"yarn\", \"factor\": 4.0",
    "\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0",
    longRope,
  ])
  func originalPositionsOutsideTheScalingPrecede(scaling: String) throws {
    let key = "original_max_position_embeddings"
    let inside = try scaled("llama", scaling + ", \"\(key)\": 64")
    #expect(try scaled("llama", scaling, [key: "64"]) == inside)
    #expect(try scaled("llama", scaling + ", \"\(key)\": 16", [key: "64"]) == inside)
    // Without a value, the model's longest text is used.
    #expect(try scaled("llama", scaling) == scaled("llama", scaling + ", \"\(key)\": 256"))
    let newer = ["max_position_embeddings": "256", key: "64"]
    #expect(
      try rotation("llama", newer.merging(["rope_parameters": "{\(scaling)}"]) { $1 }) == inside)
  }

  @Test func ropeScalingReplacesRopeParameters() throws {
    let yarn = "\"type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 64"
    let theta = ["rope_theta": "1000000.0"]
    let alone = try scaled("qwen2", yarn, theta)
    #expect(alone?.scaling != RotaryParameters.Scaling.none)
    let newer = ["rope_parameters": "{\"rope_type\": \"default\", \"rope_theta\": 1000000.0}"]
    #expect(try scaled("qwen2", yarn, theta.merging(newer) { $1 }) == alone)
    #expect(try scaled("qwen2", yarn + ", \"rope_theta\": 1000000.0", newer) == alone)
    #expect(try scaled("qwen2", "", newer)?.base == 1_000_000)
    // The base would be lost with the set that holds it.
    let lost = try message { try scaled("qwen2", yarn, newer) }
    #expect(lost.contains("rope_parameters.rope_theta is replaced by rope_scaling"))
    let share = ["rope_parameters": "{\"partial_rotary_factor\": 0.25}"]
    let half = try message { try scaled("glm", "\"type\": \"linear\", \"factor\": 2.0", share) }
    #expect(half.contains("rope_parameters.partial_rotary_factor"))
  }

  @Test func ropeScalingJoinsTheSetOfLayersWithoutAWindow() throws {
    let base = ["num_hidden_layers": "6"]
    let sets = """
      {"full_attention": {"rope_type": "default", "rope_theta": 500.0},
       "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}}
      """
    let newer = base.merging(["rope_parameters": sets]) { $1 }
    let linear = "\"rope_type\": \"linear\", \"factor\": 4.0"
    for (family, full) in [("gemma3_text", 5), ("olmo3", 3)] {
      let found = try scaled(family, linear, newer, layer: full)
      #expect(found?.base == 500 && found?.scaling == .linear(factor: 4))
      #expect(try scaled(family, linear, newer, layer: 0) == rotation(family, newer, layer: 0))
      let type = try message { try scaled(family, "\"type\": \"linear\", \"factor\": 4.0", base) }
      #expect(type.contains("rope_scaling.type is linear"))
    }
    let yarn = try scaled("gemma3_text", "\"rope_type\": \"yarn\", \"factor\": 4.0", base, layer: 5)
    guard case .yarn(let parameters) = yarn?.scaling else {
      Issue.record("gemma3_text reads no yarn")
      return
    }
    #expect(parameters.originalPositions == 256)
    let cut = try message {
      try scaled(
        "gemma3_text", "\"rope_type\": \"yarn\", \"factor\": 4.0, \"truncate\": false", base)
    }
    #expect(cut.contains("truncate is false"))
  }

  @Test func olmo3StatesAnotherBaseByKindOfLayer() throws {
    let old = try message { try rotation("olmo3", ["rope_theta": "10000.0"]) }
    #expect(old.contains("rope_theta is 10000.0"))
    let sets = """
      {"full_attention": {"rope_theta": 10000.0}, "sliding_attention": {"rope_theta": 10000.0}}
      """
    let found = try rotation("olmo3", ["rope_parameters": sets, "rope_theta": "700000.0"])
    #expect(found?.base == 10_000)
  }

  @Test func headsThatRotateAsAWholeHaveNoShare() throws {
    for family in ["llama", "qwen2", "mistral", "granite", "olmo2", "cohere", "helium"] {
      let settings = ["head_dim": "8"]
      let share = settings.merging(["partial_rotary_factor": "0.5"]) { $1 }
      #expect(try rotation(family, share) == rotation(family, settings), "\(family)")
      let linear = try message { try scaled(family, "\"type\": \"linear\", \"factor\": 2", share) }
      #expect(linear.contains("partial_rotary_factor is 0.5"), "\(family)")
    }
    #expect(try rotation("glm", ["partial_rotary_factor": "0.25"])?.dimension == 32)
    #expect(try rotation("gpt_neox", ["partial_rotary_factor": "1.0"])?.dimension == 2)
  }

  @Test func yarnReadsNullsAsPythonDoes() throws {
    let yarn = "\"rope_type\": \"yarn\", \"original_max_position_embeddings\": 64"
    let ratio = try scaled("llama", yarn + ", \"factor\": null")
    #expect(ratio == (try scaled("llama", yarn + ", \"factor\": 4.0")))
    let silent = try message { try scaled("llama", yarn) }
    #expect(silent.contains("rope_scaling.factor"))
    let whole = try scaled("llama", yarn + ", \"factor\": 4, \"truncate\": null")
    #expect(whole == (try scaled("llama", yarn + ", \"factor\": 4, \"truncate\": false")))
    #expect(whole != ratio)
    let nulls = ["attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"]
      .map { ", \"\($0)\": null" }.joined()
    #expect(try scaled("llama", yarn + ", \"factor\": 4" + nulls) == ratio)
  }

  @Test func ropeTypeGoesBeforeType() throws {
    let found = try scaled(
      "qwen2", "\"type\": \"linear\", \"rope_type\": \"default\", \"factor\": 4")
    #expect(found?.scaling == RotaryParameters.Scaling.none)
    for type in ["dynamic", "mrope", "proportional"] {
      let text = try message { try scaled("qwen2", "\"rope_type\": \"\(type)\", \"factor\": 4") }
      #expect(text.contains("rope_scaling.rope_type is \(type)"))
    }
  }
}
