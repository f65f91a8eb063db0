import Foundation
import TestSupport
import Testing

/// Results that cannot be written, and outputs that are no regular files.
@Suite struct StandardOutputTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Runs the program under a shell.
  ///
  /// - Parameter script: with `"$@"` for the program with its arguments.
  private func run(_ arguments: [String], _ script: String) throws -> Program.Result {
    try Program.run(
      ["-c", script, "sh", Program.url.path] + arguments, of: URL(fileURLWithPath: "/bin/sh"))
  }

  private var generate: [String] {
    [
      "generate", "--model", workspace.model, "--prompt", "a", "--max-tokens", "1", "--device",
      "cpu",
      "--threads", "1", "--quiet",
    ]
  }

  @Test(arguments: [
    ("\"$@\" > /dev/full", "No space left on device"), ("\"$@\" >&-", "Bad file descriptor"),
  ])
  func everyCommandFails(script: String, reason: String) throws {
    let adapter = workspace.output.path
    #expect(try workspace.distill(["--steps", "1", "--quiet"]).code == 0)
    let evaluate = [
      "evaluate", "--model", workspace.model, "--adapter", adapter, "--context", workspace.context,
      "--inputs", workspace.validation, "--device", "cpu", "--threads", "1", "--quiet",
    ]
    let second = workspace.folder.url.appending(path: "second").path
    for arguments in [
      generate, evaluate, evaluate + ["--json"], ["devices"], ["devices", "--json"], ["--help"],
      ["--version"], workspace.arguments + ["--output", second, "--steps", "1", "--quiet"],
    ] {
      let result = try run(arguments, script)
      #expect(result.code == 1, "\(arguments)")
      #expect(
        result.errors == "train-gpu: standard output: cannot write: \(reason)\n", "\(arguments)")
    }
  }

  @Test func tokensThatCannotBeWritten() throws {
    let result = try run(
      ["tokenize", "--model", workspace.model], "echo '\"a\"' | \"$@\" > /dev/full")
    #expect(result.code == 1)
    #expect(
      result.errors == "train-gpu: standard output: cannot write: No space left on device\n")
  }

  private func logits(_ output: String) -> [String] {
    [
      "logits", "--model", workspace.model, "--text", String(repeating: "a", count: 64), "--output",
      output, "--device", "cpu", "--threads", "1", "--quiet",
    ]
  }

  @Test func aDeviceIsWrittenInto() throws {
    #expect(try Program.run(logits("/dev/null")).code == 0)
    var status = stat()
    #expect(unsafe lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let full = try Program.run(logits("/dev/full"))
    #expect(full.code == 1)
    #expect(full.errors == "train-gpu: /dev/full: cannot write: No space left on device\n")
  }

  /// Logits replace logits, and nothing else: neither the model that they are computed with.
  @Test func otherFilesAreKept() throws {
    let path = workspace.folder.url.appending(path: "logits.safetensors").path
    #expect(try Program.run(logits(path)).code == 0)
    #expect(try Program.run(logits(path)).code == 0)
    let model = workspace.folder.url.appending(path: "copy.safetensors")
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: workspace.model).appending(path: "model.safetensors"), to: model)
    let before = try Data(contentsOf: model)
    try Program.expectRefusal(
      logits(model.path),
      "--output: expected a new file or earlier logits, found another file, \(model.path)")
    #expect(try Data(contentsOf: model) == before)
  }

  @Test func aFolderIsRefused() throws {
    let path = workspace.folder.url.path
    try Program.expectRefusal(logits(path), "--output: \(path): cannot write: it is a folder")
  }

  /// Libraries wait for ever where a thread has no memory.
  @Test(arguments: [150_000, 250_000, 600_000])
  func aSmallLimitOfAddressSpaceIsAMessage(kibibytes: Int) throws {
    let result = try run(generate, "ulimit -v \(kibibytes); exec timeout 60 \"$@\"")
    #expect(result.code == 1)
    // At the smallest limit OpenBLAS says first that it has no room for a thread.
    let line = result.errors.split(separator: "\n").last ?? ""
    #expect(
      line.hasPrefix(
        "train-gpu: the limit of address space (ulimit -v) is \(kibibytes >> 10) MiB: expected "),
      "\(result.errors)")
    #expect(line.hasSuffix(" MiB or more"))
    #expect(result.output.isEmpty)
  }

  /// OpenBLAS's own threads, which ask for their memory again and again, must not keep the program
  /// from ending.
  @Test func aLimitOfAddressSpaceIsKept() throws {
    let result = try run(generate, "ulimit -v 4000000; exec timeout 60 \"$@\"")
    #expect(result.code == 0 && !result.output.isEmpty)
  }

  /// The limit is large enough for the message, which goes to a file too.
  @Test func aFileBeyondTheLimitIsAMessage() throws {
    let output = workspace.folder.url.appending(path: "logits.safetensors").path
    let result = try run(logits(output), "ulimit -f 1; exec \"$@\"")
    #expect(result.code == 1)
    #expect(result.errors == "train-gpu: \(output): cannot write: File too large\n")
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
