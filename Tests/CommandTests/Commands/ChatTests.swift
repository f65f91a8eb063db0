import Foundation
import JSON
import TestSupport
import Testing

/// `chat`, with lines of a pipe.
@Suite struct ChatTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func arguments(_ more: [String], tokens: Int = 6) -> [String] {
    [
      "chat", "--model", workspace.model, "--template", "chatml", "--device", "cpu", "--threads",
      "1", "--max-tokens", "\(tokens)",
    ] + more
  }

  private func chat(_ input: String, _ more: [String] = []) throws -> Program.Result {
    try Program.run(arguments(more), input: input)
  }

  /// Every printable token ends an answer from now on.
  private func letAnswersEnd() throws {
    try workspace.folder.write(
      "model/generation_config.json",
      "{\"eos_token_id\": \((0..<TinyTokenizer.vocabularySize).map { $0 })}")
  }

  private func adapter() throws -> String {
    let made = try workspace.distill(["--steps", "2", "--template", "chatml"])
    try #require(made.code == 0, "\(made.errors)")
    return workspace.output.path
  }

  @Test func theFirstAnswerIsThatOfGenerate() throws {
    let context = ["--context", workspace.context]
    let one = try Program.run(
      [
        "generate", "--model", workspace.model, "--template", "chatml", "--device", "cpu",
        "--threads", "1", "--max-tokens", "6", "--prompt", "the cab",
      ] + context)
    let all = try chat("the cab\n\nhas a bad back\r\n", context)
    #expect((all.code, one.code) == (0, 0), "\(all.errors)")
    #expect(all.output.hasPrefix(one.output))
    #expect(all.output.count > one.output.count)
    #expect(!all.output.contains("\u{1B}") && !all.allErrors.contains("\u{1B}"))
    let windows = all.errorLines.filter { $0.contains("; window: ") }
    #expect(windows.count == 2)
    #expect(windows.allSatisfy { $0.hasPrefix("6 tokens, cut by --max-tokens; window: ") })
    #expect(windows[0].contains(" of 256 tokens ("))
  }

  @Test func quietSaysNothing() throws {
    let result = try chat("a\n", ["--quiet"])
    #expect((result.code, result.allErrors) == (0, ""))
  }

  @Test func withAnAdapterAndAContextBothAnswer() throws {
    let both = try chat(
      "the cab\nabc\n", ["--context", workspace.context, "--adapter", adapter()])
    #expect(both.code == 0, "\(both.errors)")
    let lines = both.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count { $0 == "with the adapter:" } == 2)
    #expect(lines.count { $0 == "with the context:" } == 2)
    #expect(lines.count { $0.hasPrefix("with the adapter: 6 tokens") } == 2)
    #expect(
      lines.count { $0.hasPrefix("the answers share ") || $0 == "both answers are the same" } == 2)
  }

  @Test func theLogIsWhatInputsRead() throws {
    let before = "{\"prompt\": \"cab\", \"completion\": \" a\"}"
    let log = try workspace.folder.write("log.jsonl", before)
    let adapter = try adapter()
    try letAnswersEnd()
    let result = try chat(
      "the cab\nand \"é\"\n",
      ["--log", log.path, "--context", workspace.context, "--adapter", adapter])
    #expect(result.code == 0, "\(result.errors)")
    let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    try #require(lines.count == 3)
    #expect(lines[0] == before)
    let last = try JSON(parsing: Array(lines[2].utf8))
    guard case .array(let messages) = last["messages"] else {
      Issue.record("expected messages")
      return
    }
    #expect(
      messages.map { $0["role"] } == ["user", "assistant", "user", "assistant"].map { .string($0) })
    #expect(messages[2]["content"] == .string("and \"é\""))
    let read = try Program.run([
      "evaluate", "--model", workspace.model, "--device", "cpu", "--context", workspace.context,
      "--adapter", adapter, "--inputs", log.path, "--quiet", "--json",
    ])
    #expect(read.code == 0, "\(read.errors)")
    #expect(try JSON(parsing: Array(read.output.utf8))["examples"] == .integer(3))
  }

  /// A pipe gets every turn, as its reader sees one end alone.
  @Test func aPipeIsALogToo() throws {
    let pipe = workspace.folder.url.appending(path: "pipe").path
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let output = workspace.folder.url.appending(path: "turns")
    try Program.expectRefusal(
      arguments(["--log", pipe]),
      "--log: \(pipe): cannot open it for writing: no program reads from this pipe", input: "a\n")
    try letAnswersEnd()
    let reader = try Program.Running(
      ["-c", "cat \"$0\" > \"$1\"", pipe, output.path], of: URL(fileURLWithPath: "/bin/sh"))
    // It is refused until the reader waits for a writer.
    var result = try chat("the cab\nabc\n", ["--log", pipe])
    for _ in 0..<100 where result.code == 2 {
      usleep(100_000)
      result = try chat("the cab\nabc\n", ["--log", pipe])
    }
    try #require(result.code == 0, "\(result.errors)")
    _ = try reader.wait()
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2)
    for line in lines { #expect(try JSON(parsing: Array(line.utf8)).sortedKeys == ["messages"]) }
  }

  @Test func answersThatWereCutAreNotLogged() throws {
    let log = workspace.folder.url.appending(path: "new.jsonl")
    let result = try chat("the cab\n", ["--log", log.path])
    #expect(result.code == 0)
    #expect(result.errorLines.last == "not logged: the answer has no end")
    #expect(!FileManager.default.fileExists(atPath: log.path))
  }

  @Test(arguments: [
    ("some notes\nof mine\n", "another one: line 1 is no example"),
    ("{\"prompt\": \"a\"}\n{\"messages\": 3}\n", "another one: line 2 is no example"),
    ("%PDF-1.7\n", "a PDF"),
  ])
  func aFileOfSomethingElseStaysAsItIs(content: String, found: String) throws {
    let file = try workspace.folder.write("notes.txt", content)
    let result = try chat("a\n", ["--log", file.path])
    #expect(result.code == 2)
    #expect(
      result.errors.hasPrefix(
        "train-gpu: \(file.path): expected no file yet, or one of examples to append conversations to, "
          + "found \(found)"), "\(result.errors)")
    #expect(try String(contentsOf: file, encoding: .utf8) == content)
  }

  @Test func aLogThatIsNoFileIsRefused() throws {
    let result = try chat("a\n", ["--log", workspace.folder.url.path])
    #expect(result.code == 2)
    #expect(result.errors.hasPrefix("train-gpu: --log: "), "\(result.errors)")
    #expect(result.errorLines.count == 1)
  }

  @Test func oneContextIsExpected() throws {
    for command in ["chat", "generate"] {
      try Program.expectRefusal(
        [
          command, "--model", workspace.model, "--context", "a", "--context", "b",
        ] + (command == "chat" ? [] : ["--prompt", "p"]), "--context: expected one file, found 2")
    }
  }

  @Test func aFullWindowRefusesInOneLine() throws {
    let result = try chat(
      "the cab\n\(String(repeating: "cab ", count: 60))\nabc\n", ["--window", "120"])
    #expect(result.code == 2)
    let line = try #require(result.errorLines.last)
    #expect(line.hasPrefix("train-gpu: the window is full: "))
    #expect(
      line.hasSuffix(
        ", and it holds 120; a new chat begins with an empty one, and --window sets its size"))
    #expect(result.errorLines.count { $0.contains("; window: ") } == 1)
  }

  @Test func theWindowCutsAnAnswer() throws {
    let result = try Program.run(
      arguments(["--window", "60"], tokens: 500), input: "the cab\n")
    #expect(result.code == 0, "\(result.errors)")
    #expect(
      result.errors.contains(", cut by the end of the window; window: 60 of 60 tokens (100 %)"))
  }

  @Test(arguments: ["4", "257"])
  func aWindowThatTheModelDoesNotHaveIsRefused(window: String) throws {
    let result = try chat("a\n", ["--window", window, "--context", workspace.context])
    #expect(result.code == 2)
    #expect(result.errors.hasPrefix("train-gpu: --window: expected more than the "))
    #expect(result.errors.hasSuffix(" and at most the model's 256 positions, found \(window)\n"))
  }

  @Test func bytesThatAreNoTextAreNamed() throws {
    let input = workspace.folder.url.appending(path: "bytes")
    try Data([0x61, 0x0A, 0xFF, 0x0A]).write(to: input)
    let result = try Program.run(
      ["-c", "exec \"$0\" \"$@\" < '\(input.path)'", Program.url.path] + arguments([]),
      of: URL(fileURLWithPath: "/bin/sh"))
    #expect(result.code == 2)
    #expect(
      result.errorLines.last == "train-gpu: standard input:2: expected UTF-8, found other bytes")
  }

  @Test func aModelWithoutATemplateIsRefused() throws {
    let ids = try workspace.folder.write("context.json", "{\"ids\": [1, 2]}").path
    let plain = ["chat", "--model", workspace.model, "--device", "cpu"]
    try Program.expectRefusal(
      plain,
      "a conversation needs a chat template, and there is none; choose one with --template, or "
        + "give prompts as texts", input: "a\n")
    try Program.expectRefusal(
      plain + ["--context", ids],
      "\(ids): expected a text, which a chat template can take, found token ids", input: "a\n")
  }
}
