internal import JSON

/// The keys of a family's config.json that affect what transformers 5.23 computes, and those of
/// them that the decoder does not support. The sweep in Tests/Golden/config-keys changes each of
/// them.
struct ConfigKeys: Sendable {
  /// A value at which an unsupported key changes nothing.
  enum NeutralValue: Sendable {
    case null
    /// `false` also means null, as in Python.
    case bool(Bool)
    case integer(Int)
    /// A list of this number alone.
    case every(Int)
  }

  /// Keys that the family's reader uses.
  private(set) var read: Set<String>
  /// Keys that transformers uses and the decoder does not support, with the values that change
  /// nothing.
  private(set) var refused: [String: NeutralValue] = [:]
  /// Other names of keys in transformers, with the names that are read.
  private(set) var aliases: [String: String] = [:]

  /// Keys that transformers uses for every family.
  static let everywhere: [String: NeutralValue] = [
    "is_causal": .bool(true), "per_layer_config": .null,
  ]

  /// Keys with settings by layer. transformers ignores them where a family's class does not have
  /// them, and then computes something else than the file says; so they are refused wherever they
  /// are not read.
  static let layerKeys: [String: NeutralValue] = [
    "attention_chunk_size": .null, "no_rope_layers": .every(1), "sliding_window_pattern": .null,
  ]

  /// The keys of rotary embeddings.
  static let rotary: Set<String> = [
    "rope_theta", "rope_scaling", "rope_parameters", "original_max_position_embeddings",
    "partial_rotary_factor",
  ]

  /// The keys of Llama's reader, without biases.
  static let llama = ConfigKeys(
    read: rotary.union([
      "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
      "num_key_value_heads", "head_dim", "vocab_size", "max_position_embeddings", "rms_norm_eps",
      "hidden_act", "tie_word_embeddings",
    ]))

  init(
    read: Set<String>, refused: [String: NeutralValue] = [:], aliases: [String: String] = [:]
  ) {
    self.read = read
    self.refused = refused
    self.aliases = aliases
  }

  /// These keys and others, without some.
  func adding(
    _ keys: Set<String>, without others: Set<String> = [],
    refused more: [String: NeutralValue] = [:]
  ) -> ConfigKeys {
    ConfigKeys(
      read: read.union(keys).subtracting(others), refused: refused.merging(more) { $1 },
      aliases: aliases)
  }

  /// The name under which a key is read.
  func name(of key: String) -> String { aliases[key] ?? key }
}

extension ConfigKeys.NeutralValue {
  fileprivate func includes(_ json: JSON) -> Bool {
    switch (self, json) {
    case (.null, .null), (.bool(false), .null): true
    case (.bool(let expected), .bool(let found)): expected == found
    case (.integer, .null), (.every, .null): true
    case (.integer(let expected), _): json == .integer(expected)
    case (.every(let expected), .array(let found)):
      found.allSatisfy { $0 == .integer(expected) || $0 == .bool(expected != 0) }
    default: false
    }
  }

  fileprivate var expectation: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .every(let value): "\(value) for every layer"
    }
  }
}

extension ConfigKeys {
  /// Throws where config.json sets a key that changes the result and is not read.
  func check(_ config: JSONNode) throws(TransformerError) {
    let others = Self.layerKeys.filter { !read.contains($0.key) }
    let all = others.merging(Self.everywhere) { $1 }.merging(refused) { $1 }
    for (key, neutral) in all.sorted(by: { $0.key < $1.key }) {
      guard let found = try config.value(key), !neutral.includes(found.json) else { continue }
      throw .unsupportedSetting(
        file: config.file, key: config.path(of: key), found: found.json.shown,
        expected: neutral.expectation)
    }
    for (alias, key) in aliases.sorted(by: { $0.key < $1.key }) {
      guard let found = try config.value(alias), found.json != .null else { continue }
      let own = try config.value(key)
      guard found.json != own?.json else { continue }
      throw .unsupportedSetting(
        file: config.file, key: config.path(of: alias), found: found.json.shown,
        expected: "\(key) alone or the same value, \(own?.json.shown ?? "which is not there")")
    }
  }

  /// Throws where config.json has other windows by layer than the configuration.
  func check(
    _ config: JSONNode, against configuration: DecoderConfiguration
  ) throws(TransformerError) {
    let windows = configuration.windows
    if !read.contains("sliding_window"),
      try config.setting("use_sliding_window", default: true),
      let window = try config.window(), window < configuration.maximumPositions
    {
      throw .unsupportedSetting(
        file: config.file, key: config.path(of: "sliding_window"), found: "\(window)",
        expected: "null: \(configuration.family) has no windows")
    }
    guard let types = try config.layerTypes(layers: windows.count) else { return }
    for (layer, (type, window)) in zip(types, windows).enumerated() {
      let own = window == nil ? JSONNode.fullAttention : JSONNode.slidingAttention
      guard type != own else { continue }
      throw .unsupportedSetting(
        file: config.file, key: config.path(of: "layer_types[\(layer)]"), found: type,
        expected: "\(own), as the other keys say of \(configuration.family)")
    }
  }
}

extension JSONNode {
  /// The path of a key of this object from the root of the file.
  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Whether a key is present with null.
  func isNull(_ key: String) throws(TransformerError) -> Bool {
    try value(key)?.json == JSON.null
  }

  /// The value of a key, also null; nil where the key is absent.
  func value(_ key: String) throws(TransformerError) -> JSONNode? {
    try reading { () throws(JSONReadingError) in
      guard try keys().contains(key) else { return nil }
      return try has(key) ? try optional(key) : JSONNode(.null, file: file, path: key)
    }
  }
}

extension JSON {
  /// The value in an error message.
  fileprivate var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value
    case .array, .object: "there"
    }
  }
}
