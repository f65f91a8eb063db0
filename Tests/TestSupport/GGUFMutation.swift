/// Changes to a GGUF file: to its bytes, and to what stands in it.
package enum GGUFMutation {
  /// A changed file, by its number: every second one is changed byte by byte.
  package static func mutant(_ number: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(number))
    let original = originals[number / 2 % originals.count]
    if number.isMultiple(of: 2) {
      var file = original
      for _ in 0..<Int.random(in: 1...3, using: &random) { change(&file, using: &random) }
      return file.bytes
    }
    var bytes = original.bytes
    let header = original.header.count
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
      change(&bytes, below: min(header, bytes.count), using: &random)
    }
    return bytes
  }

  /// The files that are changed.
  private static let originals = [TinyGGUF.file, TinyGGUF.sentencePiece, TinyGGUF.plain]

  private static func change(
    _ bytes: inout [UInt8], below end: Int, using random: inout SeededGenerator
  ) {
    let place = Int.random(in: 0..<end, using: &random)
    let range = place..<min(place + 8, bytes.count)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
    case 2: for index in range { bytes[index] = 0xFF }
    case 3: for index in range { bytes[index] = 0 }
    case 4: bytes.removeSubrange(range)
    case 5: bytes.insert(contentsOf: bytes[range], at: place)
    case 6:
      let count = Int.random(in: 1...8, using: &random)
      bytes.insert(
        contentsOf: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
    default: bytes.removeSubrange(place...)
    }
  }

  private static func change(_ file: inout GGUFBytes, using random: inout SeededGenerator) {
    guard let key = file.metadata.indices.randomElement(using: &random),
      let tensor = file.tensors.indices.randomElement(using: &random)
    else { return }
    switch Int.random(in: 0..<16, using: &random) {
    case 0...6: file.metadata[key].value = value(using: &random)
    case 7: file.metadata.remove(at: key)
    case 8: file.metadata.append((added(using: &random), value(using: &random)))
    case 9: file.metadata.append(file.metadata[key])
    case 10:
      file.tensors[tensor].dimensions = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        integers.randomElement(using: &random) ?? 0
      }
    case 11: file.tensors[tensor].type = UInt32.random(in: 0...45, using: &random)
    case 12: file.tensors[tensor].offset = integers.randomElement(using: &random)
    case 13: file.tensors.remove(at: tensor)
    case 14: file.tensors[tensor].name = names.randomElement(using: &random) ?? ""
    default:
      // Other weights, among them NaN and infinities.
      file.tensors[tensor].bytes = file.tensors[tensor].bytes.map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  private static let integers: [UInt64] = [
    0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 64, 255, 256, 4096, 65_536, 1 << 24, 1 << 31, 1 << 32,
    1 << 40, 1 << 62, 1 << 63, .max - 1, .max,
  ]
  private static let numbers: [Float] = [
    0, -0.0, 1, -1, 0.5, 1e-5, 1e-37, .leastNonzeroMagnitude, 1e30, .greatestFiniteMagnitude,
    .infinity, -.infinity,
    .nan, 10_000, 500_000,
  ]
  private static let texts = [
    "", "llama", "gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "gpt2", "falcon",
    "stablelm", "gptneox",
    "command-r", "granite", "olmo2", "smollm3", "starcoder2", "none", "linear", "yarn", "longrope",
    "default",
    "llama-bpe", "gpt-2", "\u{0}", "a\nb", "\u{1F469}\u{200D}\u{1F52C}", "{{ x",
    "{% for a in range(99999999) %}{% endfor %}",
    "{{ messages[0].content }}", "{{ 'ab' * 99999999 }}", "<s>", "</s>", "ab", "a  b", " ",
    "\u{2581}",
  ]
  private static let names = [
    "token_embd.weight", "output.weight", "output_norm.weight", "output_norm.bias",
    "rope_freqs.weight",
    "rope_factors_long.weight", "rope_factors_short.weight", "blk.0.attn_q.weight",
    "blk.1.attn_q.weight",
    "blk.0.attn_qkv.weight", "blk.0.attn_q.bias", "blk.999999999.ffn_up.weight",
    "blk.-1.ffn_up.weight",
    "blk.9223372036854775807.ffn_up.weight", "blk.0.attn_q_norm.weight", "x", "",
    "blk..attn_q.weight",
    "position_embd.weight", "blk.0.attn_norm_2.weight",
  ]

  private static func added(using random: inout SeededGenerator) -> String {
    let keys = [
      "llama.rope.scaling.factor", "llama.rope.scaling.original_context_length",
      "llama.attention.key_length", "llama.attention.value_length",
      "llama.attention.sliding_window",
      "llama.expert_count", "llama.attention.causal", "llama.rope.scaling.attn_factor",
      "llama.rope.scaling.yarn_beta_fast", "tokenizer.ggml.eot_token_id",
      "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.add_eos_token",
      "tokenizer.ggml.add_space_prefix", "tokenizer.chat_template.tool", "split.count", "split.no",
      "split.tensors.count", "llama.rope.freq_base_swa", "gemma3.attention.sliding_window",
    ]
    return keys.randomElement(using: &random) ?? ""
  }

  /// A value of any type.
  private static func value(using random: inout SeededGenerator) -> GGUFBytes.Value {
    let count = [0, 1, 2, 3, 32, 33, 300].randomElement(using: &random) ?? 1
    func integer() -> UInt64 { integers.randomElement(using: &random) ?? 0 }
    func number() -> Float { numbers.randomElement(using: &random) ?? 0 }
    func text() -> String {
      let text = texts.randomElement(using: &random) ?? ""
      return Int.random(in: 0..<20, using: &random) == 0
        ? String(repeating: text + "x", count: 5000) : text
    }
    switch Int.random(in: 0..<12, using: &random) {
    case 0...2: return .integer(UInt32(truncatingIfNeeded: integer()))
    case 3: return .long(integer())
    case 4: return .number(number())
    case 5: return .double(Double(number()) * 1e30)
    case 6: return .bool(Bool.random(using: &random))
    case 7, 8: return .string(text())
    case 9: return .strings((0..<count).map { _ in text() })
    case 10:
      return .array(of: 5, (0..<count).map { _ in .integer(UInt32(truncatingIfNeeded: integer())) })
    default: return .array(of: 6, (0..<count).map { _ in .number(number()) })
    }
  }
}
