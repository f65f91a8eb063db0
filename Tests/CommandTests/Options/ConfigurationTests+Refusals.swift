import Foundation
import TestSupport
import Testing

/// What a configuration file may not hold, and where it stands.
extension ConfigurationTests {
  @Test(arguments: [
    (
      "tokens: 4\nlearning_rate: 1\n",
      "FILE:2: unknown option 'learning_rate'. Did you mean 'learning-rate'?"
    ),
    ("frobnicate: 1\n", "FILE:1: unknown option 'frobnicate'"),
    (
      "tokens: few\n",
      "FILE:1: The value 'few' is invalid for '--tokens <k>': "
        + "expected a whole number, or several with commas "
        + "between them"
    ),
    (
      "template-variable:\n  - a=1\n  - b\n",
      "FILE:3: The value 'b' is invalid for '--template-variable <name=value>': expected "
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
    (
      "tokens: [2, few]\n",
      "FILE:1: The value '2,few' is invalid for '--tokens <k>': "
        + "expected a whole number, or several with commas "
        + "between them"
    ),
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
      "FILE:2: context: expected a text, a number, true or false, or a list of them, found no value"
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
        + "adapter_model.safetensors, found nothing of the kind; --lora stands in FILE:3"
    ),
    (
      "seed: 1\ntokens: 1\ntokens:\n",
      "FILE:3: expected each option once, found tokens on lines 2 and 3"
    ),
    (
      "tokens: 1\nseed: 2\ncontext: |\n  seed: 5\n'seed' : 3\n\"tokens\": 3\ntokens: 4\n",
      "FILE:5: expected each option once, found seed on lines 2 and 5, tokens on lines 1, 6 and 7"
    ),
    ("{tokens: 3, tokens: 4}\n", "FILE:1: expected each option once, found tokens twice"),
    ("? \n? \n", "FILE:1: expected each option once, found an empty name twice"),
    ("config: other.yaml\n", "FILE:1: 'config' is no option of a configuration file"),
    ("help: true\n", "FILE:1: 'help' is no option of a configuration file"),
    ("- tokens\n", "FILE:1: expected a mapping from options to values, found a list"),
    (
      "\ntokens:3\n",
      "FILE:2: expected a name, a colon, a space and a value, found no colon with a space behind it"
    ),
    (
      "\"tokens: 3\"\n",
      "FILE:1: expected a name, a colon, a space and a value, found a text in quotation marks"
    ),
    ("seed: 1\nfilter: maybe\n", "FILE:2: filter: expected true or false, found maybe"),
    ("overwrite: \"yes\"\n", "FILE:1: overwrite: expected true or false, found the text \"yes\""),
    ("no-shuffle: 1\n", "FILE:1: no-shuffle: expected true or false, found 1"),
    ("json: [true]\n", "FILE:1: json: expected true or false, found a list"),
    ("seed: 1\nresume:\n", "FILE:2: resume: expected true or false, found no value"),
    (
      "seed: 1\ntokens: !!python/object:os.system 3\n",
      "FILE:2: tokens: expected a plain value, found the tag !!python/object:os.system"
    ),
    (
      "tokens: !!python/tuple [1, 2]\n",
      "FILE:1: tokens: expected a plain value, found the tag !!python/tuple"
    ),
    (
      "lora:\n  - a\n  - !mine b\n",
      "FILE:3: lora: expected a plain value, found the tag !mine"
    ),
    (
      "!!python/object:a {b: 1}\n",
      "FILE:1: expected a plain value, found the tag !!python/object:a"
    ),
    ("!!python/name:a b: 1\n", "FILE:1: expected a plain value, found the tag !!python/name:a"),
    (
      "tokens: !!int few\n",
      "FILE:1: The value 'few' is invalid for '--tokens <k>': expected a whole number, or several with "
        + "commas between them"
    ),
    (
      "filter: true\nno-filter: true\n",
      "give one of --filter and --no-filter; --filter stands in FILE:1, --no-filter stands in FILE:2"
    ),
    (
      "model: 1e18\ncontext: c\ninputs: i\noutput: o\n",
      "1e18: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file; --model stands in FILE:1"
    ),
    (
      "model: true\ncontext: c\ninputs: i\noutput: o\n",
      "true: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file; --model stands in FILE:1"
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

  /// The command line replaces both of a contradiction, which is a fault of the file all the same.
  @Test func aContradictionNamesBothLines() throws {
    try expectRefusal(
      "shuffle: true\nno-shuffle: true\n", ["--shuffle"],
      "give one of --shuffle and --no-shuffle; --shuffle stands in FILE:1, --no-shuffle stands in "
        + "FILE:2")
  }

  /// A path that is the file's is named with its line, whatever of it is refused.
  @Test func aPathNamesTheFileAndTheLine() throws {
    let lora = try folder.write("adapter/other.txt", "").deletingLastPathComponent().path
    let start = "model: \(model)\noutput: /none/o\ninputs: i\n"
    try expectRefusal(
      start + "context: c\nlora:\n  - \(lora)\n", [],
      "\(lora)/adapter_config.json: there is no such file; --lora stands in FILE:6")
    try expectRefusal(
      start + "context: none.txt\n", [],
      "\(FileManager.default.currentDirectoryPath)/none.txt: expected a file, found nothing; --context "
        + "stands in FILE:4")
    try expectRefusal(
      start + "context: \(folder.url.path)/c\n", ["--context", "/none/c"],
      "/none/c: expected a file, found nothing")
    try expectRefusal(
      "model: /none\n" + start.split(separator: "\n").dropFirst().joined(separator: "\n")
        + "\ncontext: c\nvalidation: 0\n", ["--tokens", "2,4"],
      "--tokens: expected held-out examples to compare several by (--validation), found none; "
        + "--validation stands in FILE:5")
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
}
