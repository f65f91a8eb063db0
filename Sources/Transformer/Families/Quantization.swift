internal import JSON

extension JSONNode {
  /// Refuses a config.json of quantised weights, which transformers and, under another key, MLX
  /// state in it.
  func refuseQuantization() throws(TransformerError) {
    for key in ["quantization_config", "quantization", "compression_config"] {
      let settings: JSONNode? = try reading { () throws(JSONReadingError) in try optional(key) }
      guard let settings else { continue }
      guard case .object = settings.json else {
        if case .bool(false) = settings.json { continue }
        throw .unsupportedSetting(
          file: file, key: key, found: settings.json.kind, expected: "weights in f32, bf16 or f16")
      }
      let method: String? = try reading { () throws(JSONReadingError) in
        try settings.optional("quant_method")
      }
      let bits: Int? = try reading { () throws(JSONReadingError) in try settings.optional("bits") }
      throw .unsupportedSetting(
        file: file, key: key,
        found: method ?? bits.map { "\($0) bits\(key == "quantization" ? " of MLX" : "")" }
          ?? "there",
        expected: "weights in f32, bf16 or f16")
    }
  }
}
