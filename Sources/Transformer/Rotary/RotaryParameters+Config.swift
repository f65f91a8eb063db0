import Foundation
internal import JSON

/// The keys and defaults of a family's rotary embedding in config.json, as in transformers.
struct RotarySettings {
  var headDimension: Int
  /// Nil where config.json itself holds no base.
  var baseKey: String? = "rope_theta"
  var base = 10_000.0
  /// The key of the fraction of a head that rotates; nil where whole heads rotate.
  var fractionKey: String?
  var fraction = 1.0
  /// The model's longest text, which LongRoPE's attention factor needs.
  var maximumPositions = 0
  /// `original_max_position_embeddings` of the family's class, which precedes that of the scaling.
  var originalPositions: Int?
  /// Values of `rope_type` that mean LongRoPE.
  var longRopeNames: Set<String> = ["longrope"]
}

extension RotaryParameters {
  /// Reads the rotary embedding of config.json in both styles: `rope_theta` with `rope_scaling`,
  /// and the newer `rope_parameters`. Where both are present, `rope_scaling` replaces the other.
  init(_ config: JSONNode, _ settings: RotarySettings) throws(TransformerError) {
    let newer = try config.object("rope_parameters")
    let scaling = try config.object("rope_scaling")
    for key in [JSONNode.fullAttention, JSONNode.slidingAttention] {
      if let parameters = scaling ?? newer, try parameters.object(key) != nil {
        throw .unsupportedSetting(
          file: config.file, key: "\(parameters.path).\(key)", found: "there",
          expected: "one rotary embedding for all layers of this family")
      }
    }
    var settings = settings
    // Where config.json itself states it, that value precedes the scaling's.
    let original: Int? = try reading { () throws(JSONReadingError) in
      try config.optional("original_max_position_embeddings")
    }
    if original != nil { settings.originalPositions = original }
    try self.init(config, scaling ?? newer, settings)
    guard scaling != nil, let newer else { return }
    // Replaced by rope_scaling, the newer set is lost in transformers, its base too: an error in
    // the file.
    let replaced = try RotaryParameters(config, newer.unscaled(), settings)
    for (key, found, kept) in [
      ("rope_theta", replaced.base, base),
      ("partial_rotary_factor", Double(replaced.dimension), Double(dimension)),
    ] where found != kept {
      throw .unsupportedSetting(
        file: config.file, key: "rope_parameters.\(key)", found: "replaced by rope_scaling",
        expected: "\(key) in rope_scaling, or all in rope_parameters")
    }
  }

  /// Reads the rotary embedding of one kind of layer, named as in `layer_types`. In the newer style
  /// `rope_parameters` holds a set for each kind; in the older one `rope_scaling` is for the layers
  /// without a window. Where both are present, the keys of `rope_scaling` precede those of the set.
  init(
    _ config: JSONNode, layers type: String, _ settings: RotarySettings
  ) throws(TransformerError) {
    var parameters = try config.object("rope_parameters")?.object(type)
    if type == JSONNode.fullAttention, let scaling = try config.object("rope_scaling") {
      let older = try scaling.setting("type", default: "default")
      guard try older == scaling.setting("rope_type", default: "default") || older == "default"
      else {
        throw .unsupportedSetting(
          file: config.file, key: "rope_scaling.type", found: older,
          expected: "rope_type, which alone counts in this family")
      }
      parameters = scaling.over(parameters)
    }
    if let parameters, try !parameters.setting("truncate", default: true) {
      throw .unsupportedSetting(
        file: config.file, key: "\(parameters.path).truncate", found: "false",
        expected: "true, which transformers takes where each kind of layer has a set")
    }
    try self.init(config, parameters, settings)
  }

  /// Reads one set of parameters; keys that it lacks are read from `config` itself.
  init(
    _ config: JSONNode, _ parameters: JSONNode?, _ settings: RotarySettings
  ) throws(TransformerError) {
    var base = settings.base
    if let key = settings.baseKey { base = try config.positive(key, default: base) }
    if let parameters { base = try parameters.positive("rope_theta", default: base) }
    let type = try parameters?.ropeType() ?? "default"
    let key = "partial_rotary_factor"
    var fraction = try config.positive(
      settings.fractionKey ?? key, default: settings.fraction)
    if let parameters { fraction = try parameters.positive(key, default: fraction) }
    // Where whole heads rotate, unscaled frequencies ignore the fraction.
    if settings.fractionKey == nil && type == "default" { fraction = 1 }
    let headDimension = settings.headDimension
    let dimension = Int(Double(headDimension) * min(fraction, 2))
    guard dimension > 0, dimension % 2 == 0, dimension <= headDimension else {
      throw .unsupportedSetting(
        file: config.file, key: settings.fractionKey ?? key, found: "\(fraction)",
        expected: "an even number of rotating elements up to head_dim \(headDimension)")
    }
    guard settings.fractionKey != nil || dimension == headDimension else {
      throw .unsupportedSetting(
        file: config.file, key: key, found: "\(fraction)",
        expected: "1, since the heads of this family rotate as a whole")
    }
    self.init(base: base, dimension: dimension)
    if let parameters { scaling = try scaling(type, parameters, settings) }
  }
}

extension JSONNode {
  /// `rope_type`, which older files call `type`.
  func ropeType() throws(TransformerError) -> String {
    try setting("rope_type", default: try setting("type", default: "default"))
  }

  /// The object of a key, or nil where the key is absent, null or empty, as Python's `or` has it.
  fileprivate func object(_ key: String) throws(TransformerError) -> JSONNode? {
    try reading { () throws(JSONReadingError) in
      guard let found: JSONNode = try optional(key), try !found.keys().isEmpty else { return nil }
      return found
    }
  }

  /// This object without its scaling.
  fileprivate func unscaled() -> JSONNode {
    guard case .object(var object) = json else { return self }
    (object["type"], object["rope_type"]) = (nil, nil)
    return JSONNode(.object(object), file: file, path: path)
  }

  /// The members of this object, and those of another that it lacks.
  fileprivate func over(_ other: JSONNode?) -> JSONNode {
    guard case .object(let own) = json, case .object(var all) = other?.json else { return self }
    for (key, value) in own.members { all[key] = value }
    return JSONNode(.object(all), file: file, path: path)
  }
}
