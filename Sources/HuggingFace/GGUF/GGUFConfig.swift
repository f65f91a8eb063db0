import GGUF
import JSON

/// The config.json of a model, made of the metadata of its GGUF file. An architecture reads keys by
/// their names behind `ARCHITECTURE.`; what changes the result and was not read is refused at the
/// end.
struct GGUFConfig {
  /// The members of config.json.
  var members: JSONObject = [:]

  /// The tensors of the file.
  let tensors: GGUFTensors

  /// What each member was made of, for messages: `metadata llama.block_count`.
  private(set) var origins: [String: String] = [:]

  private let metadata: GGUFMetadata
  private let prefix: String
  private var readKeys: Set<String> = []

  /// Larger than any size of a model, and so small that the product of two sizes does not overflow.
  private static let largestSize = 1 << 24

  init(_ metadata: GGUFMetadata, _ tensors: GGUFTensors) throws(GGUFError) {
    self.metadata = metadata
    self.tensors = tensors
    prefix = try metadata.required("general.architecture")
  }

  /// The whole name of a key of the architecture.
  func path(of key: String) -> String { "\(prefix).\(key)" }

  /// An error at a key of the architecture.
  func failure(at key: String, expected: String, found: String? = nil) -> GGUFError {
    metadata.failure(at: path(of: key), expected: expected, found: found)
  }

  /// The value of a key, or nil where it is absent.
  mutating func optional<Value: GGUFReadable>(
    _ key: String, _ type: Value.Type = Value.self
  ) throws(GGUFError) -> Value? {
    readKeys.insert(key)
    return try metadata.optional(path(of: key))
  }

  /// A whole number above zero, no larger than any model's; required unless there is a default.
  mutating func size(_ key: String, default fallback: Int? = nil) throws(GGUFError) -> Int {
    readKeys.insert(key)
    let value: Int
    if let found = try ofAllLayers(key) ?? fallback {
      value = found
    } else {
      value = try metadata.required(path(of: key))
    }
    guard 1...Self.largestSize ~= value else {
      throw failure(at: key, expected: "a number from 1 to \(Self.largestSize)")
    }
    return value
  }

  /// An integer, or the one that an array has for every layer; nil where the key is absent.
  ///
  /// - Throws: for an array of another length than the number of layers, and for one of different
  ///   numbers: such models are not run.
  private func ofAllLayers(_ key: String) throws(GGUFError) -> Int? {
    let path = path(of: key)
    guard metadata.isArray(path) else { return try metadata.optional(path) }
    let values: [Int] = try metadata.required(path)
    guard let first = values.first, values.count == tensors.layerCount else {
      throw failure(
        at: key, expected: "an integer, or one for each of \(Counted(tensors.layerCount, "layer"))")
    }
    if let other = values.first(where: { $0 != first }) {
      throw failure(
        at: key, expected: "the same integer for every layer", found: "\(first) and \(other)")
    }
    return first
  }

  /// Sets a member to a size.
  @discardableResult
  mutating func set(
    _ member: String, size key: String, default fallback: Int? = nil
  ) throws(GGUFError) -> Int {
    let value = try size(key, default: fallback)
    set(member, to: .integer(value), from: key)
    return value
  }

  /// Sets a member to what stands at a key.
  mutating func set(_ member: String, to value: JSON, from key: String) {
    members[member] = value
    origins[member] = "metadata \(path(of: key))"
  }

  /// Sets a member to what the tensors say.
  mutating func set(_ member: String, to value: JSON, fromTensor name: String) {
    members[member] = value
    origins[member] = "tensor \(name)"
  }

  /// Sets a member to a number above 0, within the normal range of an f32; required unless there is
  /// a default.
  mutating func set(
    _ member: String, positive key: String, default fallback: Double? = nil
  ) throws(GGUFError) {
    guard let value = try optional(key, Double.self) ?? fallback,
      value >= Double(Float.leastNormalMagnitude), value <= Double(Float.greatestFiniteMagnitude)
    else { throw failure(at: key, expected: "a number above 0") }
    set(member, to: .number(value.shortestInSinglePrecision), from: key)
  }

  /// Sets a member to a number; leaves it out where the key is absent and there is no default.
  @discardableResult
  mutating func set(
    _ member: String, number key: String, default fallback: Double? = nil
  ) throws(GGUFError) -> Double? {
    guard let value = try optional(key, Double.self) ?? fallback else { return nil }
    guard value.isFinite else { throw failure(at: key, expected: "a finite number") }
    set(member, to: .number(value.shortestInSinglePrecision), from: key)
    return value
  }

  /// Checks that every token of the file's tokenizer has a row of the embedding.
  func checkTokens(count: Int) throws(GGUFError) {
    let key = "tokenizer.ggml.tokens"
    guard let tokens = metadata.count(of: key), tokens > count else { return }
    throw metadata.failure(
      at: key, expected: "at most \(Counted(count, "token")), the rows of token_embd.weight")
  }

  /// Notes that a key is read, whatever stands there.
  mutating func ignore(_ key: String) { readKeys.insert(key) }

  /// Keys that change what a model computes, where an architecture uses them, with the values at
  /// which they change nothing besides 0, 1 for factors, and false.
  private static let effective: [String: Double?] = [
    "attention.alibi_bias_max": nil, "attention.clamp_kqv": nil, "attention.head_count_kv": nil,
    "attention.key_length": nil, "attention.key_length_mla": nil, "attention.max_alibi_bias": nil,
    "attention.q_lora_rank": nil, "attention.kv_lora_rank": nil, "attention.scale": nil,
    "attention.shared_kv_layers": nil, "attention.sliding_window": nil,
    "attention.temperature_scale": 1, "attention.value_length": nil,
    "attn_logit_softcapping": nil, "embedding_scale": 1, "expert_count": nil,
    "expert_used_count": nil, "final_logit_softcapping": nil, "leading_dense_block_count": nil,
    "logit_scale": 1, "nextn_predict_layers": nil, "parallel_residual": nil,
    "residual_scale": 1, "rope.dimension_count": nil, "rope.dimension_sections": nil,
    "rope.freq_base": 10_000, "rope.freq_base_swa": nil, "rope.scale_linear": 1,
    "rope.scaling.factor": 1, "rope.scaling.yarn_log_multiplier": nil, "swin_norm": nil,
    "use_parallel_residual": nil,
  ]

  /// Refuses keys that change the result and that the architecture has not read.
  func checkUnread() throws(GGUFError) {
    for (key, neutral) in Self.effective.sorted(by: { $0.key < $1.key })
    where !readKeys.contains(key) && metadata.has(path(of: key)) {
      if let flag = try? metadata.optional(path(of: key), Bool.self), !flag { continue }
      if let value = try? metadata.optional(path(of: key), Double.self),
        value == 0 || value == neutral
      {
        continue
      }
      throw failure(at: key, expected: "nothing: architecture \(prefix) has no such setting")
    }
    // Attention in both directions, as of embedding models.
    if try metadata.optional(path(of: "attention.causal")) == false {
      throw failure(at: "attention.causal", expected: "true")
    }
  }
}

extension Double {
  /// The number of which an f32 is the rounding, as far as that can be told: the decimal fraction
  /// with the fewest digits. So 1e-5 stays 1e-5 on its way through a file.
  var shortestInSinglePrecision: Double {
    let single = Float(self)
    return Double(single) == self ? Double("\(single)") ?? self : self
  }
}
