import Foundation

/// A Llama of random weights with ``TinyTokenizer``, small enough to train in a test: what it says
/// means nothing, but it depends on its context.
package enum TinyModel {
  /// F, layers, query heads, key/value heads and the longest text.
  private static let (hidden, layers, heads, keyValueHeads) = (48, 2, 4, 2)
  package static let positions = 256

  /// Writes the model folder `name` and says where it is.
  ///
  /// - Parameters:
  ///   - width: E.
  ///   - padding: rows of the vocabulary without a token.
  ///   - positions: of the longest text.
  ///   - seed: of the weights.
  ///   - tokenizer: the text of its tokenizer.json.
  package static func write(
    _ name: String = "model", in folder: TemporaryFolder, width: Int = 32, padding: Int = 0,
    positions: Int = positions, seed: UInt64 = 20, tokenizer: String = TinyTokenizer.json
  ) throws -> URL {
    let vocabulary = TinyTokenizer.vocabularySize + padding
    try folder.write("\(name)/tokenizer.json", tokenizer)
    try folder.write(
      "\(name)/config.json",
      """
      {"model_type": "llama", "hidden_size": \(width), "intermediate_size": \(hidden),
       "num_hidden_layers": \(layers), "num_attention_heads": \(heads),
       "num_key_value_heads": \(keyValueHeads), "vocab_size": \(vocabulary),
       "max_position_embeddings": \(positions), "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
       "hidden_act": "silu", "tie_word_embeddings": true, "eos_token_id": 8, "bos_token_id": 0}
      """)
    return try folder.write(
      "\(name)/model.safetensors", weights(width: width, vocabulary: vocabulary, seed: seed)
    ).deletingLastPathComponent()
  }

  /// The weights as a safetensors file.
  private static func weights(width: Int, vocabulary: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    var entries: [String] = []
    var data: [UInt8] = []
    func add(_ name: String, _ shape: [Int], _ values: [Float]) {
      let begin = data.count
      for value in values {
        for shift in [0, 8, 16, 24] {
          data.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
      }
      entries.append(
        "\"\(name)\": {\"dtype\": \"F32\", \"shape\": \(shape), "
          + "\"data_offsets\": [\(begin), \(data.count)]}")
    }
    func matrix(_ name: String, _ outputs: Int, _ inputs: Int) {
      let size = (3 / Float(inputs)).squareRoot() * 1.5
      add(name, [outputs, inputs], random.floats(outputs * inputs, in: -size...size))
    }
    func ones(_ name: String) { add(name, [width], [Float](repeating: 1, count: width)) }
    let keyValueWidth = width / heads * keyValueHeads
    matrix("model.embed_tokens.weight", vocabulary, width)
    for layer in 0..<layers {
      let prefix = "model.layers.\(layer)."
      ones(prefix + "input_layernorm.weight")
      matrix(prefix + "self_attn.q_proj.weight", width, width)
      matrix(prefix + "self_attn.k_proj.weight", keyValueWidth, width)
      matrix(prefix + "self_attn.v_proj.weight", keyValueWidth, width)
      matrix(prefix + "self_attn.o_proj.weight", width, width)
      ones(prefix + "post_attention_layernorm.weight")
      matrix(prefix + "mlp.gate_proj.weight", hidden, width)
      matrix(prefix + "mlp.up_proj.weight", hidden, width)
      matrix(prefix + "mlp.down_proj.weight", width, hidden)
    }
    ones("model.norm.weight")
    var header = Array("{\(entries.joined(separator: ", "))}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }
}
