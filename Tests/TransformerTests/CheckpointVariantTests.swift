import Compute
import Foundation
import HuggingFace
import Inference
import Safetensors
import TestSupport
import Testing
import Transformer

extension DeviceTests {
  /// The forms in which the same model is stored, and refused ones.
  @Suite struct CheckpointVariantTests {
    static let config: [String: String] = [
      "model_type": "\"llama\"", "hidden_size": "32", "intermediate_size": "48",
      "num_hidden_layers": "2", "num_attention_heads": "4", "num_key_value_heads": "2",
      "vocab_size": "\(TinyTokenizer.vocabularySize)", "max_position_embeddings": "256",
      "rms_norm_eps": "1e-5", "tie_word_embeddings": "true",
    ]

    let folder: TemporaryFolder
    let plain: URL

    init() throws {
      folder = try TemporaryFolder()
      plain = try TinyModel.write(in: folder)
    }

    /// The model with other tensors and settings.
    private func variant(
      _ name: String, config changes: [String: String?] = [:],
      tensors change: (String, [Float]) -> (String, [Float])? = { ($0, $1) }
    ) throws -> ModelFolder {
      let file = try SafetensorsFile(contentsOf: plain.appending(path: "model.safetensors"))
      var tensors: [(name: String, shape: [Int], elements: [Float])] = []
      for (name, description) in file.tensors.sorted(by: { $0.key < $1.key }) {
        let values = try file.floats(of: name, shape: nil)
        if let (name, values) = change(name, values) {
          tensors.append((name, description.shape, values))
        }
      }
      let config = Self.config.merging(changes.compactMapValues(\.self)) { $1 }
      let text = config.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
      let url = try folder.write("\(name)/config.json", "{\(text)}").deletingLastPathComponent()
      try SafetensorsWriter.write(
        tensors, metadata: [:], to: url.appending(path: "model.safetensors"))
      return try ModelFolder(at: url)
    }

    private func logits(_ folder: ModelFolder) throws -> [Float] {
      let decoder = try Decoder.load(folder, on: TestDevice.cpu.open(), precision: .f32)
      return try decoder.logits(of: [1, 5, 9, 2])
    }

    @Test func namesConfigStylesAndTiedHeadsOfOneModelAgree() throws {
      let expected = try logits(ModelFolder(at: plain))
      let unprefixed = try variant("unprefixed") { name, values in
        (name.replacingOccurrences(of: "model.", with: ""), values)
      }
      #expect(try logits(unprefixed) == expected)
      let headOnly = try variant("head") { name, values in
        (name == "model.embed_tokens.weight" ? "lm_head.weight" : name, values)
      }
      #expect(try logits(headOnly) == expected)
      let newer = try variant(
        "newer",
        config: [
          "rope_parameters": "{\"rope_theta\": 10000.0, \"rope_type\": \"default\"}",
          "dtype": "\"float32\"", "head_dim": "8",
        ])
      #expect(try logits(newer) == expected)
      let linear = try variant(
        "linear", config: ["rope_scaling": "{\"type\": \"linear\", \"factor\": 4.0}"])
      #expect(try logits(linear) != expected)
    }

    @Test(arguments: [
      ("model_type", "\"mamba\"", "model_type 'mamba' is not supported"),
      ("rope_scaling", "{\"type\": \"dynamic\", \"factor\": 4.0}", "rope_type is dynamic"),
      ("hidden_act", "\"xielu\"", "hidden_act is xielu"),
      ("num_key_value_heads", "3", "num_key_value_heads is 3"),
      ("hidden_size", "0", "hidden_size: expected a number above 0, found 0"),
      ("vocab_size", "\"many\"", "vocab_size: expected an integer"),
      ("intermediate_size", "56", "expected"),
    ])
    func refusesUnsupportedSettings(key: String, value: String, message: String) throws {
      let folder = try variant("refused", config: [key: value])
      let error = #expect(throws: TransformerError.self) { try logits(folder) }
      let text = "\(try #require(error))"
      #expect(text.contains(message) && !text.contains("\n"), "\(text)")
    }

