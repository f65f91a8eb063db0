import Foundation
import JSON
import TestSupport
import Testing

@testable import train_gpu

/// `--config`: the content of the file, and the precedence. The runs stop at their first missing
/// file, whose name shows the options that were used.
@Suite struct ConfigurationTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = try TinyModel.write(in: folder).path
  }

  private func expectRefusal(
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
      [], "/none/a: expected a file, found nothing")
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

  @Test(arguments: [
    ("tokens: 4\nlearning_rate: 1\n", "FILE:2: unknown option 'learning_rate'"),
    ("tokens: few\n", "FILE:1: The value 'few' is invalid for '--tokens <k>'"),
    (
      "template-variable:\n  - a=1\n  - b\n",
      "FILE:1: The value 'b' is invalid for '--template-variable <name=value>': expected "
        + "NAME=VALUE, found 'b'"
    ),
    (
      "template-variable: {a: 1}\n",
      "FILE:1: template-variable: expected a text, a number, true or false, or a list of them, found "
        + "names with values of their own"
    ),
    ("\nsteps: [1]\n", "FILE:2: steps: expected a text, a number, true or false, found a list"),
    (
      "\ntokens: [[1]]\n",
      "FILE:2: tokens: expected a text, a number, true or false, or a list of them, found a list"
    ),
    ("tokens: [2, few]\n", "FILE:1: The value '2,few' is invalid for '--tokens <k>'"),
    ("tokens: []\n", "FILE:1: Missing value for '--tokens <k>'"),
    (
      "tokens:\n",
      "FILE:1: tokens: expected a text, a number, true or false, or a list of them, found no value"
    ),
    (
      "tokens: 2\nsteps:\n",
      "FILE:2: steps: expected a text, a number, true or false, found no value"
    ),
    ("steps: ~\n", "FILE:1: steps: expected a text, a number, true or false, found no value"),
    (
      "context:\n  -\n",
      "FILE:1: context: expected a text, a number, true or false, or a list of them, found no value"
    ),
    (
      "tokens: 2\nsteps:4\nseed: 1\n",
      "FILE:2: expected a name, a colon, a space and a value, found no colon with a space behind it"
    ),
    (
      "tokens: 2\nsteps",
      "FILE:2: expected a name, a colon, a space and a value, found no colon with a space behind it"
    ),
    (
      "steps:4\ntokens: 2\n",
      "FILE:2: expected a name, a colon, a space and a value, found a line without them before it, or a "
        + "second colon in it"
    ),
    (
      "tokens: [2, 4]\nmethod: [kv, embeddings]\nlora: [/none/a, /none/b]\nmodel: MODEL\ncontext: c\n"
        + "output: /none/o\n",
      "/none/a: expected the folder of a LoRA adapter, with adapter_config.json and "
        + "adapter_model.safetensors, found nothing of the kind"
    ),
    ("seed: 1\ntokens: 1\ntokens:\n", "FILE:2: expected each option once, found tokens twice"),
    ("? \n? \n", "FILE:1: expected each option once, found an empty name twice"),
    ("config: other.yaml\n", "FILE:1: 'config' is no option of a configuration file"),
    ("help: true\n", "FILE:1: 'help' is no option of a configuration file"),
    ("- tokens\n", "FILE: expected a mapping from options to values"),
    (
      "model: 1e18\ncontext: c\ninputs: i\noutput: o\n",
      "1e18: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file"
    ),
    (
      "model: true\ncontext: c\ninputs: i\noutput: o\n",
      "true: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file"
    ),
    (
      "resume: true\noverwrite: true\nmodel: MODEL\ncontext: c\ninputs: i\noutput: o\n",
      "give one of --overwrite and --resume; --overwrite stands in FILE:2, --resume stands in FILE:1"
    ),
    (
      "steps: 1\nepochs: 1\nmodel: MODEL\ncontext: c\ninputs: i\noutput: o\n",
      "give one of --steps and --epochs; --steps stands in FILE:1, --epochs stands in FILE:2"
    ),
  ])
  func wrongEntriesAreNamedWithTheirLine(yaml: String, message: String) throws {
    try expectRefusal(yaml.replacing("MODEL", with: model), [], message)
  }

  /// Of two options that do not go together, the file's is not in the user's sight.
  @Test func aConflictNamesTheFileAndTheLine() throws {
    let start = "model: \(model)\ncontext: c\noutput: /none/o\n"
    try expectRefusal(
      start + "inputs: i\n", ["--study-count", "2"],
      "give one of --inputs and --study-count; --inputs stands in FILE:4")
    try expectRefusal(
      start + "study-count: 2\nfilter: false\n", ["--inputs", "i"],
      "give one of --inputs and --study-count; --study-count stands in FILE:4")
    try expectRefusal(
      start + "filter: false\n", ["--inputs", "i"],
      "give one of --inputs and --no-filter; --filter stands in FILE:4")
    try expectRefusal(
      start + "inputs: i\nteacher-cache: hidden\nloss: forward-kl\n", ["--loss", "cross-entropy"],
      "--teacher-cache: expected auto with --loss cross-entropy, found hidden; --teacher-cache stands in "
        + "FILE:5")
    try expectRefusal(
      start + "inputs: i\nloss: cross-entropy\n", ["--teacher-cache", "hidden"],
      "--teacher-cache: expected auto with --loss cross-entropy, found hidden; --loss stands in FILE:5"
    )
    try expectRefusal(
      start + "inputs: i\nverbose: true\nquiet: true\n", [],
      "give one of --verbose and --quiet; --verbose stands in FILE:5, --quiet stands in FILE:6")
    // What the command line replaces is not the file's any more.
    try expectRefusal(
      start + "inputs: i\nbatch-size: 4\n", ["--batch-size", "0"],
      "--batch-size: expected 1 or more, found 0")
    try expectRefusal(
      start + "inputs: i\nbatch-size: 0\n", [],
      "--batch-size: expected 1 or more, found 0; --batch-size stands in FILE:5")
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
      "\u{FEFF}tokens: two\n", [], "FILE:1: The value 'two' is invalid for '--tokens <k>'")
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
    for list in ["[\(present), /none/b]", "\n  - \(present)\n  - /none/b"] {
      try expectRefusal(
        start + "context: \(list)\n", [], "/none/b: expected a file, found nothing")
    }
  }

  @Test func flagsCanBeTurnedOff() throws {
    try expectRefusal(
      "overwrite: false\nresume: false\nquiet: false\nshuffle: true\nmodel: \(model)\n"
        + "context: /none/a\ninputs: i\noutput: /none/o\n", [],
      "/none/a: expected a file, found nothing")
  }
}
