import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import train_gpu

/// The commands and programs of the documentation are those that work.
@Suite struct CatalogTests {
  private static let model = "HuggingFaceTB/SmolLM2-135M-Instruct"
  private static let question = "When is the counter open on Saturday?"
  /// The bundled model writes questions slowly, because it has learned to answer them alone.
  private static let shortened = ["--study-count": "8", "--steps": "20"]

  /// An ellipsis stands for options that the text has named before; a call without one is whole.
  @Test func everyCommandLineIsParsed() throws {
    var count = 0
    for (file, text) in try Catalog.shellTexts() {
      for written in ShellCommands(text).calls {
        let call = written.filter { $0 != "..." }
        count += 1
        do {
          let command = try TrainGPU.parseAsRoot(call)
          guard let distill = command as? Distill, call == written else { continue }
          let files = distill.files
          #expect(
            files.model != nil && files.output != nil
              && (files.inputs != nil || !files.context.isEmpty), "\(file): \(call)")
        } catch {
          // The version, or help, is no failure.
          if TrainGPU.exitCode(for: error) == .success { continue }
          let message = TrainGPU.message(for: error)
          if call != written, message.hasPrefix("Missing expected argument") { continue }
          Issue.record("\(file): \(call.joined(separator: " ")): \(message)")
        }
      }
    }
    #expect(count > 30)
  }

  @Test func shellTextsAreRead() {
    let text = """
      # train-gpu of a comment
      a "b c" 'd' \\
        e\\ f   # what it does
      mpirun -n 2 train-gpu x < y | z
      """
    let read = ShellCommands(text)
    #expect(
      read.commands == [
        ["a", "b c", "d", "e f"], ["mpirun", "-n", "2", "train-gpu", "x"], ["y"], ["z"],
      ])
    #expect(read.calls == [["x"]])
  }

  /// The tutorials from the first command to the last, with the bundled model and handbook.
  @Test func theTutorialsRun() throws {
    let folder = try TemporaryFolder()
    let examples = Catalog.root.appending(path: "Examples/handbook")
    let model = try chatModel(in: folder)
    let questions = try String(
      contentsOf: examples.appending(path: "heldout.jsonl"), encoding: .utf8
    ).split(separator: "\n").prefix(12)
    let inputs = try folder.write("heldout.jsonl", questions.joined(separator: "\n")).path
    let names = [
      Self.model: model, "Examples/chat/heldout.jsonl": inputs,
      "Examples/chat/context.txt": examples.appending(path: "context.txt").path,
    ]
    func run(_ file: String, input: String = "") throws -> String {
      let calls = ShellCommands(try Catalog.resource(file)).calls
      try #require(calls.count == 1, "\(file)")
      var arguments = calls[0].map { names[$0] ?? $0 }
      for (option, value) in Self.shortened {
        if let index = arguments.firstIndex(of: option) { arguments[index + 1] = value }
      }
      let result = try Program.run(
        ["-C", folder.url.path, Program.url.path] + arguments,
        of: URL(fileURLWithPath: "/usr/bin/env"), input: input)
      try #require(result.code == 0, "\(file): \(result.allErrors)")
      return result.output
    }
    for file in ["model-hub.sh", "distill.sh", "generate.sh"] { _ = try run(file) }
    #expect(try run("evaluate.sh").contains("full context"))
    _ = try run("report.sh")
    #expect(FileManager.default.fileExists(atPath: folder.url.appending(path: "library.html").path))
    for file in ["chat.sh", "chat-log.sh"] {
      #expect(try run(file, input: "\(Self.question)\n").contains("with the adapter:"))
    }
    for format in ["peft", "vllm", "mlx", "llamacpp"] {
      #expect(try run("export-\(format).sh").contains("README.md says how it is used"))
    }
    try compareServing(in: folder.url, model: model)
  }

  /// The bundled model with a chat template that writes the messages alone: so the model reads what
  /// it has learned to read.
  private func chatModel(in folder: TemporaryFolder) throws -> String {
    let model = folder.url.appending(path: "model")
    try FileManager.default.copyItem(
      at: Catalog.root.appending(path: "Examples/handbook/model"), to: model)
    try folder.write(
      "model/chat_template.jinja",
      "{% for message in messages %}{{ message['content'] }}{% endfor %}")
    return model.path
  }

  /// The code of the tutorial is that of the exports' README.md, but for names and numbers.
  private func compareServing(in folder: URL, model: String) throws {
    func readme(_ format: String) throws -> String {
      try String(
        contentsOf: folder.appending(path: "exports/\(format)/README.md"), encoding: .utf8
      ).replacing("path/to/this/folder", with: "exports/\(format)")
        .replacing("your prompt", with: Self.question).replacing(model, with: Self.model)
    }
    for (format, file) in [
      ("peft", "ask_peft.py"), ("vllm", "ask_vllm.py"), ("mlx", "ask_mlx.sh"),
      ("llamacpp", "ask_llamacpp.sh"),
    ] {
      let blocks = try Catalog.codeBlocks(of: readme(format)).joined()
      // The example stands for the line that says which arguments there are.
      let found = blocks.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.hasSuffix("TEXT [TOKENS]") }.joined(separator: "\n")
      #expect(try normalised(found) == normalised(Catalog.resource(file)), "\(file)")
    }
    let command = try #require(
      ShellCommands(try Catalog.resource("serve_vllm.sh")).commands.first { $0.first == "vllm" })
    #expect(command.prefix(3) == ["vllm", "serve", Self.model])
    let options = command.dropFirst(3).joined(separator: " ")
    #expect(try readme("vllm").contains("Start the server with `\(options)`"))
  }

  /// Code without what belongs to one model and its template: ids, counts of tokens, example texts.
  private func normalised(_ code: String) -> String {
    code.replacing(/\[\d+(, \d+)*\]/, with: "[ids]").replacing(/\[:, \d+:\]/, with: "[:, n:]")
      .replacing(/\d+ tokens?/, with: "n tokens")
      .replacing(/'[^']*'/, with: "'text'")
  }
}
