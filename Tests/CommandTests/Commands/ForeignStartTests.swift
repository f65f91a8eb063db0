import Foundation
import JSON
import TestSupport
import Testing

/// A training that starts from an adapter of another model says so.
@Suite struct ForeignStartTests {
  private let workspace: Workspace
  init() throws { workspace = try Workspace() }

  private func warnings(_ result: Program.Result) -> [String] {
    result.errorLines.filter { $0.contains("the adapter was made for another model") }
  }

  @Test(arguments: [[], ["--method", "kv"]])
  func anAdapterOfAnotherModelIsNamed(method: [String]) throws {
    let other = try TinyModel.write("other", in: workspace.folder, seed: 9)
    let start = workspace.folder.url.appending(path: "start")
    let made = try workspace.distill(method + ["--model", other.path, "--steps", "1"], to: start)
    try #require(made.code == 0, "\(made.errors)")
    let path = start.path
    let name = method.isEmpty ? "soft_prompt.safetensors" : "cartridge.safetensors"
    for (index, source) in [path, "\(path)/\(name)"].enumerated() {
      let options = method + ["--init", source, "--steps", "1"]
      let output = workspace.folder.url.appending(path: "run-\(index)")
      let result = try workspace.distill(options, to: output)
      #expect(result.code == 0, "\(result.errors)")
      #expect(
        warnings(result) == [
          "warning: \(source): the adapter was made for another model than \(workspace.model)"
        ])
      // Of its own model nothing is said, and nothing where the run goes on.
      let own = try workspace.distill(
        options + ["--model", other.path], to: workspace.folder.url.appending(path: "own-\(index)"))
      #expect(own.code == 0 && warnings(own).isEmpty, "\(own.errors)")
      let resumed = try workspace.distill(options.dropLast() + ["2", "--resume"], to: output)
      #expect(resumed.code == 0 && warnings(resumed).isEmpty, "\(resumed.errors)")
    }
  }

  /// The tensors of a model would fill pages.
  @Test func aModelIsNoStart() throws {
    let file = "\(workspace.model)/model.safetensors"
    let result = try workspace.distill(["--init", file])
    #expect(result.code == 2 && result.errorLines.count == 1, "\(result.errors)")
    let start =
      "train-gpu: \(file): expected a tensor soft_prompt, keys, prompt_embeddings, found model."
    #expect(result.errors.hasPrefix(start) && result.errors.hasSuffix("...\n"), "\(result.errors)")
    #expect(result.errors.count < start.count + 200)
  }

  /// PEFT's own configuration knows the name of the model alone.
  @Test func theNameInPEFTsConfigurationCounts() throws {
    let other = try TinyModel.write("other", in: workspace.folder, seed: 9)
    let start = workspace.folder.url.appending(path: "start")
    try #require(
      workspace.distill(["--model", other.path, "--steps", "1"], to: start).code == 0)
    try FileManager.default.removeItem(at: start.appending(path: "soft_prompt.safetensors"))
    // Virtual tokens hold the header too.
    let options = ["--init", start.path, "--tokens", "4", "--steps", "1"]
    let foreign = try workspace.distill(options)
    try #require(foreign.code == 0, "\(foreign.errors)")
    #expect(
      warnings(foreign) == [
        "warning: \(start.path): the adapter was made for another model than \(workspace.model)"
      ])
    let own = try workspace.distill(options + ["--model", other.path, "--overwrite"])
    #expect(own.code == 0 && warnings(own).isEmpty, "\(own.errors)")
    // Of a name that is no path nothing is known.
    let file = start.appending(path: "adapter_config.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.replacing(other.path, with: "org/other").utf8).write(to: file)
    let unknown = try workspace.distill(options + ["--overwrite"])
    #expect(unknown.code == 0 && warnings(unknown).isEmpty, "\(unknown.errors)")
  }
}
