/// A GGUF file with all that a model needs: a llama of one layer in several formats, a byte-level
/// tokenizer and a chat template.
package enum TinyGGUF {
  private static let letters = "abcdefghijklmnopqrstuvwxyz".map { String($0) }
  private static let tokens = ["<s>", "</s>", "Ġ"] + letters + ["ab", "ca", "cab"]

  /// The file.
  package static var file: GGUFBytes {
    GGUFBytes(metadata, tensors: tensors)
  }

  /// The file with a tokenizer of SentencePiece.
  package static var sentencePiece: GGUFBytes {
    var file = file
    let texts = ["<unk>", "<s>", "</s>", "\u{2581}"] + letters + ["ab", "ca"]
    let kinds = texts.indices.map { GGUFBytes.Value.integer($0 == 0 ? 2 : $0 < 3 ? 3 : 1) }
    let replaced: [String: GGUFBytes.Value] = [
      "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.tokens": .strings(texts),
      "tokenizer.ggml.token_type": .array(of: 5, kinds),
      "tokenizer.ggml.bos_token_id": .integer(1), "tokenizer.ggml.eos_token_id": .integer(2),
    ]
    file.metadata = file.metadata.filter {
      !["tokenizer.ggml.pre", "tokenizer.ggml.merges"].contains($0.key)
    }
    .map { ($0.key, replaced[$0.key] ?? $0.value) }
    file.metadata.append(
      (
        "tokenizer.ggml.scores",
        .array(of: 6, texts.indices.map { .number(-Float($0)) })
      ))
    return file
  }

  /// The file with nothing but what a llama needs.
  package static var plain: GGUFBytes {
    var file = file
    file.metadata = file.metadata.filter { !$0.key.hasPrefix("tokenizer.") }
    file.tensors = file.tensors.filter { $0.name != "rope_freqs.weight" }
    return file
  }

  private static var metadata: [(key: String, value: GGUFBytes.Value)] {
    let kinds = tokens.indices.map { GGUFBytes.Value.integer($0 < 2 ? 3 : 1) }
    return [
      ("general.architecture", .string("llama")), ("general.type", .string("model")),
      ("general.name", .string("Tiny")), ("general.alignment", .integer(32)),
      ("llama.context_length", .integer(64)), ("llama.embedding_length", .integer(32)),
      ("llama.block_count", .integer(1)), ("llama.feed_forward_length", .integer(32)),
      ("llama.attention.head_count", .integer(2)),
      ("llama.attention.head_count_kv", .integer(1)),
      ("llama.attention.layer_norm_rms_epsilon", .number(1e-5)),
      ("llama.rope.freq_base", .number(10_000)), ("llama.rope.dimension_count", .integer(16)),
      ("llama.rope.scaling.type", .string("none")),
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("gpt-2")),
      ("tokenizer.ggml.tokens", .strings(tokens)),
      ("tokenizer.ggml.token_type", .array(of: 5, kinds)),
      ("tokenizer.ggml.merges", .strings(["a b", "c a", "ca b"])),
      ("tokenizer.ggml.bos_token_id", .integer(0)), ("tokenizer.ggml.eos_token_id", .integer(1)),
      ("tokenizer.ggml.add_bos_token", .bool(true)),
      (
        "tokenizer.chat_template",
        .string("{% for message in messages %}{{ message.content }}{% endfor %}")
      ),
    ]
  }

  private static var tensors: [GGUFBytes.Tensor] {
    let size = UInt64(tokens.count)
    return [
      numbers("token_embd.weight", [32, size]), numbers("output_norm.weight", [32]),
      numbers("rope_freqs.weight", [8]).with(constant: 1), numbers("blk.0.attn_norm.weight", [32]),
      blocks("blk.0.attn_q.weight", [32, 32], type: 8, bytes: 34),
      blocks("blk.0.attn_k.weight", [32, 16], type: 2, bytes: 18),
      blocks("blk.0.attn_v.weight", [32, 16], type: 3, bytes: 20),
      blocks("blk.0.attn_output.weight", [32, 32], type: 6, bytes: 22),
      numbers("blk.0.ffn_norm.weight", [32]),
      blocks("blk.0.ffn_gate.weight", [32, 32], type: 7, bytes: 24),
      numbers("blk.0.ffn_up.weight", [32, 32]), numbers("blk.0.ffn_down.weight", [32, 32]),
    ]
  }

  private static func numbers(_ name: String, _ shape: [UInt64]) -> GGUFBytes.Tensor {
    let count = Int(shape.reduce(1, *))
    return GGUFBytes.Tensor(name, shape, (0..<count).map { Float($0 * 7 % 13) / 13 - 0.4 })
  }

  /// Blocks of 32 elements in which every byte is small, the halves of their scales too.
  private static func blocks(
    _ name: String, _ shape: [UInt64], type: UInt32, bytes: Int
  ) -> GGUFBytes.Tensor {
    let count = Int(shape.reduce(1, *)) / 32 * bytes
    return GGUFBytes.Tensor(name, shape, type: type, (0..<count).map { UInt8($0 * 5 % 40) })
  }
}

extension GGUFBytes.Tensor {
  /// The same tensor with one number for all.
  fileprivate func with(constant value: Float) -> GGUFBytes.Tensor {
    GGUFBytes.Tensor(name, dimensions, [Float](repeating: value, count: bytes.count / 4))
  }
}
