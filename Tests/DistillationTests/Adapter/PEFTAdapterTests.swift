import Distillation
import Foundation
import HuggingFace
import Inference
import JSON
import Safetensors
import TestSupport
import Testing

/// PEFT's two files of a KV prefix.
@Suite struct PEFTAdapterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two layers, three rows, one head of width 2: the element says its layer, row and column.
  private let prompt = LearnedPrompt(
    form: .keysValues(layers: 2, count: 3, heads: 1, dimension: 2),
    values: [
      0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121,
      -0.5, -1, -10, -11, -20, -21, -100, -101, -110, -111, -120, -121,
    ])

  @Test func aRowHoldsKeyAndValueOfEveryLayer() {
    let expected: [Float] = [
      0, 1, -0.5, -1, 100, 101, -100, -101,
      10, 11, -10, -11, 110, 111, -110, -111,
      20, 21, -20, -21, 120, 121, -120, -121,
    ]
    #expect(prompt.keyValueRows == expected)
    #expect(LearnedPrompt(form: prompt.form, keyValueRows: expected) == prompt)
    let first = prompt.prefix(1)
    #expect(first.form == .keysValues(layers: 2, count: 1, heads: 1, dimension: 2))
    #expect(first.values == [0, 1, 100, 101, -0.5, -1, -100, -101])
  }

  /// The members that PEFT 0.21.2 writes for a `CartridgeConfig` and a `PrefixTuningConfig`,
  /// without `init_weights`, which earlier versions do not know.
  @Test(arguments: [
    (
      PEFTAdapter.Kind.cartridge(frozenRows: 1),
      #"{"num_frozen_tokens": 1, "peft_type": "CARTRIDGE"}"#
    ),
    (
      .prefixTuning,
      #"{"encoder_hidden_size": null, "peft_type": "PREFIX_TUNING", "prefix_projection": false}"#
    ),
  ])
  func filesAreThoseOfPEFT(kind: PEFTAdapter.Kind, own: String) throws {
    let adapter = PEFTAdapter(
      keysValues: prompt, as: kind, model: ModelName("org/model", revision: "v1"))
    try adapter.write(to: folder.url)
    let common = """
      {"auto_mapping": null, "base_model_name_or_path": "org/model", "inference_mode": true,
       "modules_to_save": null, "num_attention_heads": 1, "num_layers": 2,
       "num_transformer_submodules": 1, "num_virtual_tokens": 3, "peft_version": "0.21.2",
       "revision": "v1", "task_type": "CAUSAL_LM", "token_dim": 2}
      """
    var expected = try members(common)
    for member in try members(own).members { expected[member.key] = member.value }
    let found = try members(
      String(contentsOf: folder.url.appending(path: "adapter_config.json"), encoding: .utf8))
    #expect(found.keys.sorted() == expected.keys.sorted())
    for key in expected.keys { #expect(found[key] == expected[key], "\(key)") }
    let file = try SafetensorsFile(
      contentsOf: folder.url.appending(path: "adapter_model.safetensors"))
    #expect(file.tensors.keys.sorted() == ["prompt_embeddings"])
    #expect(file.metadata == ["format": "pt"])
    #expect(try file.floats(of: "prompt_embeddings", shape: [3, 8]) == prompt.keyValueRows)
  }

  private func members(_ text: String) throws -> JSONObject {
    guard case .object(let members) = try JSON(parsing: Array(text.utf8)) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return members
  }
}