    @Test func theHeadOfATiedModelThatHasItsOwnIsUsed() throws {
      let head = "lm_head.weight"
      func withHead(
        _ name: String, tied: String?, _ change: ([Float]) -> [Float]
      ) throws -> ModelFolder {
        let folder = try variant(name, config: ["tie_word_embeddings": tied])
        let url = folder.url.appending(path: "model.safetensors")
        let file = try SafetensorsFile(contentsOf: url)
        var tensors = try file.tensors.sorted { $0.key < $1.key }.map { name, description in
          (
            name: name, shape: description.shape,
            elements: try file.floats(of: name, shape: nil)
          )
        }
        let embedding = try #require(tensors.first { $0.name == "model.embed_tokens.weight" })
        tensors.append((head, embedding.shape, change(embedding.elements)))
        try FileManager.default.removeItem(at: url)
        try SafetensorsWriter.write(tensors, metadata: [:], to: url)
        return folder
      }
      let other = { (values: [Float]) in values.map { 0.5 - $0 * $0 } }
      let untied = try withHead("untied", tied: "false", other)
      let tied = try withHead("tied", tied: "true", other)
      var warnings: [String] = []
      let decoder = try Decoder.load(
        tied, on: TestDevice.cpu.open(), precision: .f32, warn: { warnings.append($0) })
      #expect(try decoder.logits(of: [1, 5, 9, 2]) == logits(untied))
      #expect(try logits(tied) != logits(ModelFolder(at: plain)))
      #expect(warnings.count == 1 && warnings.allSatisfy { $0.contains(head) })
      warnings = []
      let copy = try Decoder.load(
        withHead("copy", tied: "true") { $0 }, on: TestDevice.cpu.open(), precision: .f32,
        warn: { warnings.append($0) })
      #expect(try copy.logits(of: [1, 5, 9, 2]) == logits(ModelFolder(at: plain)))
      #expect(warnings.isEmpty)
    }

    @Test func refusesMoreLayersThanConfigured() throws {
      let cut = try variant("cut", config: ["num_hidden_layers": "1"])
      let error = #expect(throws: TransformerError.self) { try logits(cut) }
      #expect("\(try #require(error))".contains("num_hidden_layers is 1"))
    }

    @Test func refusesMissingTensorsAndNumbersThatAreNotFinite() throws {
      let missing = try variant("missing") { name, values in
        name.contains("layers.1.mlp.up_proj") ? nil : (name, values)
      }
      let error = #expect(throws: TransformerError.self) { try logits(missing) }
      #expect("\(try #require(error))".contains("model.layers.1.mlp.up_proj.weight"))
      let broken = try variant("broken") { name, values in
        var values = values
        if name.contains("layers.0.self_attn.v_proj") { values[3] = .nan }
        return (name, values)
      }
      let found = #expect(throws: TransformerError.self) { try logits(broken) }
      #expect("\(try #require(found))".contains("model.layers.0.self_attn.v_proj.weight"))
    }

    @Test(arguments: TestDevice.all)
    func generationDoesNotDependOnItsCompany(on deviceName: TestDevice) throws {
      let decoder = try Decoder.load(
        ModelFolder(at: plain), on: deviceName.open(), precision: .f32)
      let prefix = Prefix(Frame(header: [0], closing: [2]), .context([4, 7, 3, 11, 6]))
      let prompts = [[1, 5], [9, 2, 4, 8], [3], [10, 6, 1]]
      for temperature: Float in [0, 0.8] {
        let options = GenerationOptions(
          maximumTokens: 9, temperature: temperature, seed: 5, stopIdentifiers: [12])
        let together = try decoder.prefill(
          prefix, capacity: PrefixCapacity(rows: 64, responseRows: 64)
        )
        .generate(prompts, options: options)
        let apart = try decoder.prefill(
          prefix, capacity: PrefixCapacity(rows: 14, responseRows: 1)
        )
        .generate(prompts, options: options)
        #expect(together == apart)
        // Capacity for two or three at a time: the others take the rows of those that end.
        var (made, most) = ([Int](), [Int]())
        let inTurn = try decoder.prefill(
          prefix, capacity: PrefixCapacity(rows: 40, runRows: 13, responseRows: 3)
        )
        .generate(prompts, options: options, limits: [2, 9, 5, 9]) {
          made.append($0)
          most.append($1)
        }
        let limited = zip(apart, [2, 9, 5, 9]).map { Array($0.prefix($1)) }
        #expect(inTurn == limited)
        // Tokens are counted one by one, and an early end lowers the total.
        #expect(made == made.sorted() && made.first ?? 9 <= 4)
        #expect(most == most.sorted(by: >) && most.first ?? 0 <= 25)
        #expect(made.last == most.last && made.last == limited.map(\.count).reduce(0, +))
        #expect(together.allSatisfy { !$0.isEmpty && $0.count <= 9 })
      }
    }

    @Test func refusesTextsThatAreTooLongAndUnknownTokens() throws {
      let decoder = try Decoder.load(
        ModelFolder(at: plain), on: TestDevice.cpu.open(), precision: .f32)
      #expect(throws: TransformerError.self) {
        try decoder.logits(of: [Int](repeating: 1, count: TinyModel.positions + 1))
      }
      #expect(throws: TransformerError.self) { try decoder.logits(of: [1, 1 << 20]) }
    }
  }
}
