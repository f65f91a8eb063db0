import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// Where a soft prompt was trained to stand: an adapter records it, and whoever uses the adapter finds it again.
@Suite struct PlacementRecordTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
  }

  private func writeTemplate(_ text: String) throws {
    try place.folder.write(
      "model/tokenizer_config.json",
      String(decoding: JSONEncoder().encode(["chat_template": text]), as: UTF8.self))
  }

  private func metadata() throws -> [String: String] {
    try SafetensorsFile(contentsOf: place.output.appending(path: "soft_prompt.safetensors"))
      .metadata
  }

  private func generate(_ more: [String] = []) throws -> Program.Result {
    try Program.run(
      [
        "generate", "--model", place.model, "--device", "cpu", "--quiet", "--prompt", "a cab",
        "--adapter", place.output.path, "--max-tokens", "8",
      ] + more)
  }

  /// Writes another moment into the records of a run, as if it had been begun then.
  private func setClock(_ clock: String) throws {
    let url = place.output.appending(path: "soft_prompt.safetensors")
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
    let result = try place.distill(["--steps", "4", "--checkpoint-every", "2"])
    try #require(result.code == 0, "\(result.errors)")
    let clock = try #require(try metadata()["template_clock"])
    #expect(clock.count == 19)
    #expect(try generate().code == 0)
    // Had it been trained in another year, its header would be another: prompts cannot stand behind it.
    try setClock("1999-12-31T12:00:00")
    let refused = try generate()
    #expect(refused.code == 2)
    #expect(
      refused.errors.contains(
        "\(place.output.path): expected a chat template that writes the tokens around the soft "
          + "prompt with which it was trained, found one that has changed since"))
  }

  @Test func aDatedTemplateIsFoundAgainByItsNameAndByAResumedRun() throws {
    let file = try place.folder.write(
      "dated.jinja",
      "{% for m in messages %}<|im_start|>{{ strftime_now('%H:%M:%S') }}{{ m.content }}<|im_end|>"
        + "{% endfor %}"
    ).path
    let first = try place.distill(["--steps", "4", "--template", file])
    try #require(first.code == 0, "\(first.errors)")
    let before = try metadata()
    // The clock's second is over by now.
    sleep(1)
    let resumed = try place.distill(["--steps", "8", "--template", file, "--resume"])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try metadata()["header_ids"] == before["header_ids"])
    #expect(try metadata()["template_clock"] == before["template_clock"])
    for more in [[], ["--template", file]] {
      let result = try generate(more)
      #expect(result.code == 0, "\(result.errors)")
    }
    let readme = try String(
      contentsOf: place.output.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("The template writes the time at which it is asked"))
    let kept = place.output.appending(path: "chat_template.jinja")
    #expect(try String(contentsOf: kept, encoding: .utf8).contains("strftime_now"))
    #expect(
      readme.contains(#"chat_template=open("path/to/this/folder/chat_template.jinja").read()"#))
  }

  @Test func aTemplateThatChangedIsRefusedUntilItIsNamed() throws {
    try writeTemplate("{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}")
    let result = try place.distill(["--steps", "4"])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["header_ids"] == "[7]")
    try writeTemplate("{% for m in messages %}<|im_start|>c{{ m.content }}<|im_end|>{% endfor %}")
    #expect(try generate().code == 2)
    #expect(try generate(["--template", "raw"]).code == 0)
  }

  @Test func aTemplateFileIsFoundFromEverywhere() throws {
    let file = try place.folder.write(
      "own.jinja", "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}")
    let folder = place.folder.url.appending(path: "elsewhere")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let result = try place.distill(["--steps", "4", "--template", folder.path + "/../own.jinja"])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["template"] == file.path)
  }

  /// The tokens of texts, the special ones of the tokenizer among them or not.
  private func tokens(_ texts: [String], _ special: String) throws -> [String] {
    let lines = try texts.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    let result = try Program.run(
      ["tokenize", "--model", place.model, special], input: lines.joined(separator: "\n") + "\n")
    #expect(result.code == 0, "\(result.errors)")
    return result.output.split(separator: "\n").map(String.init)
  }

  @Test func aContextOfIdentifiersIsEvaluatedAsItsText() throws {
    let result = try place.distill(["--steps", "8"])
    try #require(result.code == 0, "\(result.errors)")
    let context = try tokens([Workplace.contextText], "--special")[0]
    let prompts = try tokens(["cab", "a bad"], "--no-special")
    // As a text, a completion gets the end token.
    let answers = try tokens([" has a<|im_end|>", " back<|im_end|>"], "--no-special")
    func evaluate(_ context: String, _ lines: [String]) throws -> JSON {
      let inputs = try place.folder.write("evaluated.jsonl", lines.joined(separator: "\n")).path
      let result = try Program.run([
        "evaluate", "--model", place.model, "--device", "cpu", "--quiet", "--adapter",
        place.output.path, "--context", context, "--inputs", inputs, "--json",
      ])
      #expect(result.code == 0, "\(result.errors)")
      return try JSON(parsing: Array(result.output.utf8))
    }
    let text = try evaluate(
      place.context,
      [
        #"{"prompt": "cab", "completion": " has a"}"#,
        #"{"prompt": "a bad", "completion": " back"}"#,
      ])
    let identifiers = try evaluate(
      try place.folder.write("ids.json", "{\"ids\": \(context)}").path,
      zip(prompts, answers).map { "{\"prompt_ids\": \($0), \"completion_ids\": \($1)}" })
    for key in ["kl", "kl_no_context", "gap_closed"] {
      let (found, expected) = (
        try #require(identifiers[key].double), try #require(text[key].double)
      )
      #expect(abs(found - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
    }
  }

  @Test func anAdapterTrainedOnIdentifiersHasNothingAroundIt() throws {
    let context = try place.folder.write("ids.json", #"{"ids": [4, 3, 1, 2, 5, 6, 3]}"#).path
    let inputs = try place.folder.write(
      "ids.jsonl",
      """
      {"prompt_ids": [1, 2], "completion_ids": [3, 4]}
      {"prompt_ids": [2, 5], "completion_ids": [1]}
      """
    ).path
    let result = try Program.run([
      "distill", "--model", place.model, "--context", context, "--inputs", inputs, "--validation",
      "0", "--device", "cpu", "--threads", "1", "--tokens", "3", "--steps", "4", "--output",
      place.output.path,
    ])
    try #require(result.code == 0, "\(result.errors)")
    #expect(try metadata()["header_ids"] == "[]")
    // In PEFT's form nothing stands around it either, so both answer alike; a BOS before it would make a difference.
    let alone = place.output.appending(path: "soft_prompt.safetensors").path
    let peft = place.output.appending(path: "adapter_model.safetensors").path
    func answer(_ adapter: String) throws -> String {
      let result = try generate(["--adapter", adapter, "--max-tokens", "16"])
      #expect(result.code == 0, "\(result.errors)")
      return result.output
    }
    #expect(try answer(alone) == answer(peft))
  }
}
