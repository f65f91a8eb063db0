import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// KV prefixes in PEFT's form, for small models of random weights: those that PEFT made, and those
/// that `train-gpu export` makes and PEFT reads.
@Suite struct PrefixAdapterTests {
  private let folder: TemporaryFolder
  private static let golden = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden")
  private static let families = ["llama", "qwen2", "qwen3", "gemma3_text", "gpt2"]
  /// V of the small models.
  private static let vocabulary = 104
  private static let identifiers = [50, 27, 3, 80, 41, 6, 22, 17, 2, 64]

  init() throws { folder = try TemporaryFolder() }

  private static func model(_ family: String) -> URL {
    golden.appending(path: "families/\(family)")
  }

  /// Our logits of the ids behind an adapter: [10, V].
  private func logits(
    _ model: URL, _ adapter: URL, vocabulary: Int = Self.vocabulary
  ) throws -> [Float] {
    let output = folder.url.appending(path: "ours.safetensors")
    let result = try Program.run([
      "logits", "--model", model.path, "--adapter", adapter.path, "--ids",
      Self.identifiers.map(String.init).joined(separator: ","), "--output", output.path,
      "--device", "cpu", "--quiet",
    ])
    #expect((result.code, result.errors) == (0, ""))
    return try SafetensorsFile(contentsOf: output).floats(
      of: "logits", shape: [10, vocabulary])
  }

  private func expected(_ url: URL, vocabulary: Int = Self.vocabulary) throws -> [Double] {
    try SafetensorsFile(contentsOf: url).floats(of: "logits", shape: [10, vocabulary])
      .map(Double.init)
  }

  @Test(arguments: families, ["cartridge", "prefix-tuning"])
  func prefixesThatPEFTMadeGiveItsLogits(family: String, kind: String) throws {
    let adapter = Self.golden.appending(path: "peft/prefixes/\(family)-\(kind)")
    let found = try logits(Self.model(family), adapter)
    let error = relativeError(found, try expected(adapter.appending(path: "expected.safetensors")))
    #expect(error < Tolerance.model.rawValue)
  }

  /// A trained soft prompt of each family, in the three forms of PEFT, with a header and a closing.
  @Test(.enabled(if: Python.hasPEFT, Comment(rawValue: Python.peftReason)))
  func exportsGiveOurLogitsInPEFT() throws {
    var jobs: [JSON] = []
    var exports: [(name: String, model: URL, adapter: URL, output: URL)] = []
    for family in Self.families {
      let model = try copy(family)
      let run = folder.url.appending(path: "\(family)-run")
      try train(model, into: run)
      for format in ["peft", "peft-cartridge", "peft-prefix"] {
        let name = "\(family)-\(format)"
        let adapter = folder.url.appending(path: name)
        let result = try Program.run([
          "export", run.path, "--format", format, "--output", adapter.path, "--device", "cpu",
          "--quiet",
        ])
        try #require(result.code == 0, "\(result.errors)")
        let output = folder.url.appending(path: "\(name).safetensors")
        exports.append((name, model, adapter, output))
        jobs.append(
          .object([
            "model": .string(model.path), "adapter": .string(adapter.path),
            "ids": .array(Self.identifiers.map(JSON.integer)), "output": .string(output.path),
          ]))
      }
    }
    let list = try folder.write("jobs.json", JSON.array(jobs).text())
    try #require(
      Python.run([Self.golden.appending(path: "peft/logits_of.py").path, list.path]))
    for export in exports {
      let error = relativeError(
        try logits(export.model, export.adapter), try expected(export.output))
      #expect(error < Tolerance.model.rawValue, "\(export.name): \(error)")
    }
  }

  /// A prompt cache in mlx-lm. The model's weights are f32, so the cache and mlx's arithmetic are.
  @Test(.enabled(if: Python.hasMLX, "needs python3 with mlx and mlx-lm (pip install)"))
  func promptCachesLoadInMLX() throws {
    let workspace = try Workspace()
    let trained = try workspace.distill(["--steps", "2", "--template", "chatml"])
    try #require(trained.code == 0, "\(trained.errors)")
    let cache = folder.url.appending(path: "mlx")
    let result = try Program.run([
      "export", workspace.output.path, "--format", "mlx", "--output", cache.path, "--device",
      "cpu", "--quiet",
    ])
    try #require(result.code == 0, "\(result.errors)")
    let output = folder.url.appending(path: "mlx.safetensors")
    try #require(
      Python.run([
        Self.golden.appending(path: "mlx/logits.py").path, workspace.model,
        cache.appending(path: "prompt_cache.safetensors").path,
        Self.identifiers.map(String.init).joined(separator: ","), output.path,
      ]))
    let found = try logits(
      URL(fileURLWithPath: workspace.model), workspace.output,
      vocabulary: TinyTokenizer.vocabularySize)
    let expected = try expected(output, vocabulary: TinyTokenizer.vocabularySize)
    #expect(relativeError(found, expected) < Tolerance.model.rawValue)
  }

  /// A copy of a family's model with a tokenizer.
  private func copy(_ family: String) throws -> URL {
    let model = folder.url.appending(path: "\(family)-model")
    try FileManager.default.copyItem(at: Self.model(family), to: model)
    try folder.write("\(family)-model/tokenizer.json", TinyTokenizer.json)
    return model
  }

  private func train(_ model: URL, into run: URL) throws {
    let context = try folder.write("context.txt", Workspace.contextText)
    let inputs = try folder.write("inputs.jsonl", #"{"prompt": "cab", "completion": " has"}"#)
    let result = try Program.run([
      "distill", "--model", model.path, "--context", context.path, "--inputs", inputs.path,
      "--output", run.path, "--template", "chatml", "--tokens", "3", "--steps", "2",
      "--validation", "0", "--device", "cpu", "--quiet",
    ])
    try #require(result.code == 0, "\(result.errors)")
  }
}
