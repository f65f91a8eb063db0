import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// An adapter records the placement of its soft prompt, and commands that use the adapter restore
/// it.
@Suite struct PlacementRecordTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  private func writeTemplate(_ text: String) throws {
    try workspace.folder.write(
      "model/tokenizer_config.json",
      String(decoding: JSONEncoder().encode(["chat_template": text]), as: UTF8.self))
  }

  private func metadata() throws -> [String: String] {
    try SafetensorsFile(contentsOf: workspace.output.appending(path: "soft_prompt.safetensors"))
      .metadata
  }

  private func generate(
    _ more: [String] = [], adapter: String? = nil
  ) throws -> Program.Result {
    try Program.run(
      ([
        "generate", "--model", workspace.model, "--device", "cpu", "--quiet", "--prompt", "a cab",
        "--adapter", adapter ?? workspace.output.path, "--max-tokens", "8",
      ] + more).overridden)
  }

  /// Writes another time into the records of a run.
  private func setClock(_ clock: String) throws {
    let url = workspace.output.appending(path: "soft_prompt.safetensors")
    let file = try SafetensorsFile(contentsOf: url)
    var metadata = file.metadata
    metadata["template_clock"] = clock
    let shape = try file.tensor(named: "soft_prompt").shape
    try SafetensorsWriter.write(
      [("soft_prompt", shape, file.floats(of: "soft_prompt"))], metadata: metadata, to: url)
  }

  @Test func aDatedTemplateKeepsTheDateOfTheTraining() throws {
    try writeTemplate(
      "{% for m in messages %}<|im_start|>{{ strftime_now('%Y') }}{{ m.content }}<|im_end|>"
        + "{% endfor %}")
    let result = try workspace.distill(["--steps", "4", "--checkpoint-every", "2"])
    try #require(result.code == 0, "\(result.errors)")
    let clock = try #require(try metadata()["template_clock"])
    #expect(clock.count == 19)
    #expect(try generate().code == 0)
    // A training in another year would have another header, so prompts do not fit after it.
    try setClock("1999-12-31T12:00:00")
    let refused = try generate()
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains(
        "\(workspace.output.path): expected a chat template that writes the tokens around the soft "
          + "prompt with which it was trained, found one that has changed since"))
  }

  @Test func aDatedTemplateIsFoundAgainByItsNameAndByAResumedRun() throws {
    let file = try workspace.folder.write(
      "dated.jinja",
      "{% for m in messages %}<|im_start|>{{ strftime_now('%H:%M:%S') }}{{ m.content }}<|im_end|>"
        + "{% endfor %}"
    ).path
    let first = try workspace.distill(["--steps", "4", "--template", file])
    try #require(first.code == 0, "\(first.errors)")
    let before = try metadata()
    // Waits until the clock's second has passed.
    sleep(1)
    let resumed = try workspace.distill(["--steps", "8", "--template", file, "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try metadata()["header_ids"] == before["header_ids"])
    #expect(try metadata()["template_clock"] == before["template_clock"])
    for more in [[], ["--template", file]] {
      let result = try generate(more)
      #expect(result.code == 0, "\(result.errors)")
    }
    let readme = try String(
      contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("The template writes the present time"))
    let kept = workspace.output.appending(path: "chat_template.jinja")
    #expect(try String(contentsOf: kept, encoding: .utf8).contains("strftime_now"))
    #expect(
      readme.contains(#"chat_template=open("path/to/this/folder/chat_template.jinja").read()"#))
  }

  @Test func aTemplateThatChangedIsRefusedUntilItIsNamed() throws {
    try writeTemplate("{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}")
    let result = try workspace.distill(["--steps", "4"])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["header_ids"] == "[7]")
    try writeTemplate("{% for m in messages %}<|im_start|>c{{ m.content }}<|im_end|>{% endfor %}")
    #expect(try generate().code == 2)
    #expect(try generate(["--template", "raw"]).code == 0)
  }

  @Test func aTemplateFileIsFoundFromEverywhere() throws {
    let file = try workspace.folder.write(
      "own.jinja", "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}")
    let folder = workspace.folder.url.appending(path: "elsewhere")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let result = try workspace.distill([
      "--steps", "4", "--template", folder.path + "/../own.jinja",
    ])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["template"] == file.path)
  }

  /// The tokens of texts, with or without the tokenizer's special ones.
  private func tokens(_ texts: [String], _ special: String) throws -> [String] {
    let lines = try texts.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    let result = try Program.run(
      ["tokenize", "--model", workspace.model, special], input: lines.joined(separator: "\n") + "\n"
    )
    #expect(result.code == 0, "\(result.errors)")
    return result.output.split(separator: "\n").map(String.init)
  }

  @Test func aContextOfIdentifiersIsEvaluatedAsItsText() throws {
    let result = try workspace.distill(["--steps", "8"])
    try #require(result.code == 0, "\(result.errors)")
    let context = try tokens([Workspace.contextText], "--special")[0]
    let prompts = try tokens(["cab", "a bad"], "--no-special")
    // As a text, a completion gets the end token.
    let answers = try tokens([" has a<|im_end|>", " back<|im_end|>"], "--no-special")
    func evaluate(_ context: String, _ lines: [String]) throws -> JSON {
      let inputs = try workspace.folder.write("evaluated.jsonl", lines.joined(separator: "\n")).path
      let result = try Program.run([
        "evaluate", "--model", workspace.model, "--device", "cpu", "--quiet", "--adapter",
        workspace.output.path, "--context", context, "--inputs", inputs, "--json",
      ])
      #expect(result.code == 0, "\(result.errors)")
      return try JSON(parsing: Array(result.output.utf8))
    }
    let text = try evaluate(
      workspace.context,
      [
        #"{"prompt": "cab", "completion": " has a"}"#,
        #"{"prompt": "a bad", "completion": " back"}"#,
      ])
    let identifiers = try evaluate(
      try workspace.folder.write("ids.json", "{\"ids\": \(context)}").path,
      zip(prompts, answers).map { "{\"prompt_ids\": \($0), \"completion_ids\": \($1)}" })
    for key in ["kl", "kl_no_context", "gap_closed"] {
      let (found, expected) = (
        try #require(identifiers[key].double), try #require(text[key].double)
      )
      #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
    }
  }

  @Test func anAdapterTrainedOnIdentifiersHasNothingAroundIt() throws {
    let context = try workspace.folder.write("ids.json", #"{"ids": [4, 3, 1, 2, 5, 6, 3]}"#).path
    let inputs = try workspace.folder.write(
      "ids.jsonl",
      """
      {"prompt_ids": [1, 2], "completion_ids": [3, 4]}
      {"prompt_ids": [2, 5], "completion_ids": [1]}
      """
    ).path
    let result = try Program.run([
      "distill", "--model", workspace.model, "--context", context, "--inputs", inputs,
      "--validation",
      "0", "--device", "cpu", "--threads", "1", "--tokens", "3", "--steps", "4", "--output",
      workspace.output.path,
    ])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["header_ids"] == "[]")
    // In PEFT's form there are no tokens around it either, so both answers are the same; a BOS
    // before it would change them.
    let alone = workspace.output.appending(path: "soft_prompt.safetensors").path
    let peft = workspace.output.appending(path: "adapter_model.safetensors").path
    func answer(_ adapter: String) throws -> String {
      let result = try generate(["--max-tokens", "16"], adapter: adapter)
      #expect(result.code == 0, "\(result.errors)")
      return result.output
    }
    #expect(try answer(alone) == answer(peft))
  }
}
