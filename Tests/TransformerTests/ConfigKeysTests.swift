import Foundation
import HuggingFace
import Testing
import Transformer

/// Keys of config.json that change what a model computes: read or refused by name.
@Suite struct ConfigKeysTests {
  private func configuration(
    _ family: String, _ settings: [String: String]
  ) throws -> DecoderConfiguration {
    try FamilyConfigTests().configuration(family, settings)
  }

  @Test func keysThatChangeEveryFamilyAreRefused() throws {
    for family in DecoderConfiguration.supportedFamilies {
      for (key, value, message) in [
        ("is_causal", "false", "is_causal is false"),
        ("per_layer_config", "{\"1\": {\"hidden_act\": \"relu\"}}", "per_layer_config is there"),
        ("attention_chunk_size", "8", "attention_chunk_size is 8"),
      ] {
        let sizes = ["n_embd": "32", "n_head": "4", "n_layer": "2", key: value]
        let error = #expect(throws: TransformerError.self) {
          try configuration(family, family == "gpt2" ? sizes : [key: value])
        }
        #expect("\(try #require(error))".contains(message), "\(family)")
      }
    }
  }

  @Test(arguments: [
    ("llama", ["sliding_window": "4"], "sliding_window is 4"),
    (
      "llama", ["layer_types": "[\"full_attention\", \"sliding_attention\"]"],
      "layer_types[1] is sliding_attention"
    ),
    (
      "mistral", ["layer_types": "[\"sliding_attention\", \"full_attention\"]"],
      "layer_types[1] is full_attention"
    ),
    (
      "mistral",
      ["sliding_window": "null", "layer_types": "[\"full_attention\", \"sliding_attention\"]"],
      "layer_types[1] is sliding_attention"
    ),
    (
      "starcoder2", ["layer_types": "[\"sliding_attention\", \"full_attention\"]"],
      "layer_types[0] is sliding_attention"
    ),
    (
      "phi3", ["sliding_window": "8", "layer_types": "[\"full_attention\", \"full_attention\"]"],
      "layer_types[0] is full_attention"
    ),
    (
      "qwen2", ["layer_types": "[\"full_attention\", \"sliding_attention\"]"],
      "layer_types[1] is sliding_attention"
    ),
    ("gemma2", ["sliding_window": "null"], "sliding_window is null"),
    ("gemma2", ["sliding_window_pattern": "3"], "sliding_window_pattern is 3"),
    ("gemma3_text", ["sliding_window": "null"], "sliding_window is null"),
    ("llama", ["no_rope_layers": "[1, 0]"], "no_rope_layers is there"),
    (
      "gemma3_text", ["attn_logit_softcapping": "50.0"], "attn_logit_softcapping is 50.0"
    ),
    ("gemma3", ["final_logit_softcapping": "30.0"], "final_logit_softcapping is 30.0"),
    ("gpt_neox", ["head_dim": "16"], "head_dim is 16"),
    ("falcon", ["head_dim": "16"], "head_dim is 16"),
    ("falcon", ["n_embed": "64"], "n_embed is 64"),
    ("gemma2", ["query_pre_attn_scalar": "1e-320"], "query_pre_attn_scalar: expected a number"),
    ("granite", ["logits_scaling": "1e39"], "logits_scaling: expected a number"),
    ("llama", ["rms_norm_eps": "NaN"], "rms_norm_eps: expected a number"),
    ("llama", ["rope_theta": "Infinity"], "rope_theta: expected a number"),
    ("gemma2", ["final_logit_softcapping": "1e-40"], "final_logit_softcapping: expected a number"),
  ])
  func refusesByName(family: String, settings: [String: String], message: String) throws {
    let error = #expect(throws: TransformerError.self) { try configuration(family, settings) }
    let text = "\(try #require(error))"
    #expect(text.contains(message) && !text.contains("\n"), "\(text)")
  }

  @Test(arguments: [
    (
      "llama",
      ["sliding_window": "null", "layer_types": "[\"full_attention\", \"full_attention\"]"]
    ),
    ("llama", ["sliding_window": "4", "use_sliding_window": "false"]),
    ("llama", ["sliding_window": "2048", "no_rope_layers": "[1, 1]", "is_causal": "true"]),
    ("mistral", ["layer_types": "[\"sliding_attention\", \"sliding_attention\"]"]),
    ("gemma", ["use_bidirectional_attention": "null", "per_layer_config": "null"]),
    ("gemma2", ["sliding_window_pattern": "2"]),
    ("cohere", ["use_qk_norm": "false", "layer_types": "null"]),
    ("gpt_neox", ["head_dim": "8", "attention_chunk_size": "null"]),
    ("falcon", ["alibi": "false", "n_embed": "32"]),
    ("qwen3", ["attention_dropout": "0.5", "max_window_layers": "1", "pad_token_id": "7"]),
  ])
  func valuesThatChangeNothingAreTaken(family: String, settings: [String: String]) throws {
    #expect(try configuration(family, settings) == configuration(family, [:]))
  }

  @Test func otherNamesOfGPT2sKeysMustAgree() throws {
    let sizes = ["n_embd": "32", "n_head": "4", "n_layer": "2", "n_positions": "64"]
    let plain = try configuration("gpt2", sizes)
    #expect(plain.layerCount == 2 && plain.maximumPositions == 64)
    let error = #expect(throws: TransformerError.self) {
      try configuration("gpt2", sizes.merging(["max_position_embeddings": "128"]) { $1 })
    }
    #expect("\(try #require(error))".contains("max_position_embeddings is 128"))
  }

  @Test func nullsFollowFromTheOtherKeys() throws {
    for family in ["ernie4_5", "qwen2", "mistral", "smollm3", "llama"] {
      let nulls = ["num_key_value_heads": "null", "head_dim": "null"]
      let heads = try configuration(family, nulls).heads
      #expect(heads.keyValueHeads == 4 && heads.headDimension == 8, "\(family)")
    }
    #expect(try configuration("cohere", [:]).rotation(ofLayer: 0)?.base == 500_000)
    #expect(try configuration("cohere2", [:]).rotation(ofLayer: 0)?.base == 10_000)
  }

  @Test func ministralReadsLayerTypes() throws {
    let types = "[\"sliding_attention\", \"full_attention\"]"
    let found = try configuration("ministral", ["layer_types": types, "sliding_window": "6"])
    #expect(found.windows == [6, nil])
    #expect(try configuration("ministral", [:]).windows == [4096, 4096])
    #expect(try configuration("ministral", ["sliding_window": "null"]).windows == [nil, nil])
  }
}
