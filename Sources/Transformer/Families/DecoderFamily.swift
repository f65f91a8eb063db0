internal import Compute
package import JSON

/// The mapping of a family of checkpoints to the decoder: its config.json to a configuration, its
/// tensor names to weights. To add a family, write one file like Llama.swift and list it in `all`.
struct DecoderFamily: Sendable {
  /// The `model_type`s of the family.
  let modelTypes: [String]
  /// The keys of config.json that it reads, and those that it refuses.
  let keys: ConfigKeys
  /// The key of the decoder's settings, where a file has it.
  var settingsKey: String?
  /// Reads config.json; refuses unsupported settings by name.
  let configuration: @Sendable (JSONNode) throws(TransformerError) -> DecoderConfiguration
  /// The checkpoint's tensor names.
  let tensors: @Sendable (JSONNode) throws(TransformerError) -> DecoderTensors

  /// Every family that Pith runs.
  static let all: [DecoderFamily] = [
    .llama, .mistral, .ministral, .qwen2, .qwen3, .gemma, .gemma2, .gemma3Text, .gemma3, .phi3,
    .smolLM3, .granite, .olmo2, .olmo3, .cohere, .cohere2, .ernie45, .glm, .glm4, .helium,
    .starCoder2, .stableLM, .falcon, .gptNeoX, .gpt2,
  ]

  /// The family of a config.json.
  static func of(_ config: JSONNode) throws(TransformerError) -> DecoderFamily {
    let found: String = try reading { () throws(JSONReadingError) in
      try config.required("model_type")
    }
    guard let family = all.first(where: { $0.modelTypes.contains(found) }) else {
      throw .unsupportedFamily(file: config.file, found: found, supported: supported)
    }
    return family
  }

  /// The `model_type`s that Pith runs, for help and messages.
  static let supported: [String] = all.flatMap(\.modelTypes)
}

extension DecoderConfiguration {
  /// The `model_type`s that Pith runs.
  package static var supportedFamilies: [String] { DecoderFamily.supported }

  /// Reads the config.json of a supported family whose weights are plain numbers.
  ///
  /// - Throws: for an unknown family, a setting that is not supported, and quantised weights.
  package init(config: JSONNode) throws(TransformerError) {
    do throws(TransformerError) {
      let family = try DecoderFamily.of(config)
      try config.refuseQuantization()
      let settings = try family.settings(config)
      try family.keys.check(settings)
      self = try family.configuration(config)
      try family.keys.check(settings, against: self)
    } catch { throw error.naming(config.origins) }
  }
}

extension DecoderFamily {
  /// The decoder's settings, which are a part of config.json in multimodal models.
  func settings(_ config: JSONNode) throws(TransformerError) -> JSONNode {
    guard let settingsKey else { return config }
    return try reading { () throws(JSONReadingError) in
      try config.optional(settingsKey) ?? config
    }
  }
}

/// Runs a read of a JSON value and gives its error the type of this layer.
func reading<Value>(
  _ read: () throws(JSONReadingError) -> Value
) throws(TransformerError) -> Value {
  do { return try read() } catch { throw .configuration(error) }
}

extension JSONNode {
  /// Larger than any size of a model, and so small that the product of two sizes does not overflow.
  private static let largestSize = 1 << 24

  /// A required whole number above zero, and no larger than any model's.
  func size(_ key: String, default fallback: Int? = nil) throws(TransformerError) -> Int {
    let value: Int = try reading { () throws(JSONReadingError) in
      if let fallback { return try optional(key) ?? fallback }
      return try required(key)
    }
    guard value > 0, value <= Self.largestSize else {
      throw .configuration(
        failure(
          expected: value > 0 ? "\(Self.largestSize) at most" : "a number above 0",
          found: "\(value)", at: key))
    }
    return value
  }

  /// A number above zero within Float's normal range, with a default or required.
  func positive(
    _ key: String, default fallback: Double? = nil
  ) throws(TransformerError) -> Double {
    let value: Double = try reading { () throws(JSONReadingError) in
      if let fallback { return try optional(key) ?? fallback }
      return try required(key)
    }
    let (least, greatest) = (Float.leastNormalMagnitude, Float.greatestFiniteMagnitude)
    guard value >= Double(least), value <= Double(greatest) else {
      throw .configuration(
        failure(
          expected: value > 0 ? "a number between \(least) and \(greatest)" : "a number above 0",
          found: "\(value)", at: key))
    }
    return value
  }

  /// A setting with a default.
  func setting<Value: JSONReadable>(
    _ key: String, default fallback: Value
  ) throws(TransformerError) -> Value {
    try reading { () throws(JSONReadingError) in try optional(key) ?? fallback }
  }

  /// The activation function with this name in Hugging Face.
  func activation(_ key: String, default fallback: String) throws(TransformerError) -> Activation {
    let name = try setting(key, default: fallback)
    switch name {
    case "silu", "swish": return .silu
    case "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh", "gelu_fast": return .geluTanh
    case "relu": return .relu
    default:
      throw .unsupportedSetting(
        file: file, key: key, found: name,
        expected: "silu, gelu, gelu_new, gelu_pytorch_tanh or relu")
    }
  }
}
