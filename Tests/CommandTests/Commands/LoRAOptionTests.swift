import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `--lora DIR`: adapters in the model's weights.
@Suite struct LoRAOptionTests {
  private let workspace: Workspace
  private let adapter: URL

  init() throws {
    workspace = try Workspace()
    adapter = try workspace.folder.write(
      "style/adapter_config.json",
      #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "target_modules": ["q_proj"]}"#
    ).deletingLastPathComponent()
    var random = SeededGenerator(seed: 3)
    let module = "base_model.model.model.layers.0.self_attn.q_proj"
    try SafetensorsWriter.write(
      [
        ("\(module).lora_A.weight", [2, 32], random.floats(64, in: -1...1)),
        ("\(module).lora_B.weight", [32, 2], random.floats(64, in: -1...1)),
      ], metadata: [:], to: adapter.appending(path: "adapter_model.safetensors"))
  }

  @Test func thePromptBelongsToTheModelWithTheAdapter() throws {
    let lora = ["--lora", adapter.path]
    let result = try workspace.distill(["--steps", "4"] + lora)
    #expect(result.code == 0, "\(result.errors)")
    let bare = workspace.folder.url.appending(path: "bare")
    #expect(try workspace.distill(["--steps", "4"], to: bare).code == 0)
    #expect(try workspace.softPrompt() != workspace.softPrompt(in: bare))
    let metadata = try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "soft_prompt.safetensors")
    ).metadata
    #expect(metadata["lora"] == JSON.array([.string(adapter.path)]).text())
    #expect(
      try workspace.json("metrics.json")["made_with"]["lora"] == .array([.string(adapter.path)]))
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("with the LoRA adapter `\(adapter.path)` in its weights"))
    #expect(
      readme.contains("PeftModel.from_pretrained(model, \"\(adapter.path)\").merge_and_unload()"))
  }

  @Test func otherCommandsTakeIt() throws {
    #expect(try workspace.distill(["--steps", "4", "--lora", adapter.path]).code == 0)
    let model = ["--model", workspace.model, "--device", "cpu"]
    let evaluate =
      ["evaluate"] + model + [
        "--context", workspace.context, "--inputs", workspace.validation, "--adapter",
        workspace.output.path, "--json",
      ]
    let found = try Program.run(evaluate + ["--lora", adapter.path])
    #expect(found.code == 0, "\(found.errors)")
    let without = try Program.run(evaluate)
    #expect(without.code != 0 || without.errors.contains("another model"), "\(without.errors)")
    let export = workspace.folder.url.appending(path: "export")
    let exported = try Program.run(
      [
        "export", workspace.output.path, "--format", "peft", "--output", export.path, "--device",
        "cpu",
      ])
    #expect(exported.code == 0, "\(exported.errors)")
    let rows = workspace.folder.url.appending(path: "vllm")
    #expect(
      try Program.run(
        [
          "export", workspace.output.path, "--format", "vllm", "--output", rows.path, "--device",
          "cpu",
        ]
      ).code == 0)
    #expect(
      try String(contentsOf: rows.appending(path: "README.md"), encoding: .utf8).contains(
        "1 LoRA adapter in its weights, `\(adapter.path)`"))
    let text = ["--prompt", "the cab", "--max-tokens", "4"]
    for command in [["generate"] + model + text, ["logits"] + model + ["--ids", "1,2"]] {
      let output = workspace.folder.url.appending(path: UUID().uuidString).path
      let target = command[0] == "logits" ? ["--output", output] : []
      let result = try Program.run(command + target + ["--lora", adapter.path])
      #expect(result.code == 0, "\(result.errors)")
    }
  }

  @Test func damagedAdaptersAreRefused() throws {
    try workspace.expectRefusal(
      ["--lora", adapter.path, "--lora", adapter.path],
      "--lora: expected each adapter once, found \(adapter.path) twice")
    try workspace.expectRefusal(
      ["--lora", "/nothing"],
      "/nothing: expected the folder of a LoRA adapter, with adapter_config.json and "
        + "adapter_model.safetensors, found nothing of the kind")
    let other = try workspace.folder.write("other/adapter_config.json", #"{"peft_type": "LORA"}"#)
    try workspace.expectRefusal(
      ["--lora", other.deletingLastPathComponent().path],
      "\(other.path): lora_alpha: expected a number, found nothing")
  }
}
