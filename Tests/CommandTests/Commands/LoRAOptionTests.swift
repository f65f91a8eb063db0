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
    #expect(without.code == 0, "\(without.errors)")
    #expect(
      without.errors.contains(
        "\(workspace.output.path): trained with the LoRA adapter \(adapter.path) in the model's weights, found "
          + "no LoRA adapter, so the prompt may be worse there; --lora \(adapter.path) adds what it had"
      ),
      "\(without.errors)")
    #expect(!without.errors.contains("another model") && !found.errors.contains("LoRA"))
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

  @Test func theMissingOrOtherAdapterIsNamed() throws {
    #expect(try workspace.distill(["--steps", "2"]).code == 0)
    let lora = ["--lora", adapter.path]
    func generate(_ run: URL, _ more: [String]) throws -> String {
      let result = try Program.run(
        [
          "generate", "--model", workspace.model, "--adapter", run.path, "--prompt", "a",
          "--max-tokens", "1", "--device", "cpu",
        ] + more)
      #expect(result.code == 0, "\(result.errors)")
      return result.errors
    }
    #expect(
      try generate(workspace.output, lora).contains(
        "\(workspace.output.path): trained with no LoRA adapter in the model's weights, found the LoRA adapter "
          + adapter.path))
    let styled = workspace.folder.url.appending(path: "styled")
    #expect(try workspace.distill(["--steps", "2"] + lora, to: styled).code == 0)
    let resumed = try workspace.distill(["--steps", "4", "--resume"], to: styled)
    #expect(resumed.code == 2)
    #expect(
      resumed.errors.contains("started with the LoRA adapters in the model's weights "),
      "\(resumed.errors)")
    #expect(resumed.errors.contains("..., found none; a resumed run keeps"), "\(resumed.errors)")
    let beside = try workspace.distill(
      ["--steps", "1", "--beside", styled.path],
      to: workspace.folder.url.appending(path: "beside"))
    #expect(
      beside.errors.contains(
        "found one of it with the LoRA adapter \(adapter.path) in its weights, and the run has no LoRA adapter"
      ),
      "\(beside.errors)")
    // Another model is another one, whatever its adapters.
    let weights = URL(fileURLWithPath: workspace.model).appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: weights))
    bytes[bytes.count - 4] ^= 1
    try Data(bytes).write(to: weights)
    #expect(try generate(styled, []).contains("made for another model"))
  }

  @Test func targetsWithoutAnUpdateAreNamed() throws {
    let config = try workspace.folder.write(
      "style/adapter_config.json",
      #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q_proj", "c_attn", "v_prj"]}"#
    )
    let result = try workspace.distill(["--steps", "1", "--lora", adapter.path])
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(
        "\(config.path): target_modules: c_attn, v_prj have no update in \(adapter.path)"),
      "\(result.errors)")
    try workspace.folder.write(
      "style/adapter_config.json",
      #"{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": "all-linear"}"#)
    let all = try workspace.distill(["--steps", "1", "--lora", adapter.path, "--overwrite"])
    #expect(all.code == 0 && !all.errors.contains("target_modules"), "\(all.errors)")
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
