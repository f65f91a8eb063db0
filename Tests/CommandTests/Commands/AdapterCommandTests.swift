import Foundation
import JSON
import Safetensors
import TestSupport
import Testing

/// The commands that use an adapter, with the adapter of a small run.
@Suite struct AdapterCommandTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    let result = try workspace.distill(["--steps", "20"])
    try #require(result.code == 0, "\(result.errors)")
  }

  private func run(_ command: String, _ more: [String]) throws -> Program.Result {
    try Program.run([command, "--model", workspace.model, "--device", "cpu", "--quiet"] + more)
  }

  private func logits(_ name: String, _ more: [String]) throws -> [Float] {
    let url = workspace.folder.url.appending(path: name)
    let result = try run("logits", ["--output", url.path] + more)
    #expect((result.code, result.output, result.errors) == (0, "", ""))
    return try SafetensorsFile(contentsOf: url).floats(of: "logits")
  }

  @Test func resultsAreObjectsToo() throws {
    let adapter = ["--adapter", workspace.output.path]
    let plain = try run("generate", adapter + ["--prompt", "a cab", "--max-tokens", "6"])
    let result = try run(
      "generate", adapter + ["--prompt", "a cab", "--max-tokens", "6", "--json"])
    try #require(result.code == 0, "\(result.errors)")
    let answer = try JSON(parsing: Array(result.output.utf8))
    #expect(answer["text"] == .string(String(plain.output.dropLast())))
    guard case .array(let tokens) = answer["completion_ids"] else {
      Issue.record("expected ids, found \(answer)")
      return
    }
    #expect(answer["is_cut"] == .bool(tokens.last != .integer(8)))
    #expect(tokens.count == 6 || answer["is_cut"] == .bool(false))
    // `a`, the space, `c` and `ab`; the prompt of three tokens behind <bos>.
    #expect(answer["prompt_tokens"] == .integer(4))
    #expect(answer["tokens_before_prompt"] == .integer(4))
    let file = workspace.folder.url.appending(path: "logits.safetensors").path
    let logits = try run("logits", ["--text", "cab", "--output", file, "--json"])
    #expect((logits.code, logits.errors) == (0, ""))
    let object = try JSON(parsing: Array(logits.output.utf8))
    #expect(object["output"] == .string(file))
    // <bos>, `c` and `ab`.
    #expect(object["shape"] == .array([.integer(3), .integer(TinyTokenizer.vocabularySize)]))
  }

  @Test func evaluateGivesTheNumbersOfTheReport() throws {
    let result = try run(
      "evaluate",
      [
        "--adapter", workspace.output.path, "--context", workspace.context, "--inputs",
        workspace.validation,
        "--response-tokens", "4", "--json",
      ])
    #expect(result.code == 0, "\(result.errors)")
    let found = try JSON(parsing: Array(result.output.utf8))
    let metrics = try workspace.json("metrics.json")
    let whole = ["basis", "drift", "intervals_95"]
    for key in metrics["validation"].sortedKeys where !whole.contains(key) {
      let (value, expected) = (
        try #require(found[key].double), try #require(metrics["validation"][key].double)
      )
      #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
    }
    #expect(found["examples"] == metrics["validation"]["basis"]["examples"])
    #expect(found["response_tokens"] == metrics["validation"]["basis"]["response_tokens"])
    for key in metrics["validation"]["intervals_95"].sortedKeys {
      guard case .array(let values) = found["intervals_95"][key],
        case .array(let expected) = metrics["validation"]["intervals_95"][key]
      else {
        Issue.record("expected two numbers")
        continue
      }
      for (value, expected) in zip(values.compactMap(\.double), expected.compactMap(\.double)) {
        #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
      }
    }
    let drift = metrics["validation"]["drift"]
    for key in ["kl", "kl_full_context", "top1_agreement", "top1_agreement_full_context"] {
      let (value, expected) = (
        try #require(found["drift"][key].double), try #require(drift[key].double)
      )
      #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(key)")
    }
    #expect(found["drift"]["basis"] == drift["basis"])
    for key in ["context_tokens", "pseudo_tokens", "compression_ratio"] {
      #expect(found[key].double == metrics[key].double)
    }
  }

  @Test func evaluateShowsATable() throws {
    let result = try run(
      "evaluate",
      [
        "--adapter", workspace.output.path, "--context", workspace.context, "--inputs",
        workspace.validation,
      ])
    #expect(result.code == 0)
    for text in [
      "no context", "learned prompt", "full context", "KL", "exact match", "ROUGE-L", "drift",
    ] {
      #expect(result.output.contains(text))
    }
  }

  @Test func logitsHaveARowAToken() throws {
    let found = try logits("plain.safetensors", ["--ids", "0,4,3"])
    #expect(found.count == 3 * TinyTokenizer.vocabularySize)
    #expect(try found == logits("text.safetensors", ["--text", "abc"]))
  }

  @Test func logitsAfterAnAdapterAreThoseAfterItsVirtualTokens() throws {
    let found = try logits("a.safetensors", ["--ids", "4,3", "--adapter", workspace.output.path])
    #expect(found.count == 2 * TinyTokenizer.vocabularySize)
    #expect(try found != logits("b.safetensors", ["--ids", "4,3"]))
    // Text after an adapter gets no BOS: the virtual tokens hold it.
    #expect(
      try found == logits("c.safetensors", ["--text", "abc", "--adapter", workspace.output.path]))
  }

  @Test(arguments: [
    ("1,,2", "--ids: expected numbers with commas between them, found ''"),
    ("1,x", "--ids: expected numbers with commas between them, found 'x'"),
    ("1,1000", "token id 1000 is outside the vocabulary: expected 0 to 99"),
  ])
  func badIdentifiersAreRefused(ids: String, message: String) throws {
    let output = workspace.folder.url.appending(path: "none.safetensors")
    try Program.expectRefusal(
      [
        "logits", "--model", workspace.model, "--device", "cpu", "--quiet", "--ids", ids,
        "--output",
        output.path,
      ], message)
    #expect(!FileManager.default.fileExists(atPath: output.path))
  }

  /// A text follows a context as it follows virtual tokens: behind the template's own after it.
  @Test func logitsFollowAContext() throws {
    let size = TinyTokenizer.vocabularySize
    let ids = try workspace.folder.write("context.json", "{\"ids\": [1, 4, 5, 20, 31, 2]}").path
    let whole = try logits("whole.safetensors", ["--ids", "1,4,5,20,31,2,3,9"])
    let rest = try logits("rest.safetensors", ["--ids", "3,9", "--context", ids])
    #expect(rest.count == 2 * size)
    for (found, expected) in zip(rest, whole.suffix(2 * size)) {
      #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)))
    }
    // The last row is what an answer begins with.
    let list = try workspace.folder.write("tools.json", #"[{"name": "cab"}]"#).path
    let template = try workspace.folder.write(
      "tools.jinja",
      "{% set first = messages[0] %}{% if tools or first.role == 'system' %}<|im_start|>{{ first.content if first.role == 'system' }}"
        + "{{ tools | tojson if tools }}<|im_end|>{% endif %}{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"
    ).path
    // What the template writes behind the context: it begins every prompt.
    let text = ["--text", "a cab<|im_end|>"]
    for more in [
      ["--context", workspace.context, "--template", template],
      ["--context", workspace.context, "--tools", list, "--template", template],
      ["--tools", list, "--template", template],
    ] {
      let answer = try run(
        "generate", ["--prompt", "a cab", "--max-tokens", "1", "--json"] + more)
      try #require(answer.code == 0, "\(answer.errors)")
      let rows = try logits("context.safetensors", text + more).suffix(size)
      let best = rows.indices.max { rows[$0] < rows[$1] }.map { $0 - rows.startIndex }
      #expect(
        try JSON(parsing: Array(answer.output.utf8))["completion_ids"]
          == .array([.integer(best ?? -1)]), "\(more)")
    }
    try Program.expectRefusal(
      [
        "logits", "--model", workspace.model, "--device", "cpu", "--ids", "1", "--output", "o",
        "--context", ids, "--template", "chatml",
      ],
      "--template: expected auto or raw with a context of token ids, which are taken as they are, found "
        + "chatml")
  }

  @Test func generateAnswers() throws {
    let plain = try run("generate", ["--prompt", "a cab", "--max-tokens", "5"])
    #expect(plain.code == 0, "\(plain.errors)")
    #expect(try run("generate", ["--prompt", "a cab", "--max-tokens", "5"]).output == plain.output)
    for more in [["--adapter", workspace.output.path], ["--context", workspace.context]] {
      let result = try run("generate", ["--prompt", "a cab", "--max-tokens", "5"] + more)
      #expect(result.code == 0, "\(result.errors)")
    }
  }

  @Test func linksToFoldersAreFollowed() throws {
    let manager = FileManager.default
    let links = ["model-link", "run-link"].map { workspace.folder.url.appending(path: $0) }
    try manager.createSymbolicLink(
      at: links[0], withDestinationURL: URL(fileURLWithPath: workspace.model))
    try manager.createSymbolicLink(at: links[1], withDestinationURL: workspace.output)
    func answer(_ model: String, _ adapter: String) throws -> Program.Result {
      try Program.run([
        "generate", "--model", model, "--adapter", adapter, "--device", "cpu", "--quiet",
        "--prompt", "a cab", "--max-tokens", "5",
      ])
    }
    let linked = try answer(links[0].path, links[1].path)
    #expect(linked.code == 0, "\(linked.errors)")
    #expect(try linked.output == answer(workspace.model, workspace.output.path).output)
  }

  @Test func drawnAnswersFollowTheSeed() throws {
    func answer(_ seed: Int) throws -> String {
      try run(
        "generate",
        ["--prompt", "a", "--max-tokens", "12", "--temperature", "1.5", "--seed", "\(seed)"]
      ).output
    }
    #expect(try answer(1) == answer(1))
    #expect(try answer(1) != answer(2))
  }

  @Test func adaptersThatAreNoneAreRefused() throws {
    try Program.expectRefusal(
      ["generate", "--model", workspace.model, "--prompt", "a", "--adapter", "/none/run"],
      "/none/run: expected the folder of an adapter, found nothing of the kind")
  }

  @Test func anAdapterOfAnotherModelIsNoticed() throws {
    try workspace.folder.write(
      "model/config.json",
      String(contentsOfFile: workspace.model + "/config.json", encoding: .utf8)
        .replacing("1e-5", with: "2e-5"))
    let result = try Program.run([
      "generate", "--model", workspace.model, "--prompt", "a", "--device", "cpu", "--adapter",
      workspace.output.path, "--max-tokens", "2",
    ])
    #expect(result.code == 0)
    #expect(
      result.errors.contains(
        "warning: \(workspace.output.path): the adapter was made for another model than "
          + workspace.model))
  }
}
