import Compute
import Foundation
import HuggingFace
import JSON
import Safetensors
import TestSupport
import Testing
import Transformer
import Weights

extension DeviceTests {
  /// LoRA adapters of PEFT in a model's weights.
  @Suite struct LoRATests {
    static let golden = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden")
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The model of a golden adapter, with the adapters of these folders.
    private func model(_ name: String, _ adapters: [URL]) throws -> ModelFolder {
      let base = String(name.split(separator: "-")[0])
      var model = try ModelFolder(at: Self.golden.appending(path: "families/\(base)"))
      model.adapters = try adapters.map { url throws(LoRAError) in try LoRAAdapter(folder: url) }
      return model
    }

    @Test(
      arguments: ["llama", "llama-rank-stabilized", "gpt2", "phi3"], [WeightFormat.f32, nil])
    func logitsAreThoseOfPEFT(name: String, precision: WeightFormat?) throws {
      let url = Self.golden.appending(path: "lora/\(name)")
      let reference = try SafetensorsFile(contentsOf: url.appending(path: "reference.safetensors"))
      let identifiers = try reference.integers(of: "input_ids")
      let expected = try reference.floats(of: "logits").map(Double.init)
      let device = try TestDevice.cpu.open()
      let found = try Decoder.load(model(name, [url]), on: device, precision: precision)
        .logits(of: identifiers)
      #expect(relativeError(found, expected) < Tolerance.model.rawValue)
      let bare = try Decoder.load(model(name, []), on: device, precision: precision)
        .logits(of: identifiers)
      #expect(relativeError(bare, expected) > 0.1)
    }

    /// A second adapter is added to the first one's sum.
    @Test func updatesAddUp() throws {
      let url = Self.golden.appending(path: "lora/llama")
      let device = try TestDevice.cpu.open()
      let half = try copy(url, settings: ["lora_alpha": .number(3)], as: "half")
      let once = try Decoder.load(model("llama", [url]), on: device, precision: .f32)
      let twice = try Decoder.load(model("llama", [half, half]), on: device, precision: .f32)
      let identifiers = [3, 80, 41, 6, 22]
      let expected = try once.logits(of: identifiers).map(Double.init)
      #expect(try relativeError(twice.logits(of: identifiers), expected) < 1e-5)
    }

    @Test func fingerprintsTellAdaptersApart() throws {
      let url = Self.golden.appending(path: "lora/llama")
      let other = try copy(url, settings: ["lora_alpha": .number(3)], as: "other")
      let prints = try [[], [url], [other], [url, other]].map {
        try model("llama", $0).fingerprint()
      }
      #expect(Set(prints).count == 4)
      #expect(try model("llama", [url]).fingerprint() == prints[1])
    }

    /// A copy of an adapter with other settings and tensors.
    private func copy(
      _ url: URL, settings: [String: JSON] = [:], as name: String,
      tensors change: (String, [Int], [Float]) -> (String, [Int], [Float])? = { ($0, $1, $2) }
    ) throws -> URL {
      var members = try JSONNode(contentsOf: url.appending(path: "adapter_config.json")).members()
      for (key, value) in settings { members[key] = value }
      let text = JSON.object(members).text()
      let target = try folder.write("\(name)/adapter_config.json", text).deletingLastPathComponent()
      let file = try SafetensorsFile(contentsOf: url.appending(path: "adapter_model.safetensors"))
      let tensors = try file.tensors.sorted { $0.key < $1.key }.compactMap { name, tensor in
        change(name, tensor.shape, try file.floats(of: name))
      }
      try SafetensorsWriter.write(
        tensors.map { ($0.0, $0.1, $0.2) }, metadata: [:],
        to: target.appending(path: "adapter_model.safetensors"))
      return target
    }

    /// The message where the adapter is read or the model loaded with it.
    private func refusal(_ url: URL) throws -> String {
      do {
        _ = try Decoder.load(model("llama", [url]), on: TestDevice.cpu.open(), precision: .f32)
      } catch let error as LoRAError {
        return error.description
      } catch let error as TransformerError {
        return error.description
      }
      Issue.record("\(url.path) was read")
      return ""
    }

    @Test(arguments: [
      ("peft_type", JSON.string("LOHA"), "peft_type: expected LORA, found LOHA"),
      (
        "use_dora", .bool(true),
        "use_dora: expected false: DoRA also scales the rows of W, found true"
      ),
      (
        "modules_to_save", .array([.string("lm_head")]),
        "modules_to_save: expected null: modules that are replaced, found an array"
      ),
      ("bias", .string("all"), "bias: expected none, found all"),
      (
        "init_lora_weights", .string("pissa_niter_4"),
        "init_lora_weights: expected a start that leaves the model's weights as they are, found pissa_niter_4"
      ),
      ("lora_alpha", .null, "lora_alpha: expected a number"),
      ("r", .null, "r: expected an integer"),
      (
        "alpha_pattern", .object(["layers.*": .integer(3)]),
        "alpha_pattern.layers.*: expected the end of a module's name, found a pattern"
      ),
    ])
    func variantsAreRefused(key: String, value: JSON, message: String) throws {
      let url = try copy(
        Self.golden.appending(path: "lora/llama"), settings: [key: value], as: "variant")
      let found = try refusal(url)
      #expect(found.contains("adapter_config.json"), "\(found)")
      #expect(found.contains(message), "\(found)")
    }

    @Test func damagedTensorsAreRefused() throws {
      let url = Self.golden.appending(path: "lora/llama")
      let name = "base_model.model.model.layers.0.self_attn.q_proj"
      func found(
        _ tensors: (String, [Int], [Float]) -> (String, [Int], [Float])?
      ) throws -> String {
        try refusal(copy(url, as: UUID().uuidString, tensors: tensors))
      }
      #expect(
        try found { ($0.replacing("lora_A.weight", with: "lora_embedding_A"), $1, $2) }
          .contains("lora_embedding_A: expected pairs of lora_A.weight and lora_B.weight alone"))
      #expect(
        try found { ($0.replacing("q_proj", with: "query"), $1, $2) }
          .contains("self_attn.query: expected a matrix of the model, found none of this name"))
      #expect(
        try found { $0 == "\(name).lora_B.weight" ? nil : ($0, $1, $2) }
          .contains("\(name).lora_B.weight"))
      #expect(
        try found { $0 == "\(name).lora_A.weight" ? ($0, [$1[0] * $1[1]], $2) : ($0, $1, $2) }
          .contains("\(name).lora_"))
      #expect(
        try found { $0 == "\(name).lora_A.weight" ? ($0, $1, $2.map { _ in .nan }) : ($0, $1, $2) }
          .contains("\(name).lora_A.weight"))
    }

    @Test func ranksAreThoseOfTheSettings() throws {
      let url = Self.golden.appending(path: "lora/llama")
      let other = try copy(url, settings: ["r": .integer(3)], as: "rank")
      #expect(try refusal(other).contains(", 3], found ["))
      let empty = try copy(url, as: "empty") { _, _, _ in nil }
      #expect(
        try refusal(empty).contains(
          "expected pairs of lora_A.weight and lora_B.weight, found no tensors"))
    }

    @Test func aFolderWithoutAdapterIsRefused() throws {
      let missing = folder.url.appending(path: "nothing")
      #expect(throws: LoRAError.missing(folder: missing.path)) { try LoRAAdapter(folder: missing) }
    }
  }
}
