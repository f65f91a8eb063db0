import Files
import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// GGUF files in every command: the file of a prompt, and other quantisations of its model.
@Suite struct GGUFCommandTests {
  private let folder: TemporaryFolder
  private let model: URL
  private let context: String
  private let inputs: String
  private let run: URL

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write("tiny.gguf", TinyGGUF.file.bytes)
    context = try folder.write("context.txt", "the cab has a bad back and a cabbage is abaca").path
    inputs = try folder.write(
      "inputs.jsonl",
      """
      {"prompt": "the cab", "completion": " has"}
      {"prompt": "a bad", "completion": " back"}

      """
    ).path
    run = folder.url.appending(path: "run")
  }

  private func distill(_ more: [String] = []) throws -> Program.Result {
    try Program.run(
      ([
        "distill", "--model", model.path, "--context", context, "--inputs", inputs, "--validation",
        "0", "--device", "cpu", "--threads", "1", "--tokens", "3", "--batch-size", "2",
        "--response-tokens", "4", "--steps", "2", "--output", run.path,
      ] + more).overridden)
  }

  private func text(_ name: String, in output: URL? = nil) throws -> String {
    try String(contentsOf: (output ?? run).appending(path: name), encoding: .utf8)
  }

  /// The same weights of all but one matrix, in another type.
  private func otherQuantisation() throws -> URL {
    var file = TinyGGUF.file
    file.tensors[4] = .init(
      "blk.0.attn_q.weight", [32, 32], (0..<1024).map { Float($0 * 5 % 11) / 11 - 0.4 })
    return try folder.write("tiny-F32.gguf", file.bytes)
  }

  private func otherModel() throws -> URL {
    var file = TinyGGUF.file
    file.tensors[1].bytes[4] ^= 1
    return try folder.write("other.gguf", file.bytes)
  }

  private static var digest: String {
    SHA256.hexadecimal(of: TinyGGUF.file.tensors.flatMap(\.bytes))
  }

  @Test(arguments: ["embeddings", "kv"]) func aRunNamesItsFile(method: String) throws {
    let result = try distill(["--method", method])
    #expect(result.code == 0, "\(result.errors)")
    let prompt = method == "kv" ? "cartridge.safetensors" : "soft_prompt.safetensors"
    let metadata = try SafetensorsFile(contentsOf: run.appending(path: prompt)).metadata
    let recorded = try JSON(parsing: Array(try #require(metadata["gguf"]).utf8))
    let config = try JSON(parsing: Array(text("adapter_config.json").utf8))
    let metrics = try JSON(parsing: Array(text("metrics.json").utf8))
    for record in [recorded, config["auto_mapping"]["gguf"], metrics["gguf"]] {
      #expect(record["name"] == .string("Tiny") && record["file"] == .string("tiny.gguf"))
      #expect(record["architecture"] == .string("llama"))
      #expect(record["tensors_sha256"] == .string(Self.digest))
      #expect(record == recorded)
    }
    let readme = try text("README.md")
    let place = "\"\(folder.url.path)\", gguf_file=\"tiny.gguf\""
    for part in [
      "the GGUF file `tiny.gguf` (Tiny, architecture llama)", "SHA-256 `\(Self.digest)`",
      "from_pretrained(\(place))", "`gguf-hash --sha256`", "mlx-lm reads no GGUF files",
      method == "kv" ? "takes keys and values only in saved states" : "the export `llamacpp`",
    ] { #expect(readme.contains(part), "\(part)") }
    #expect(result.output.contains("from_pretrained(\(place))"))
  }

  @Test func exportsNameTheFileToo() throws {
    _ = try distill()
    for (format, parts) in [
      (
        "llamacpp",
        ["./soft_prompt tiny.gguf soft_prompt.f32", "gives them to the model, `tiny.gguf`"]
      ),
      ("mlx", ["mlx-lm reads no GGUF files, so the model is needed in MLX's own format"]),
      ("peft-cartridge", ["transformers reads the file and dequantises its weights"]),
    ] {
      let output = folder.url.appending(path: format)
      let result = try Program.run([
        "export", run.path, "--format", format, "--output", output.path, "--device", "cpu",
      ])
      #expect(result.code == 0, "\(result.errors)")
      let readme = try text("README.md", in: output)
      for part in parts + ["architecture llama", Self.digest] {
        #expect(readme.contains(part), "\(format): \(part)")
      }
    }
    let config = try JSON(
      parsing: Array(
        text("adapter_config.json", in: folder.url.appending(path: "peft-cartridge")).utf8))
    #expect(config["auto_mapping"]["gguf"]["tensors_sha256"] == .string(Self.digest))
  }

  @Test func anotherQuantisationIsSaidAndAnotherModelToo() throws {
    _ = try distill()
    let (near, far) = (try otherQuantisation().path, try otherModel().path)
    let logits = folder.url.appending(path: "logits.safetensors").path
    for command in [
      ["evaluate", "--context", context, "--inputs", inputs, "--response-tokens", "2"],
      ["generate", "--prompt", "the cab", "--max-tokens", "2"],
      ["logits", "--text", "the cab", "--output", logits],
    ] {
      let name = command[0]
      let common = command + ["--adapter", run.path, "--device", "cpu", "--model"]
      let same = try Program.run(common + [model.path])
      #expect(same.code == 0 && !same.errors.contains("trained on"), "\(same.errors)")
      let other = try Program.run(common + [near])
      #expect(other.code == 0, "\(name): \(other.errors)")
      #expect(
        other.errors.contains(
          "\(run.path): trained on tiny.gguf (tensors of SHA-256 \(Self.digest.prefix(12))...); "
            + "tiny-F32.gguf (tensors of SHA-256 "), "\(name): \(other.errors)")
      #expect(
        other.errors.contains("is another quantisation of that model, so the prompt may be worse"))
      #expect(!other.errors.contains("made for another model"))
      let foreign = try Program.run(common + [far])
      #expect(foreign.code == 0, "\(name): \(foreign.errors)")
      #expect(
        foreign.errors.contains("the adapter was made for another model than \(far)"),
        "\(name): \(foreign.errors)")
    }
    // The same tensors under another name and with other metadata are the same model.
    var file = TinyGGUF.file
    file.metadata.append(("general.license", .string("mit")))
    file.metadata.removeAll { $0.key == "general.name" }
    let renamed = try folder.write("renamed.gguf", file.bytes).path
    let result = try Program.run([
      "generate", "--model", renamed, "--adapter", run.path, "--prompt", "a", "--max-tokens", "1",
      "--device", "cpu",
    ])
    #expect(result.code == 0)
    #expect(!result.errors.contains("quantisation") && !result.errors.contains("another"))
  }

  /// A folder for PEFT names the file too, and is compared as Pith's own.
  @Test(arguments: ["peft", "peft-cartridge", "peft-prefix"])
  func anExportForPEFTKnowsItsFile(format: String) throws {
    _ = try distill()
    let export = folder.url.appending(path: "export")
    let exported = try Program.run([
      "export", run.path, "--format", format, "--output", export.path, "--device", "cpu",
    ])
    try #require(exported.code == 0, "\(exported.errors)")
    func errors(_ model: URL) throws -> String {
      let result = try Program.run([
        "evaluate", "--context", context, "--inputs", inputs, "--response-tokens", "2", "--adapter",
        export.path, "--device", "cpu", "--model", model.path,
      ])
      #expect(result.code == 0, "\(result.errors)")
      return result.errors
    }
    let same = try errors(model)
    #expect(!same.contains("trained on") && !same.contains("another model"), "\(same)")
    #expect(
      try errors(otherQuantisation()).contains(
        "\(export.path): trained on tiny.gguf (tensors of SHA-256 \(Self.digest.prefix(12))...); "
          + "tiny-F32.gguf"))
    #expect(try errors(otherModel()).contains("made for another model"))
  }

  @Test func exportsAndOtherPromptsKnowTheModel() throws {
    _ = try distill()
    let (near, far) = (try otherQuantisation().path, try otherModel().path)
    func export(_ model: String, _ name: String) throws -> Program.Result {
      try Program.run([
        "export", run.path, "--format", "peft", "--model", model, "--device", "cpu", "--output",
        folder.url.appending(path: name).path,
      ])
    }
    let exported = try export(near, "near")
    #expect(exported.code == 0, "\(exported.errors)")
    #expect(exported.errors.contains("is another quantisation of that model"))
    let refused = try export(far, "far")
    #expect(refused.code == 2)
    #expect(refused.errors.contains("\(far): expected the model that the prompt of "))
    let beside = try Program.run([
      "distill", "--model", near, "--context", context, "--inputs", inputs, "--validation", "0",
      "--device", "cpu", "--tokens", "3", "--steps", "1", "--beside", run.path, "--output",
      folder.url.appending(path: "beside").path,
    ])
    #expect(beside.code == 2)
    #expect(beside.errors.contains("found one of another quantisation of it"), "\(beside.errors)")
  }

  /// The fingerprint knows the beginning of each tensor; a resumed run knows all of them.
  @Test func aResumedRunKnowsItsTensors() throws {
    _ = try distill()
    var file = TinyGGUF.file
    file.tensors[11].bytes[3000] ^= 1
    try Data(file.bytes).write(to: model)
    let result = try distill(["--resume", "--steps", "3"])
    #expect(result.code == 2)
    #expect(
      result.errors.contains(
        "started with the model's tensors \(Self.digest.prefix(12))..., found "),
      "\(result.errors)")
  }

  /// Keys and files of messages are those of the GGUF file.
  @Test func messagesNameTheFilesOwnKeys() throws {
    func refusal(_ key: String, _ value: GGUFBytes.Value) throws -> String {
      var file = TinyGGUF.file
      file.metadata.removeAll { $0.key == key }
      file.metadata.append((key, value))
      let url = try folder.write("bad.gguf", file.bytes)
      let result = try Program.run([
        "generate", "--model", url.path, "--prompt", "a", "--device", "cpu",
      ])
      #expect(result.code == 2)
      return result.errors.replacing("train-gpu: \(url.path): ", with: "")
    }
    #expect(
      try refusal("llama.attention.head_count_kv", .integer(4))
        == "metadata llama.attention.head_count_kv is 4, which is not supported: expected a divisor of "
        + "metadata llama.attention.head_count 2\n")
    #expect(
      try refusal("llama.attention.head_count", .integer(1))
        == "metadata llama.rope.dimension_count: expected 32, the head dimension, found the integer 16\n"
    )
    #expect(
      try refusal("llama.attention.layer_norm_rms_epsilon", .number(-1))
        == "metadata llama.attention.layer_norm_rms_epsilon: expected a number above 0, found the number "
        + "-1.0\n")
  }

  @Test func aChoiceInAFileIsRefused() throws {
    try Program.expectRefusal(
      ["generate", "--model", "\(model.path):Q4_0", "--prompt", "a"],
      "\(model.path):Q4_0: expected a folder or a repository before the colon, found a GGUF file; name "
        + "the file alone")
  }
}
