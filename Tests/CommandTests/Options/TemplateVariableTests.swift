import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// A user's variables of the model's chat template: they change the placement, and are recorded
/// wherever the placement is needed again.
@Suite struct TemplateVariableTests {
  private let workspace: Workspace
  private let told = ["--template-variable", "mark=b", "--template-variable", "is_short=true"]

  init() throws {
    workspace = try Workspace()
    try workspace.folder.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}{{ mark|default('a') }}{% if is_short is not true %}<|im_end|>{% endif %}{% endfor %}"}
      """#)
  }

  private func evaluate(_ more: [String]) throws -> JSON {
    let result = try Program.run(
      [
        "evaluate", "--model", workspace.model, "--device", "cpu", "--quiet", "--adapter",
        workspace.output.path, "--context", workspace.context, "--inputs", workspace.validation,
        "--response-tokens", "4", "--json",
      ] + more)
    #expect(result.code == 0, "\(result.errors)")
    return try JSON(parsing: Array(result.output.utf8))
  }

  @Test func areRecordedAndFoundAgain() throws {
    let result = try workspace.distill(["--steps", "4"] + told)
    try #require(result.code == 0, "\(result.errors)")
    let file = try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "soft_prompt.safetensors"))
    #expect(file.metadata["template"] == "auto")
    #expect(file.metadata["template_variables"] == #"{"is_short": true, "mark": "b"}"#)
    // `b` and <|im_start|>, and no <|im_end|>.
    #expect(file.metadata["closing_ids"] == "[2, 7]")
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains(#"template-variable: ["is_short=true", "mark=b"]"#))
    #expect(readme.contains(#".read(), is_short=True, mark="b")"#))

    let expected = try workspace.json("metrics.json")["validation"]["kl"].double
    let kl = try #require(expected)
    let found = try #require(try evaluate([])["kl"].double)
    #expect(abs(found - kl) <= 1e-6 * max(1, kl))
    let other = try #require(try evaluate(["--template-variable", "mark=c"])["kl"].double)
    #expect(abs(other - kl) > 1e-3 * kl)
  }

  @Test func changeTheAnswer() throws {
    func answer(_ more: [String]) throws -> String {
      let result = try Program.run(
        [
          "generate", "--model", workspace.model, "--device", "cpu", "--quiet", "--prompt", "a cab",
          "--context", workspace.context, "--max-tokens", "12",
        ] + more)
      #expect(result.code == 0, "\(result.errors)")
      return result.output
    }
    #expect(try answer(told) == answer(Array(told[2...] + told[..<2])))
    #expect(try answer([]) == answer(["--template-variable", "mark=a"]))
    #expect(try answer([]) != answer(told))
  }

  @Test func holdForAResumedRun() throws {
    let first = try workspace.distill(["--steps", "4", "--checkpoint-every", "2"] + told)
    try #require(first.code == 0, "\(first.errors)")
    let result = try workspace.distill([
      "--steps", "4", "--resume", "--template-variable", "mark=c",
    ])
    #expect(result.code == 2)
    #expect(result.errors.contains("started with --template-variable"))
  }

  @Test func areReadFromAConfigurationFile() throws {
    let config = try workspace.folder.write(
      "options.yaml", "template-variable:\n  - mark=c\n  - is_short=true\nsteps: 3\n")
    // The command line takes precedence, name by name.
    let result = try workspace.distill(
      ["--config", config.path, "--template-variable", "mark=b"])
    #expect(result.code == 0, "\(result.errors)")
    let file = try SafetensorsFile(
      contentsOf: workspace.output.appending(path: "soft_prompt.safetensors"))
    #expect(file.metadata["template_variables"] == #"{"is_short": true, "mark": "b"}"#)
  }

  /// Nobody sees which of two values is used.
  @Test func areGivenOnce() throws {
    let once = "--template-variable: expected each name once, found "
    try workspace.expectRefusal(
      ["--template-variable", "mark=b", "--template-variable", "mark=c"],
      once + "mark=b and mark=c")
    try Program.expectRefusal(
      [
        "generate", "--model", workspace.model, "--prompt", "a", "--template-variable", "mark=b",
        "--template-variable", "is_short=true", "--template-variable", "mark=b",
      ], once + "mark=b and mark=b")
    let config = try workspace.folder.write(
      "twice.yaml", "seed: 1\ntemplate-variable: [mark=b, mark=c]\n")
    try workspace.expectRefusal(
      ["--config", config.path],
      once + "mark=b and mark=c; --template-variable stands in \(config.path):2")
  }

  @Test func areRefusedWhereTheTemplateDoesNotMentionThem() throws {
    try workspace.expectRefusal(
      ["--template-variable", "marc=b"],
      "--template-variable marc: expected a name that the chat template mentions, found no such name "
        + "in \(workspace.model)/tokenizer_config.json, chat_template")
  }
}
