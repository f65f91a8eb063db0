import Foundation
import TestSupport
import Testing

/// Outputs that cannot be made: bad input, which is found before the work.
@Suite struct ImpossibleOutputTests {
  private let workspace: Workspace
  private var run: String { workspace.output.path }

  init() throws { workspace = try Workspace() }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: run).sorted()
  }

  @Test func aLinkThatLeadsNowhereIsNoOutput() throws {
    let manager = FileManager.default
    let link = workspace.folder.url.appending(path: "link").path
    for (target, kind) in [("nowhere", "nowhere"), ("link", "back to itself")] {
      try manager.createSymbolicLink(atPath: link, withDestinationPath: target)
      try Program.expectRefusal(
        workspace.arguments(with: ["--output", link]),
        "\(link): cannot make the folder: it is a link that leads \(kind)")
      try Program.expectRefusal(
        workspace.arguments(with: ["--output", "\(link)/run"]),
        "\(link)/run: cannot make the folder: \(link) is a link that leads \(kind)")
      try Program.expectRefusal(
        [
          "logits", "--model", workspace.model, "--text", "a", "--device", "cpu", "--output", link,
        ], "--output: \(link): cannot write: it is a link that leads \(kind)")
      try manager.removeItem(atPath: link)
    }
  }

  /// It is found before the earlier run is removed, and before a training that goes on.
  @Test func aFileThatIsALinkToNowhereIsFoundAtOnce() throws {
    try #require(workspace.distill(["--steps", "1"]).code == 0)
    let before = try names()
    for name in ["README.md", "metrics.json", "soft_prompt.safetensors"] {
      let file = workspace.output.appending(path: name)
      let kept = try Data(contentsOf: file)
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(
        atPath: file.path, withDestinationPath: "/none/\(name)")
      for mode in ["--overwrite", "--resume"] {
        let result = try workspace.distill(["--steps", "2", mode])
        #expect(result.code == 2, "\(name) \(mode): \(result.errors)")
        #expect(
          result.errorLines == [
            "train-gpu: \(file.path): cannot write: it is a link that leads nowhere"
          ])
      }
      #expect(try names() == before)
      try FileManager.default.removeItem(at: file)
      try kept.write(to: file)
    }
  }

  /// A folder that cannot be made is the user's fault, and is found before the work.
  @Test func anImpossibleOutputIsBadInput() throws {
    let inFile = "\(workspace.context)/run"
    try Program.expectRefusal(
      workspace.arguments(with: ["--output", inFile]),
      "\(inFile): cannot make the folder: \(workspace.context) is no folder")
    let inProcesses = try Program.run(
      workspace.arguments(with: ["--output", "/proc/x", "--steps", "1"]))
    #expect(inProcesses.code == 2, "\(inProcesses.errors)")
    #expect(
      inProcesses.errorLines.last?.hasPrefix("train-gpu: /proc/x: cannot make the folder: ") == true
    )
    try #require(workspace.distill(["--steps", "1"]).code == 0)
    let exported = try Program.run([
      "export", run, "--model", workspace.model, "--format", "vllm", "--output", inFile, "--device",
      "cpu",
    ])
    #expect(exported.code == 2, "\(exported.errors)")
    // Names that the file system does not take, and folders in which nothing can be made.
    let longName = workspace.folder.url.appending(path: String(repeating: "a", count: 250)).path
    let longFolder = workspace.folder.url.appending(path: String(repeating: "a", count: 300)).path
    let before = try workspace.folder.names()
    try Program.expectRefusal(
      ["report", run, "--output", longName],
      "--output: \(longName): cannot create a file beside it: File name too long")
    let model = ["--model", workspace.model, "--device", "cpu"]
    for arguments in [
      ["report", run], ["logits", "--text", "a"] + model,
      ["study", "--context", workspace.context, "--count", "2"] + model,
    ] {
      for output in [longName, "/proc/x", "\(workspace.context)/x", "/none/x"] {
        let result = try Program.run(arguments + ["--output", output])
        #expect(result.code == 2, "\(arguments[0]) \(output): \(result.errors)")
        #expect(result.errorLines.count == 1 && result.errors.contains("\(output): cannot "))
      }
    }
    let talk = try Program.run(
      ["chat", "--template", "chatml", "--log", longFolder] + model, input: "a\n")
    #expect(talk.code == 2 && talk.errors.hasSuffix("File name too long\n"), "\(talk.errors)")
    let logged = try Program.run(
      ["chat", "--template", "chatml", "--log", "/proc/x"] + model, input: "a\n")
    #expect(logged.code == 2 && logged.output.isEmpty, "\(logged.errors)")
    #expect(logged.errors.hasPrefix("train-gpu: --log: /proc/x: cannot "), "\(logged.errors)")
    let longPath = workspace.folder.url.appending(
      path: Array(repeating: String(repeating: "a", count: 200), count: 21).joined(separator: "/")
    ).path
    for output in [
      longFolder, "\(workspace.folder.url.path)/x/y/\(longName.suffix(250))aaaaaa", longPath,
    ] {
      let message = "\(output): cannot make the folder: File name too long"
      try Program.expectRefusal(workspace.arguments(with: ["--output", output]), message)
      try Program.expectRefusal(
        ["export", run, "--format", "vllm", "--output", output] + model, message)
    }
    #expect(try workspace.folder.names() == before)
    // A pipe that nobody reads.
    let pipe = workspace.folder.url.appending(path: "pipe").path
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    try Program.expectRefusal(
      ["report", run, "--output", pipe],
      "--output: \(pipe): cannot open it for writing: no program reads from this pipe")
    for (output, kind) in [
      (pipe, "a pipe"), ("/dev/null", "a device"), (workspace.context, "a file"),
    ] {
      try Program.expectRefusal(
        workspace.arguments(with: ["--output", output]),
        "\(output): expected a folder for the results, found \(kind)")
    }
    for (output, kind) in [(pipe, "a pipe"), ("/dev/null", "a device")] {
      try Program.expectRefusal(
        ["study", "--context", workspace.context, "--count", "2", "--output", output] + model,
        "\(output): expected a file for the study, found \(kind)")
    }
  }
}
