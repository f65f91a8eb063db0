import Compute
import Foundation
import HuggingFace
import JSON
import Safetensors
import TestSupport
import Testing
import Transformer

/// The keys of a family's config.json, and values that are refused because they would change the
/// result.
@Suite struct FamilyConfigTests {
  static let sizes: [String: String] = [
    "hidden_size": "32", "intermediate_size": "48", "num_hidden_layers": "2",
    "num_attention_heads": "4", "num_key_value_heads": "2", "vocab_size": "64",
  ]

  func configuration(
    _ family: String, _ settings: [String: String]
  ) throws -> DecoderConfiguration {
    let all = Self.sizes.merging(settings.merging(["model_type": "\"\(family)\""]) { $1 }) { $1 }
    let text = all.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
    return try DecoderConfiguration(
      config: JSONNode(parsing: Array("{\(text)}".utf8), file: "config.json"))
  }

  @Test(arguments: [
    ("falcon", "alibi", "true", "alibi is true"),
    ("falcon", "num_ln_in_parallel_attn", "2", "num_ln_in_parallel_attn is 2"),
    ("gemma", "use_bidirectional_attention", "true", "use_bidirectional_attention is true"),
    ("gemma3_text", "layer_types", "[\"full_attention\"]", "layer_types is 1 entries"),
    (
      "gemma2", "layer_types", "[\"full_attention\", \"chunked_attention\"]",
      "layer_types is chunked_attention"
    ),
    ("smollm3", "no_rope_layers", "[1]", "no_rope_layers is 1 entries"),
    ("gpt_neox", "num_attention_heads", "5", "num_attention_heads is 5"),
    ("stablelm", "head_dim", "16", "head_dim is 16"),
    (
      "phi3", "rope_scaling",
      "{\"type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1]}",
      "short_factor: expected 4 numbers"
    ),
    (
      "qwen3", "rope_parameters", "{\"full_attention\": {\"rope_theta\": 5.0}}",
      "rope_parameters.full_attention is there"
    ),
    ("qwen3", "rope_scaling", "{\"type\": \"dynamic\", \"factor\": 4.0}", "rope_type is dynamic"),
    ("llama", "quantization", "{\"group_size\": 64, \"bits\": 4}", "quantization is 4 bits of MLX"),
    ("llama", "quantization_config", "{\"quant_method\": \"awq\"}", "quantization_config is awq"),
    ("cohere", "use_qk_norm", "true", "use_qk_norm is true"),
    ("olmo2", "hidden_act", "\"xielu\"", "hidden_act is xielu"),
  ])
  func refusesUnsupportedSettings(
    family: String, key: String, value: String, message: String
  ) throws {
    let error = #expect(throws: TransformerError.self) {
      try configuration(family, [key: value])
    }
    let text = "\(try #require(error))"
    #expect(text.contains(message) && !text.contains("\n"), "\(text)")
  }

  @Test func usesTransformersDefaults() throws {
    #expect(try configuration("qwen3", [:]).heads.headDimension == 128)
    let gemma2 = try configuration("gemma2", [:])
    #expect(gemma2.windows == [4096, nil])
    #expect(gemma2.attentionSoftCap == 50 && gemma2.logitShape.softCap == 30)
    #expect(gemma2.attentionScale == 0.0625)
    let gemma3 = try configuration("gemma3_text", ["num_hidden_layers": "7"])
    #expect(gemma3.windows == [4096, 4096, 4096, 4096, 4096, nil, 4096])
    #expect(gemma3.rotation(ofLayer: 0)?.base == 10_000)
    #expect(gemma3.rotation(ofLayer: 5)?.base == 1_000_000)
    let olmo3 = try configuration("olmo3", ["num_hidden_layers": "5"])
    #expect(olmo3.windows == [4096, 4096, 4096, nil, 4096])
    #expect((0..<5).allSatisfy { olmo3.rotation(ofLayer: $0)?.base == 500_000 })
    let cohere2 = try configuration("cohere2", ["num_hidden_layers": "5"])
    #expect(cohere2.windows == [4096, 4096, 4096, nil, 4096])
    #expect(
      (0..<5).map { cohere2.rotation(ofLayer: $0) != nil } == [true, true, true, false, true])
    #expect(cohere2.logitShape.scale == 0.0625)
    #expect(try configuration("glm4", [:]).rotation(ofLayer: 0)?.dimension == 64)
    #expect(try configuration("ernie4_5", [:]).rotation(ofLayer: 0)?.base == 500_000)
    #expect(try configuration("starcoder2", [:]).feedForward == .plain(.geluTanh))
    let smolLM3 = try configuration("smollm3", ["num_hidden_layers": "5"])
    #expect(
      (0..<5).map { smolLM3.rotation(ofLayer: $0) != nil } == [true, true, true, false, true])
    #expect(smolLM3.rotation(ofLayer: 0)?.base == 2_000_000)
    #expect(try configuration("gpt_neox", [:]).rotation(ofLayer: 0)?.dimension == 2)
    #expect(try configuration("falcon", [:]).heads.keyValueHeads == 1)
    #expect(try configuration("granite", [:]).attentionScale == 1)
    // As in Qwen's notes on long texts: the model then reads more than its max_position_embeddings.
    let yarn = try configuration(
      "qwen2",
      [
        "max_position_embeddings": "32768",
        "rope_scaling": "{\"type\": \"yarn\", \"factor\": 4.0}",
      ])
    #expect(yarn.maximumPositions == 131_072)
  }

  @Test func unsupportedFamiliesNameThoseThatAre() throws {
    let error = #expect(throws: TransformerError.self) { try configuration("mamba", [:]) }
    let text = "\(try #require(error))"
    for family in DecoderConfiguration.supportedFamilies { #expect(text.contains(family)) }
  }
}

extension DeviceTests {
  /// The names of one model's tensors in its files.
  @Suite struct TensorNameTests {
    /// The golden model with its tensors renamed.
    private func logits(
      _ name: String, in folder: TemporaryFolder, rename: (String) -> String
    ) throws -> [Float] {
      let golden = try GoldenModel.family(name, config: "config.json", in: folder)
      let url = golden.folder.url.appending(path: "model.safetensors")
      let file = try SafetensorsFile(contentsOf: url)
      let tensors = try file.tensors.sorted { $0.key < $1.key }.map { name, tensor in
        (name: rename(name), shape: tensor.shape, elements: try file.floats(of: name, shape: nil))
      }
      let target = folder.url.appending(path: "renamed-\(name)")
      try? FileManager.default.removeItem(at: target)
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: golden.folder.url.appending(path: "config.json"),
        to: target.appending(path: "config.json"))
      try SafetensorsWriter.write(
        tensors, metadata: [:], to: target.appending(path: "model.safetensors"))
      try FileManager.default.removeItem(at: golden.folder.url)
      let decoder = try Decoder.load(
        ModelFolder(at: target), on: TestDevice.cpu.open(), precision: .f32)
      return try decoder.logits(of: [1, 5, 9])
    }

    @Test(arguments: [
      ("gemma3", "language_model.model.", "model.language_model."),
      ("gemma3", "language_model.model.", "model."),
      ("gpt_neox", "embed_out.", "lm_head."),
      ("falcon-7b", "transformer.", ""),
    ])
    func oneModelIsFoundUnderAllOfThem(model: String, stored: String, other: String) throws {
      let folder = try TemporaryFolder()
      let expected = try logits(model, in: folder) { $0 }
      let found = try logits(model, in: folder) { name in
        name.hasPrefix(stored) ? other + name.dropFirst(stored.count) : name
      }
      #expect(found == expected)
    }
  }
}
