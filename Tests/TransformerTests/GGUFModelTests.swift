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
  /// GGUF files of every architecture that is read, against transformers in float64: the logits of
  /// 24 tokens, and the configuration of the model from which the file was made.
  @Suite struct GGUFModelTests {
    /// Tests/Golden/gguf.
    static let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/gguf")

    static let names: [String] = {
      let found = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
      return (found ?? []).filter { $0.hasSuffix(".gguf") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private func model(_ name: String) throws -> ModelFolder {
      try ModelFolder(at: Self.folder.appending(path: "\(name).gguf"))
    }

    private func check(_ name: String, _ decoder: Decoder) throws {
      let reference = try SafetensorsFile(
        contentsOf: Self.folder.appending(path: "\(name).safetensors"))
      let identifiers = try reference.integers(of: "input_ids")
      let expected = try reference.floats(of: "logits").map(Double.init)
      let error = relativeError(try decoder.logits(of: identifiers), expected)
      #expect(error < Tolerance.model.rawValue, "\(name): \(error)")
    }

    @Test(arguments: names, [WeightFormat.f32, nil])
    func logitsMatchTransformers(name: String, precision: WeightFormat?) throws {
      try check(name, Decoder.load(model(name), on: TestDevice.cpu.open(), precision: precision))
    }

    @Test(
      .enabled(if: TestDevice.openCL != nil, "needs an OpenCL device such as PoCL"),
      arguments: TestDevice.all.filter { $0 != .cpu })
    func kernelsMatchTransformers(on deviceName: TestDevice) throws {
      let device = try deviceName.open()
      for name in ["llama", "gpt2", "blocks"] {
        try check(name, Decoder.load(model(name), on: device, precision: nil))
      }
    }

    /// The files' factors of Llama 3 with another original length than Meta's are read as they are,
    /// so only the logits agree.
    @Test(arguments: names.filter { $0 != "llama3-early" })
    func configurationsAreThoseOfTransformers(name: String) throws {
      let original = try JSONNode(contentsOf: Self.folder.appending(path: "\(name).json"))
      let expected = try DecoderConfiguration(config: original)
      let found = try DecoderConfiguration(config: model(name).config())
      #expect(found == expected, "\(name)")
    }

    @Test func everyArchitectureHasAFile() throws {
      let found = try Set(
        Self.names.map { try model($0).config().required("model_type", String.self) })
      #expect(
        found == [
          "llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3", "smollm3",
          "granite", "olmo2", "starcoder2", "cohere", "falcon", "gpt_neox", "gpt2", "stablelm",
        ])
    }
  }
}
