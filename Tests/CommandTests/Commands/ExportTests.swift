import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `train-gpu export` of a small run.
@Suite struct ExportTests {
  private let workspace: Workspace
  private static let formats = [
    "peft", "peft-cartridge", "peft-prefix", "mlx", "vllm", "llamacpp",
  ]
  /// E, L and G D of ``TinyModel``.
  private static let (width, layers, keyWidth) = (32, 2, 16)

  init() throws {
    workspace = try Workspace()
    let result = try workspace.distill(["--steps", "8"])
    try #require(result.code == 0, "\(result.errors)")
  }

  private func url(_ name: String) -> URL { workspace.folder.url.appending(path: name) }

  private func arguments(_ format: String, _ output: String, run: URL? = nil) -> [String] {
    [
      "export", (run ?? workspace.output).path, "--format", format, "--output",
      url(output).path, "--device", "cpu", "--quiet",
    ]
  }

  @discardableResult private func export(_ format: String) throws -> URL {
    let result = try Program.run(arguments(format, format))
    try #require(result.code == 0, "\(result.errors)")
    return url(format)
  }

  /// The rows of the run's own adapter: header, prompt and closing.
  private func virtualTokens() throws -> [Float] {
    try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "adapter_model.safetensors")
    ).floats(of: "prompt_embeddings")
  }

  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test(arguments: formats)
  func everyFormatReadsBack(format: String) throws {
    let result = try Program.run(arguments(format, "out"))
    #expect((result.code, result.errors) == (0, ""))
    let words = result.output.split(separator: " ")
    let index = try #require(words.firstIndex(of: "KL"))
    let change = try #require(Double(words[index + 2]))
    // The model's weights are f32, so mlx's cache is too.
    #expect(abs(change) < 1e-6)
    #expect(result.output.contains("4 virtual tokens in \(url("out").path): read back"))
    #expect(result.output.contains("README.md says how it is used\n"))
    #expect(try text(url("out/README.md")).contains("3 pseudo-tokens in place of"))
  }

  @Test func prefixesGiveTheLogitsOfTheRun() throws {
    func logits(_ adapter: URL) throws -> [Float] {
      let output = url("logits.safetensors")
      let result = try Program.run([
        "logits", "--model", workspace.model, "--ids", "4,3,17", "--adapter", adapter.path,
        "--output", output.path, "--device", "cpu", "--quiet",
      ])
      #expect(result.code == 0, "\(result.errors)")
      return try SafetensorsFile(contentsOf: output).floats(of: "logits")
    }
    let expected = try logits(workspace.output).map(Double.init)
    for format in ["peft", "peft-cartridge", "peft-prefix"] {
      #expect(try relativeError(logits(export(format)), expected) < Tolerance.matmul.rawValue)
    }
    // A folder of PEFT serves in the other commands too.
    let cartridge = url("peft-cartridge").path
    let answer = try Program.run([
      "generate", "--model", workspace.model, "--adapter", cartridge, "--prompt", "a cab",
      "--max-tokens", "4", "--device", "cpu", "--quiet",
    ])
    #expect(answer.code == 0, "\(answer.errors)")
    let evaluation = try Program.run([
      "evaluate", "--model", workspace.model, "--adapter", cartridge, "--context",
      workspace.context, "--inputs", workspace.validation, "--response-tokens", "4", "--device",
      "cpu", "--quiet", "--json",
    ])
    let found = try JSON(parsing: Array(evaluation.output.utf8))["kl"].double
    let own = try workspace.json("metrics.json")["validation"]["kl"].double
    #expect(abs(try #require(found) - (try #require(own))) < 1e-5)
  }

  @Test func promptCachesHaveTheLayoutOfMLX() throws {
    let folder = try export("mlx")
    let cartridge = try SafetensorsFile(
      contentsOf: export("peft-cartridge").appending(path: "adapter_model.safetensors")
    ).floats(of: "prompt_embeddings", shape: [4, 2 * Self.layers * Self.keyWidth])
    for (name, keys) in [
      ("prompt_cache.safetensors", ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]),
      ("prompt_cache_0.31.safetensors", ["0.0", "0.1", "1.0", "1.1"]),
    ] {
      let file = try SafetensorsFile(contentsOf: folder.appending(path: name))
      #expect(file.tensors.keys.sorted() == keys)
      // Two heads of width 8: the second head of row 3's value in layer 1.
      let values = try file.floats(of: "1.1", shape: [1, 2, 4, 8])
      let row = 3 * 2 * Self.layers * Self.keyWidth + 3 * Self.keyWidth
      #expect(Array(values[(4 + 3) * 8..<(4 + 4) * 8]) == Array(cartridge[row + 8..<row + 16]))
    }
    let current = try SafetensorsFile(
      contentsOf: folder.appending(path: "prompt_cache.safetensors"))
    #expect(try current.integers(of: "1.2") == [4])
    #expect(
      current.metadata == [
        "0.model": workspace.model, "0.tokenizer_config": "{}", "1.0": "KVCache",
        "1.1": "KVCache", "2.0": "", "2.1.0": "0.2", "2.1.1": "scalar", "2.2.0": "1.2",
        "2.2.1": "scalar",
      ])
    let earlier = try SafetensorsFile(
      contentsOf: folder.appending(path: "prompt_cache_0.31.safetensors"))
    #expect(
      earlier.metadata == [
        "0.0": "", "0.1": "", "1.model": workspace.model, "1.tokenizer_config": "{}",
        "2.0": "KVCache", "2.1": "KVCache",
      ])
  }

  @Test func rowsOfLlamaAreThoseBeforeThePrompt() throws {
    let folder = try export("llamacpp")
    let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "soft_prompt.f32")))
    let expected = try virtualTokens().flatMap { value in
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value.bitPattern >> $0) }
    }
    #expect(bytes == expected)
    let program = try text(folder.appending(path: "soft_prompt.c"))
    #expect(program.hasPrefix("// Answers a prompt after a soft prompt: soft_prompt MODEL.gguf"))
    #expect(program.contains("#include \"llama.h\""))
  }

  @Test(.enabled(if: Python.hasTorch, "needs python3 with torch (pip install)"))
  func payloadsOfVLLMAreReadByPyTorch() throws {
    let payload = try export("vllm").appending(path: "prompt_embeds.txt")
    let own = workspace.output.appending(path: "adapter_model.safetensors")
    #expect(
      Python.run([
        "-c",
        """
        import base64, io, sys, torch
        data = base64.b64decode(open(sys.argv[1]).read(), validate=True)
        found = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        from safetensors.torch import load_file
        assert found.dtype == torch.float32 and found.is_contiguous()
        assert torch.equal(found, load_file(sys.argv[2])["prompt_embeddings"])
        """, payload.path, own.path,
      ]))
  }

  @Test func impossibleExportsAreRefused() throws {
    try workspace.folder.write("there/file", "kept")
    try Program.expectRefusal(
      arguments("peft", "there"),
      "\(url("there").path): expected a new folder for the export, found one that exists")
    #expect(try text(url("there/file")) == "kept")
    try Program.expectRefusal(
      arguments("peft", "out", run: url("there")),
      "\(url("there").path): expected the output folder of a run, with soft_prompt.safetensors or "
        + "cartridge.safetensors, found a folder without it")
    try Program.expectRefusal(
      arguments("peft", "out", run: url("none")),
      "\(url("none").path): expected the output folder of a run, with soft_prompt.safetensors or "
        + "cartridge.safetensors, found nothing of the kind")
    let other = try TinyModel.write("other", in: workspace.folder)
    try workspace.folder.write(
      "other/config.json",
      text(other.appending(path: "config.json")).replacing("1e-5", with: "2e-5"))
    try Program.expectRefusal(
      arguments("peft", "out") + ["--model", other.path],
      "\(other.path): expected the model that the prompt of \(workspace.output.path) was trained "
        + "for, found another")
    #expect(!FileManager.default.fileExists(atPath: url("out").path))
  }

  private func distillKeysValues() throws {
    let result = try workspace.distill(["--method", "kv", "--steps", "8", "--overwrite"])
    try #require(result.code == 0, "\(result.errors)")
  }

  @Test func keysAndValuesDoNotBecomeEmbeddings() throws {
    try distillKeysValues()
    for (format, reason) in [
      ("peft", ", which holds embeddings"), ("vllm", ", which holds embeddings"),
      (
        "llamacpp",
        ": llama.cpp takes keys and values only in saved states, which belong to one version of it "
          + "and one setting of its cache"
      ),
    ] {
      try Program.expectRefusal(
        arguments(format, "out"),
        "--format: expected peft-cartridge, peft-prefix or mlx for a prompt of keys and values, "
          + "found \(format)\(reason)")
    }
    for format in ["peft-cartridge", "peft-prefix", "mlx"] { try export(format) }
    let name = "adapter_model.safetensors"
    let own = try Data(contentsOf: workspace.output.appending(path: name))
    #expect(try Data(contentsOf: url("peft-cartridge/\(name)")) == own)
    #expect(try Data(contentsOf: url("peft-prefix/\(name)")) == own)
  }

  /// The run's own folder, and its rows in PEFT's form behind a frozen header, start the same
  /// prompt.
  @Test func foldersOfAdaptersStartAPrompt() throws {
    try distillKeysValues()
    let cartridge = try export("peft-cartridge")
    func keys(_ folder: URL) throws -> [Float] {
      try SafetensorsFile(contentsOf: folder.appending(path: "cartridge.safetensors"))
        .floats(of: "keys")
    }
    let own = try keys(workspace.output)
    for (start, output) in [(workspace.output, "a"), (cartridge, "b")] {
      // A rate that moves nothing.
      let result = try workspace.distill(
        [
          "--method", "kv", "--steps", "1", "--init", start.path, "--learning-rate-keys", "1e-30",
          "--learning-rate-values", "1e-30",
        ], to: url(output))
      try #require(result.code == 0, "\(result.errors)")
      #expect(try keys(url(output)) == own)
    }
    let wrong = try workspace.distill(
      ["--method", "kv", "--tokens", "5", "--init", cartridge.path], to: url("c"))
    #expect(wrong.code == 2)
    #expect(
      wrong.errors.hasSuffix(
        "--init: expected keys and values of 5 tokens, found 4 tokens of keys in \(cartridge.path)\n"
      ))
  }
}
