import Foundation
import JSON
import TestSupport
import Testing

@testable import train_gpu

/// `--config`: the content of the file, and the precedence. The runs stop at their first missing
/// file, whose name shows the options that were used.
@Suite struct ConfigurationTests {
  let folder: TemporaryFolder
  let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder).path
  }

  func expectRefusal(
    _ yaml: String, _ arguments: [String] = [], _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = try folder.write("options.yaml", yaml)
    try Program.expectRefusal(
      ["distill", "--config", file.path] + arguments,
      message.replacing("FILE", with: file.path), sourceLocation: sourceLocation)
  }

  @Test func theFileGivesOptionsMissingOnTheCommandLine() throws {
    try expectRefusal(
      "model: \(model)\ncontext: /none/a\ninputs: i\noutput: /none/o\ntokens: 4\nshuffle: false\n",
      [], "/none/a: expected a file, found nothing; --context stands in FILE:2")
  }

  @Test func aFileOfAnotherKindIsNamed() throws {
    try expectRefusal(
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n", [],
      "FILE: expected a YAML file, found a Git LFS pointer; \"git lfs pull\" in its folder fetches the "
        + "file that it stands for")
  }

  /// Opening a pipe would wait for its writer.
  @Test func aPipeAndAFolderAreNamed() throws {
    let pipe = folder.url.appending(path: "pipe").path
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for (path, found) in [
      (pipe, "a pipe, which can be read only once; save it as a file"),
      (folder.url.path, "a folder"), ("/dev/zero", "a device"),
    ] {
      try Program.expectRefusal(
        ["distill", "--config", path], "\(path): expected a YAML file, found \(found)")
    }
  }

  @Test func theCommandLineWins() throws {
    try expectRefusal(
      "model: \(model)\ncontext: /none/a\ninputs: i\noutput: /none/o\nshuffle: false\nsteps: 5\n",
      ["--context", "/none/b", "--shuffle", "--epochs", "2"],
      "/none/b: expected a file, found nothing")
  }

  @Test func textThatIsNoYAMLIsNamedWithItsPosition() throws {
    let file = try folder.write("options.yaml", "tokens: \"4\n")
    let result = try Program.run(["--config", file.path])
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(result.errors.hasPrefix("train-gpu: \(file.path):"))
    #expect(result.errors.contains("expected YAML"))
  }

  @Test func aByteOrderMarkIsNoPartOfTheText() throws {
    try expectRefusal(
      "\u{FEFF}tokens: two\n", [],
      "FILE:1: The value 'two' is invalid for '--tokens <k>': expected a whole number, or several with "
        + "commas between them")
  }

  @Test func nulBytesAndEmptyPathsAreNamed() throws {
    let file = try folder.write("options.yaml", "tokens: 4\0\n")
    try Program.expectRefusal(
      ["--config", file.path], "\(file.path): expected YAML, found a NUL byte")
    try Program.expectRefusal(["--config", ""], "--config: expected a path, found an empty text")
  }

  @Test func aMissingFileIsNamed() throws {
    try Program.expectRefusal(
      ["--config", "/none/options.yaml"],
      "/none/options.yaml: expected a YAML file, found nothing to read")
  }

  /// Every option that may be repeated, or has commas between its values, is a list in the file
  /// too, of YAML in both of its forms and of JSON; no other one is.
  @Test func listsAreThoseOfTheCommandLine() throws {
    let help = try Program.run(["distill", "--experimental-dump-help"])
    let command = try JSON(parsing: Array(help.output.utf8))["command"]
    guard case .array(let options) = command["arguments"] else {
      Issue.record("expected options, found \(help.output.prefix(200))")
      return
    }
    let separated: Set = ["method", "tokens"]
    var repeated: Set<String> = []
    for option in options where option["kind"] == .string("option") {
      guard case .string(let name) = option["preferredName"]["name"] else { continue }
      if option["isRepeating"] == .bool(true) { repeated.insert(name) }
      let isList = option["isRepeating"] == .bool(true) || separated.contains(name)
      for yaml in ["\(name): [1, 2]\n", "\(name):\n  - 1\n  - 2\n", "{\"\(name)\": [1, 2]}\n"] {
        let path = try folder.write("options.yaml", yaml).path
        guard isList else {
          #expect(throws: UsageError.self, "\(yaml)") { try ConfigurationFile(path) }
          continue
        }
        let values = try ConfigurationFile(path).entries.map(\.value)
        #expect(values == (separated.contains(name) ? ["1,2"] : ["1", "2"]), "\(yaml)")
      }
    }
    #expect(repeated.isSuperset(of: ["beside", "context", "lora", "template-variable"]))
  }

  /// The files of a list in their order, of which the first is missing.
  @Test func aListOfContextsIsRead() throws {
    let start = "model: \(model)\ninputs: i\noutput: /none/o\n"
    let present = try folder.write("a.txt", "a cab").path
    for (list, line) in [
      ("[\(present), /none/b]", 4), ("\n  - \(present)\n  - /none/b", 6),
      ("[\(present),\n  /none/b]", 5),
    ] {
      try expectRefusal(
        start + "context: \(list)\n", [],
        "/none/b: expected a file, found nothing; --context stands in FILE:\(line)")
    }
  }

  @Test func flagsCanBeTurnedOff() throws {
    try expectRefusal(
      "overwrite: false\nresume: false\nquiet: false\nshuffle: true\nmodel: \(model)\n"
        + "context: /none/a\ninputs: i\noutput: /none/o\n", [],
      "/none/a: expected a file, found nothing; --context stands in FILE:6")
  }
}
