import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// `--tools`: the learned prompt stands for the context and for the tools that the template writes
/// beside it.
@Suite struct ToolsTests {
  let workspace: Workspace
  let tools: String
  /// The list as the template writes it.
  private static let list = #"[{"name": "cab"}]"#
  /// Its tokens: a byte each, but for `ab`.
  private static let listTokens = list.utf8.count - 1

  init() throws {
    workspace = try Workspace()
    try workspace.folder.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% set first = messages[0] %}{% if tools or first.role == 'system' %}<|im_start|>{% if first.role == 'system' %}{{ first.content }}{% endif %}{{ tools | tojson if tools }}<|im_end|>{% endif %}{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"}
      """#)
    tools = try workspace.folder.write("tools.json", Self.list).path
  }

  /// The arguments of a distillation of tools alone.
  private var toolsAlone: [String] {
    var arguments = workspace.arguments
    if let first = arguments.firstIndex(of: "--context") {
      arguments.removeSubrange(first...(first + 1))
    }
    return arguments + ["--tools", tools, "--output", workspace.output.path, "--steps", "4"]
  }

  private func metadata(in output: URL? = nil) throws -> [String: String] {
    try SafetensorsFile(
      contentsOf: (output ?? workspace.output).appending(path: "soft_prompt.safetensors")
    ).metadata
  }

  private func readme() throws -> String {
    try String(contentsOf: workspace.output.appending(path: "README.md"), encoding: .utf8)
  }

  private func evaluate(_ more: [String]) throws -> (json: JSON, errors: String) {
    let result = try Program.run(
      ([
        "evaluate", "--model", workspace.model, "--device", "cpu", "--threads", "1", "--adapter",
        workspace.output.path, "--inputs", workspace.validation, "--response-tokens", "4", "--json",
      ] + more).overridden)
    #expect(result.code == 0, "\(result.errors)")
    return (try JSON(parsing: Array(result.output.utf8)), result.errors)
  }

  @Test func thePromptStandsForContextAndTools() throws {
    let plain = workspace.folder.url.appending(path: "plain")
    try #require(try workspace.distill(["--steps", "4"], to: plain).code == 0)
    let result = try workspace.distill(["--steps", "4", "--tools", tools])
    try #require(result.code == 0, "\(result.errors)")
    let (with, without) = (
      try workspace.json("metrics.json"), try workspace.json("metrics.json", in: plain)
    )
    let tokens = try #require(without["context_tokens"].double)
    #expect(with["context_tokens"].double == tokens + Double(Self.listTokens))
    #expect(with["made_with"]["tools"] == .array([.string("cab")]))
    #expect(without["made_with"]["tools"] == .null)
    // The frame is that of the template without tools.
    let (own, others) = (try metadata(), try metadata(in: plain))
    #expect(own["header_ids"] == others["header_ids"])
    #expect(own["closing_ids"] == others["closing_ids"])
    #expect(own["tools"]?.hasPrefix(#"{"names": ["cab"], "sha256": ""#) == true)
    #expect(others["tools"] == nil)
    #expect(try readme().contains("stands for the definitions of the tool `cab` too"))
    #expect(try readme().contains("render the chat template without `tools`"))
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("tools") && page.contains("cab"))

    let kl = try #require(with["validation"]["kl"].double)
    let found = try evaluate(["--context", workspace.context, "--tools", tools])
    #expect(abs(try #require(found.json["kl"].double) - kl) <= 1e-6 * max(1, kl))
    #expect(!found.errors.contains("warning: \(workspace.output.path): trained for"))
    let other = try evaluate(["--context", workspace.context])
    #expect(
      other.errors.contains("\(workspace.output.path): trained for the tool cab, found no tools"))
  }

  @Test func anExportSaysSo() throws {
    try #require(try workspace.distill(["--steps", "2", "--tools", tools]).code == 0)
    let exported = workspace.folder.url.appending(path: "exported")
    let result = try Program.run([
      "export", workspace.output.path, "--format", "vllm", "--output", exported.path, "--device",
      "cpu",
    ])
    try #require(result.code == 0, "\(result.errors)")
    let readme = try String(contentsOf: exported.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("stands for the definitions of the tool `cab` too"))
  }

  @Test(arguments: [["--method", "embeddings"], ["--method", "kv", "--init", "chunks"]])
  func aStoppedRunEndsWithTheSameBits(method: [String]) throws {
    let whole = workspace.folder.url.appending(path: "whole")
    let more = method + ["--tools", tools]
    try #require(try workspace.distill(more + ["--steps", "8"], to: whole).code == 0)
    try #require(try workspace.distill(more + ["--steps", "4"]).code == 0)
    try workspace.folder.write("tools.json", #"[{"name": "back"}]"#)
    let changed = try workspace.distill(more + ["--steps", "8", "--resume"])
    #expect(changed.code == 2 && changed.errors.contains("started with the tools "))
    let left = try workspace.distill(method + ["--steps", "8", "--resume"])
    #expect(left.code == 2)
    #expect(left.errors.contains("started with ") && left.errors.contains("found none; a resumed"))
    try workspace.folder.write("tools.json", Self.list)
    let rest = try workspace.distill(more + ["--steps", "8", "--resume"])
    #expect(rest.code == 0, "\(rest.errors)")
    let name = method.contains("kv") ? "cartridge.safetensors" : "soft_prompt.safetensors"
    #expect(
      try Data(contentsOf: whole.appending(path: name))
        == Data(contentsOf: workspace.output.appending(path: name)))
  }

  @Test func toolsAloneNeedNoContext() throws {
    let result = try Program.run(toolsAlone)
    try #require(result.code == 0, "\(result.errors)")
    #expect(
      try workspace.json("metrics.json")["context_tokens"].double == Double(Self.listTokens))
    #expect(result.output.contains("full context"))
    let kl = try workspace.json("metrics.json")["validation"]["kl"].double
    let found = try evaluate(["--tools", tools])
    #expect(abs((found.json["kl"].double ?? .infinity) - (kl ?? 0)) <= 1e-6)
    try Program.expectRefusal(
      ["distill", "--model", workspace.model, "--tools", tools, "--output", "o"],
      "expected --inputs; train-gpu distill --help says more")
  }

  /// The text is that of the template with `tools`, whatever stands for it later.
  @Test func answersAreThoseOfTheTemplatesText() throws {
    func answer(_ command: String, _ more: [String], input: String = "") throws -> String {
      let result = try Program.run(
        [
          command, "--model", workspace.model, "--device", "cpu", "--threads", "1", "--quiet",
          "--max-tokens", "8",
        ] + more, input: input)
      #expect(result.code == 0, "\(result.errors)")
      return result.output
    }
    for context in [["--context", workspace.context], []] {
      let prompt = ["--prompt", "a cab"] + context
      let own = try answer("generate", prompt + ["--tools", tools])
      #expect(
        try own == answer("generate", prompt + ["--template-variable", "tools=\(Self.list)"]))
      #expect(try own == answer("chat", context + ["--tools", tools], input: "a cab\n"))
      #expect(try own != answer("generate", prompt))
    }
  }

  @Test func theShareOfExactCallsIsReported() throws {
    let calls = try workspace.folder.write(
      "calls.jsonl",
      #"""
      {"prompt": "cab", "completion": "{\"name\": \"cab\", \"parameters\": {}}"}
      {"prompt": "is", "completion": " a"}
      """#
    ).path
    let result = try workspace.distill([
      "--steps", "4", "--tools", tools, "--validation", calls,
    ])
    try #require(result.code == 0, "\(result.errors)")
    let validation = try workspace.json("metrics.json")["validation"]
    #expect(validation["tool_calls"] == .integer(1))
    for name in ["", "_no_context", "_full_context"] {
      #expect(validation["tool_call_match\(name)"].double != nil, "\(name)")
    }
    #expect(validation["intervals_95"]["tool_call_match"] != .null)
    #expect(result.output.contains("\nexact tool calls "))
    #expect(result.output.contains("of the 1 call in the recorded responses"))
    #expect(try readme().contains("| exact tool calls |"))
    let page = try String(
      contentsOf: workspace.output.appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("exact tool calls"))
    let found = try evaluate([
      "--context", workspace.context, "--tools", tools, "--inputs", calls,
    ])
    #expect(found.json["tool_calls"] == .integer(1))
    // Where no response calls a tool, there is nothing to report.
    let none = try evaluate(["--context", workspace.context, "--tools", tools])
    #expect(none.json["tool_calls"] == .null && none.json["tool_call_match"] == .null)
  }

  @Test func aStudyAsksForTools() throws {
    let output = workspace.folder.url.appending(path: "study.jsonl")
    let arguments = [
      "study", "--model", workspace.model, "--context", workspace.context, "--output", output.path,
      "--count", "30", "--response-tokens", "4", "--temperature", "1.5", "--device", "cpu",
      "--threads", "1", "--no-filter", "--question-tokens", "12", "--chunk-minimum", "8",
      "--chunk-maximum", "30",
    ]
    let result = try Program.run(arguments + ["--tools", tools])
    try #require(result.code == 0, "\(result.errors)")
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: Array($0.utf8)) }
    let kinds = lines.map { $0["study"]["kind"] }
    #expect(kinds.contains(.string("tool")) && kinds.contains(.string("question")))
    for line in lines where line["study"]["kind"] == .string("tool") {
      #expect(line.text().contains("Please cab"))
    }
    let changed = try Program.run(arguments)
    #expect(changed.code == 2 && changed.errors.contains("started with the tools "))
    let run = try workspace.distill([
      "--inputs", output.path, "--tools", tools, "--steps", "2", "--validation", "0.1",
    ])
    #expect(run.code == 0, "\(run.errors)")
  }
}
