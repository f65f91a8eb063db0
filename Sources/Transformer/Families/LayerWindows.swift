internal import JSON

extension JSONNode {
  /// `sliding_window`: the number of keys that a query attends to, including its own; nil where it
  /// is null or absent.
  func window(default fallback: Int? = nil) throws(TransformerError) -> Int? {
    let isStated = try reading { () throws(JSONReadingError) in
      try keys().contains("sliding_window")
    }
    guard isStated else { return fallback }
    let isThere = try reading { () throws(JSONReadingError) in try has("sliding_window") }
    return isThere ? try size("sliding_window") : nil
  }

  /// Windows by layer as `layer_types` states them; nil where it is absent.
  func windows(
    window: Int?, layers: Int
  ) throws(TransformerError) -> [Int?]? {
    guard let types = try layerTypes(layers: layers) else { return nil }
    return try windows(of: types, window: window)
  }

  /// The windows of layers of these types.
  func windows(of types: [String], window: Int?) throws(TransformerError) -> [Int?] {
    var windows: [Int?] = []
    for type in types {
      if type == Self.slidingAttention {
        guard let window else {
          throw .unsupportedSetting(
            file: file, key: "sliding_window", found: "null",
            expected: "a window for the layers with sliding_attention")
        }
        windows.append(window)
      } else {
        windows.append(nil)
      }
    }
    return windows
  }

  /// The name of a layer with a window in `layer_types`.
  static let slidingAttention = "sliding_attention"
  /// The name of a layer without a window in `layer_types`.
  static let fullAttention = "full_attention"

  /// `layer_types`, one of the two names for each layer; nil where it is absent.
  func layerTypes(layers: Int) throws(TransformerError) -> [String]? {
    let types: [String]? = try reading { () throws(JSONReadingError) in try optional("layer_types")
    }
    guard let types else { return nil }
    guard types.count == layers else {
      throw .unsupportedSetting(
        file: file, key: "layer_types", found: "\(types.count) entries",
        expected: "one for each of \(layers) layers")
    }
    for type in types where type != Self.slidingAttention && type != Self.fullAttention {
      throw .unsupportedSetting(
        file: file, key: "layer_types", found: type,
        expected: "\(Self.fullAttention) or \(Self.slidingAttention)")
    }
    return types
  }

  /// `layer_types`; where it is absent, every `interval`-th layer is without a window.
  func layerTypes(layers: Int, fullEvery interval: Int) throws(TransformerError) -> [String] {
    try layerTypes(layers: layers)
      ?? (1...layers).map { $0 % interval == 0 ? Self.fullAttention : Self.slidingAttention }
  }
}
