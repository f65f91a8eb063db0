import Foundation
import Safetensors
import TestSupport
import Testing

/// Wrong input of a user: each ends with one line, exit code 2, and nothing written.
@Suite struct BadInputTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func file(_ name: String, _ text: String) throws -> String {
    try workspace.folder.write(name, text).path
  }

  @Test(arguments: [
    ("", ": expected one JSON object a line, found an empty file"),
    (
      "{\"prompt\": \"a\"}\n{\"prompt\": \"a\", \"completion\": \"\"}\n",
      ":2: completion: expected a text, found an empty string"
    ),
    (
      "{\"prompt\": \"a\"\n",
      ":1:15: expected \",\" or \"}\" in an object, found the end of the line"
    ),
    (
      "{\"prompt_ids\": [1]}\n",
      ":1: expected prompt or messages, because CONTEXT holds text, found prompt_ids"
    ),
  ])
  func inputs(text: String, message: String) throws {
    let path = try file("bad.jsonl", text)
    try workspace.expectRefusal(
      ["--inputs", path], path + message.replacing("CONTEXT", with: workspace.context))
    try workspace.expectRefusal(
      ["--validation", path], path + message.replacing("CONTEXT", with: workspace.context))
  }

  @Test func missingFiles() throws {
    for option in ["--context", "--inputs", "--validation"] {
      try workspace.expectRefusal(
        [option, "/none/file"], "/none/file: expected a file, found nothing")
    }
    try workspace.expectRefusal(
      ["--model", "/none/model"],
      "/none/model: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file"
    )
  }

  /// What looks like a share is none of the files.
  @Test(arguments: ["5%", "0,1", "10 %", "-1", "1.0", "nan"])
  func noShare(text: String) throws {
    let found = Double(text).map { "\($0)" } ?? text
    try workspace.expectRefusal(
      ["--validation=\(text)"],
      "--validation: expected a file or a share from 0 to below 1, found \(found)")
  }

  /// A start that is not there is refused before anything is read.
  @Test func aMissingStart() throws {
    try workspace.expectRefusal(
      ["--init", "/none/start"],
      "--init: expected an adapter's folder or a .safetensors file, found nothing at /none/start")
  }

  @Test func aNameThatIsNeitherAFolderNorToBeHad() throws {
    let arguments = ["tokenize", "--model", "models/mine"]
    let cache = workspace.folder.url.appending(path: "cache").path
    let result = try Program.run(
      arguments, environment: ["HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": cache])
    #expect(result.code == 2)
    #expect(
      result.errors
        == "train-gpu: models/mine: there is no such folder, and as a name on the hub: models/mine: "
        + "not in the cache \(cache), and HF_HUB_OFFLINE forbids fetching it\n")
  }

  @Test func aModelWithoutItsHead() throws {
    let url = workspace.folder.url.appending(path: "model/config.json")
    let text = try String(contentsOf: url, encoding: .utf8)
    try text.replacing("\"tie_word_embeddings\": true", with: "\"tie_word_embeddings\": false")
      .write(to: url, atomically: true, encoding: .utf8)
    let result = try workspace.distill(["--quiet"])
    #expect(result.code == 2)
    #expect(
      result.errors
        == "train-gpu: \(url.path): tie_word_embeddings: expected true, since \(workspace.model) holds no "
        + "lm_head.weight, found false; set it to true if the head is the embeddings\n")
  }

  @Test func pseudoTokensNotFewerThanTheContexts() throws {
    let path = try file("short.txt", "abc c")
    try workspace.expectRefusal(
      ["--context", path, "--tokens", "4"],
      "--tokens: expected 1 to 3, fewer than the context's 4 tokens, found 4")
  }

  @Test(arguments: [
    ("c", "a context of 2 tokens or more, so that fewer can replace it, found one of 1 token"),
    ("cc", "1, fewer than the context's 2 tokens, found 3"),
  ])
  func aContextThatNothingIsShorterThan(text: String, reason: String) throws {
    try workspace.expectRefusal(
      ["--context", try file("short.txt", text)], "--tokens: expected \(reason)")
  }

  @Test func contextAndPromptLongerThanTheModelsPositions() throws {
    let path = try file("long.txt", String(repeating: "c", count: TinyModel.positions - 6))
    try workspace.expectRefusal(
      ["--context", path],
      "\(workspace.inputs):1: expected context, prompt and response to fit the model's 256 positions, "
        + "found 251 + 6 + 5 tokens")
  }

  @Test(arguments: [
    ("--tokens", "0", "--tokens: expected 1 or more, found 0"),
    ("--batch-size", "0", "--batch-size: expected 1 or more, found 0"),
    ("--temperature", "0", "--temperature: expected a number from 1e-9 to 1e9, found 0.0"),
    ("--temperature", "1e-45", "--temperature: expected a number from 1e-9 to 1e9, found 1e-45"),
    (
      "--validation", "1.5", "--validation: expected a file or a share from 0 to below 1, found 1.5"
    ),
    (
      "--epochs", "9223372036854775807",
      "--epochs: expected 3074457345618258602 or fewer, found 9223372036854775807"
    ),
    (
      "--template", "none",
      "--template none: expected auto, raw, chatml, llama3 or the file of a template"
    ),
    (
      "--template-variable", "enable_thinking=false",
      "--template-variable: expected a chat template that takes it, found none; choose one with "
        + "--template"
    ),
  ])
  func options(name: String, value: String, message: String) throws {
    try workspace.expectRefusal([name, value], message)
  }

  @Test func moreTokensThanCanBeCounted() throws {
    let most = "9223372036854775807"
    let result = try workspace.distill(["--response-tokens", most])
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(
      result.errors.hasPrefix("train-gpu: \(workspace.inputs):3: expected context, prompt and "))
    #expect(result.errors.hasSuffix(" + \(most) tokens\n"))
    let answer = try Program.run([
      "generate", "--model", workspace.model, "--prompt", "a", "--max-tokens", most, "--device",
      "cpu",
    ])
    #expect(answer.code == 2)
    #expect(
      answer.errors == "train-gpu: --max-tokens: expected context, prompt and answer to fit the "
        + "model's 256 positions, found 1 + 1 + \(most) tokens\n")
  }

  @Test func patienceWithNothingToGoBy() throws {
    try workspace.expectRefusal(
      ["--patience", "2", "--validation", "0"],
      "--patience: expected held-out examples to go by (--validation), found none")
  }

  @Test(arguments: [
    (
      ["--teacher-cache", "projected", "--loss", "reverse-kl"],
      "--teacher-cache: expected auto, logits or hidden with --loss reverse-kl, found projected"
    ),
    (
      ["--activations", "bf16", "--precision", "f32"],
      "--activations: expected f32 with --precision f32, found bf16"
    ),
  ])
  func optionsThatDoNotGoTogether(arguments: [String], message: String) throws {
    try workspace.expectRefusal(arguments, message)
  }

  @Test func messagesForAModelWithoutAChatTemplate() throws {
    let path = try file(
      "chat.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n")
    try workspace.expectRefusal(
      ["--inputs", path],
      "\(path):1: a conversation needs a chat template, and there is none; choose one with "
        + "--template, or give prompts as texts")
  }

  @Test func aTemplateWithoutTheContext() throws {
    let path = try file("lost.jinja", "no message")
    try workspace.expectRefusal(
      ["--template", path],
      "\(path): expected the template to print the system message once, found it 0 times; give "
        + "--template the file of one that does")
  }

  @Test func aTruncatedModel() throws {
    let url = URL(fileURLWithPath: workspace.model).appending(path: "model.safetensors")
    let bytes = try Data(contentsOf: url)
    try bytes.prefix(bytes.count - 100).write(to: url)
    let result = try workspace.distill()
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: \(url.path): header, tensor "))
    #expect(result.errors.contains("(truncated?)"))
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  @Test func aHeaderBeyondTheFile() throws {
    let url = try workspace.folder.write(
      "model/model.safetensors", [200, 0, 0, 0, 0, 0, 0, 0, 123])
    try workspace.expectRefusal(
      [],
      "\(url.path): header length 200 goes beyond the file's 9 bytes (truncated, or not a "
        + "safetensors file)")
  }

  @Test func aModelOfAnUnknownFamily() throws {
    let url = try workspace.folder.write("model/config.json", #"{"model_type": "mamba"}"#)
    let result = try workspace.distill()
    #expect(result.code == 2)
    #expect(result.errors.hasPrefix("train-gpu: \(url.path): model_type 'mamba' is not supported"))
  }

  @Test func weightsThatAreNoNumbers() throws {
    let url = URL(fileURLWithPath: workspace.model).appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: url))
    // The last element is of the final norm.
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try Data(bytes).write(to: url)
    // Only loading the weights detects it, so lines of progress come before the error.
    let result = try workspace.distill(["--quiet"])
    #expect(result.code == 2)
    #expect(
      result.errors
        == "train-gpu: model.norm.weight in \(url.path): expected finite numbers, found "
        + "NaN or infinity at element 31\n")
    #expect(!FileManager.default.fileExists(atPath: workspace.output.path))
  }

  @Test func aMissingTensor() throws {
    let url = workspace.folder.url.appending(path: "model/model.safetensors")
    try SafetensorsWriter.write([("model.norm.weight", [1], [1])], to: url)
    let result = try workspace.distill(["--quiet"])
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: \(url.path): expected a tensor "))
  }
}
