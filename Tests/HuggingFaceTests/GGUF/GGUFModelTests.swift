import Foundation
import GGUF
import JSON
import TestSupport
import Testing

@testable import HuggingFace

/// A GGUF file in the place of a model folder: its config.json, its tensors, and what is refused.
@Suite("GGUFModel")
struct GGUFModelTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A llama of one layer: E 8, two heads, one of keys and values, F 4, V 6.
  static func llama() -> GGUFBytes {
    func tensor(_ name: String, _ shape: [UInt64]) -> GGUFBytes.Tensor {
      let count = Int(shape.reduce(1, *))
      return .init(name, shape, (0..<count).map { Float($0) })
    }
    return GGUFBytes(
      [
        ("general.architecture", .string("llama")), ("llama.context_length", .integer(32)),
        ("llama.embedding_length", .integer(8)), ("llama.block_count", .integer(1)),
        ("llama.feed_forward_length", .integer(4)), ("llama.attention.head_count", .integer(2)),
        ("llama.attention.head_count_kv", .integer(1)),
        ("llama.attention.layer_norm_rms_epsilon", .number(1e-5)),
        ("tokenizer.ggml.bos_token_id", .integer(1)), ("tokenizer.ggml.eos_token_id", .integer(2)),
        ("tokenizer.ggml.eot_token_id", .integer(3)),
        ("tokenizer.ggml.eom_token_id", .integer(2)),
      ],
      tensors: [
        tensor("token_embd.weight", [8, 6]), tensor("output_norm.weight", [8]),
        tensor("blk.0.attn_norm.weight", [8]), tensor("blk.0.attn_q.weight", [8, 8]),
        tensor("blk.0.attn_k.weight", [8, 4]), tensor("blk.0.attn_v.weight", [8, 4]),
        tensor("blk.0.attn_output.weight", [8, 8]), tensor("blk.0.ffn_norm.weight", [8]),
        tensor("blk.0.ffn_gate.weight", [8, 4]), tensor("blk.0.ffn_up.weight", [8, 4]),
        tensor("blk.0.ffn_down.weight", [4, 8]),
      ])
  }

  private func open(
    _ name: String = "m.gguf", _ change: (inout GGUFBytes) -> Void = { _ in }
  ) throws -> ModelFolder {
    var bytes = Self.llama()
    change(&bytes)
    return try ModelFolder(at: folder.write(name, bytes.bytes))
  }

  func refusal(_ change: (inout GGUFBytes) -> Void) -> String {
    do {
      let model = try open("m.gguf", change)
      _ = try model.config()
      return "read"
    } catch {
      #expect(!"\(error)".contains("\n"))
      return "\(error)".replacing("\(folder.url.path)/m.gguf: ", with: "")
    }
  }

  @Test func configurationTensorsAndTokens() throws {
    let model = try open()
    let config = try model.config()
    for (key, value) in [
      ("hidden_size", 8), ("num_hidden_layers", 1), ("num_attention_heads", 2),
      ("num_key_value_heads", 1), ("intermediate_size", 4), ("vocab_size", 6), ("head_dim", 4),
      ("max_position_embeddings", 32),
    ] {
      #expect(try config.required(key) == value, "\(key)")
    }
    #expect(try config.required("rms_norm_eps") == 1e-5)
    #expect(try config.required("tie_word_embeddings") == true)
    let checkpoint = try model.checkpoint()
    #expect(checkpoint.names.count == 11 && checkpoint.isOutputsFirst)
    // Interleaved in the file: the halves of a head of four rows are rows 0, 2 and 1, 3.
    let query = try checkpoint.floats(of: "model.layers.0.self_attn.q_proj.weight", shape: [8, 8])
    #expect(stride(from: 0, to: 64, by: 8).map { query[$0] } == [0, 16, 8, 24, 32, 48, 40, 56])
    let value = try checkpoint.floats(of: "model.layers.0.self_attn.v_proj.weight")
    #expect(value == (0..<32).map(Float.init))
    let stored = try checkpoint.stored("model.layers.0.self_attn.k_proj.weight")
    let second = unsafe stored.bytes.loadUnaligned(fromByteOffset: 32, as: Float.self)
    #expect(second == 16)
    let generation = try model.generationConfiguration()
    #expect(generation.endIdentifiers == [2, 3] && generation.beginIdentifier == 1)
    #expect(generation.padIdentifier == nil)
    #expect {
      try checkpoint.floats(of: "model.layers.1.mlp.up_proj.weight")
    } throws: {
      "\($0)" == "\(folder.url.path)/m.gguf: expected a tensor blk.1.ffn_up.weight, found none"
    }
    #expect {
      try checkpoint.floats(of: "model.norm.weight", shape: [9])
    } throws: {
      "\($0)"
        == "\(folder.url.path)/m.gguf: tensor output_norm.weight: expected shape [9], found [8]"
    }
  }

  @Test func fingerprintsTellModelsApart() throws {
    let first = try open("a.gguf").fingerprint()
    #expect(try open("b.gguf").fingerprint() == first)
    let changes: [(inout GGUFBytes) -> Void] = [
      { $0.metadata.append(("general.name", .string("x"))) },
      { $0.metadata[1].value = .integer(64) }, { $0.tensors[3].bytes[5] ^= 1 },
      { $0.tensors.append(.init("output.weight", [8, 6], [Float](repeating: 1, count: 48))) },
    ]
    for change in changes {
      #expect(try open("c.gguf", change).fingerprint() != first)
    }
  }

  /// Llama.cpp loads no model without the epsilon, and takes 10,000 for the base.
  @Test func absentNumbers() throws {
    #expect(
      refusal { $0.metadata.remove(at: 7) }
        == "metadata llama.attention.layer_norm_rms_epsilon: expected a number above 0, found nothing"
    )
    for number in [0, -1, .nan, .infinity] as [Float] {
      #expect(
        refusal { $0.metadata[7].value = .number(number) }.hasPrefix(
          "metadata llama.attention.layer_norm_rms_epsilon: expected a number above 0, found the "
            + "number"))
    }
    #expect(try open().config().required("rope_theta") == 10_000.0)
    #expect(
      refusal { $0.metadata.append(("llama.rope.freq_base", .number(0))) }
        == "metadata llama.rope.freq_base: expected a number above 0, found the number 0.0")
  }

  @Test func aFileAndAChoice() throws {
    _ = try open()
    let url = folder.url.appending(path: "m.gguf")
    #expect {
      try ModelFolder(at: url, choosing: GGUFChoice("Q4_0"))
    } throws: {
      "\($0)"
        == "\(url.path):Q4_0: expected a folder or a repository before the colon, found a GGUF file; "
        + "name the file alone"
    }
    #expect(try ModelFolder(at: folder.url, choosing: GGUFChoice("m")).ggufName == "m.gguf")
  }

  /// Marks that end a turn count by their spelling, as in llama.cpp, where they are control tokens.
  @Test func endsOfTurns() throws {
    func ends(_ types: [UInt32]?) throws -> [Int] {
      try open("e.gguf") {
        $0.metadata += [
          ("tokenizer.ggml.model", .string("gpt2")),
          (
            "tokenizer.ggml.tokens",
            .strings(["<|endoftext|>", "a", "</s>", "b", "<|im_end|>", "<end_of_turn>"])
          ),
        ]
        if let types {
          $0.metadata.append(
            ("tokenizer.ggml.token_type", .array(of: 5, types.map { .integer($0) })))
        }
      }.generationConfiguration().endIdentifiers
    }
    #expect(try ends([3, 1, 3, 3, 3, 4]) == [2, 3, 0, 4, 5])
    #expect(try ends([1, 1, 3, 3, 3, 1]) == [2, 3, 4])
    #expect(try ends(nil) == [2, 3, 0, 4, 5])
  }

  @Test func notFiniteWeightsAreFound() throws {
    let model = try open("n.gguf") {
      $0.tensors[4].bytes.replaceSubrange(4..<8, with: [0, 0, 0x80, 0x7F])
    }
    #expect {
      try model.checkpoint().checkFinite("model.layers.0.self_attn.k_proj.weight")
    } throws: {
      "\($0)" == "\(folder.url.path)/n.gguf: tensor blk.0.attn_k.weight: expected finite numbers, "
        + "found NaN or infinity at element 1"
    }
  }

  @Test func aFolderWithOneFileAndAFileOfAnotherKind() throws {
    _ = try open("only.gguf")
    #expect(try ModelFolder(at: folder.url).config().required("model_type") == "llama")
    let text = try folder.write("text.gguf", "hello")
    #expect {
      try ModelFolder(at: text)
    } throws: {
      "\($0)" == "\(text.path): expected a GGUF file, found a file that does not begin with GGUF"
    }
    // A file is a GGUF file by its contents, whatever its name.
    let renamed = try folder.write("model.bin", Self.llama().bytes)
    #expect(try ModelFolder(at: renamed).config().required("hidden_size") == 8)
  }
}
