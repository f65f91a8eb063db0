import Foundation
import TestSupport
import Testing

@Suite struct UsageTests {
  @Test(arguments: [
    [], ["distill"], ["evaluate"], ["generate"], ["logits"], ["tokenize"], ["devices"],
    ["tune"], ["study"], ["chat"], ["report"],
  ])
  func everyCommandHasHelpAndVersion(command: [String]) throws {
    let help = try Program.run(command + ["--help"])
    #expect(help.code == 0)
    #expect(help.output.contains("USAGE: train-gpu"))
    if ["distill", "evaluate", "generate"].contains(command.first) {
      let words = help.output.split { $0.isWhitespace }.joined(separator: " ")
      #expect(
        words.contains("\"No context\" in reports is the same chat template with nothing in"))
    }
    #expect(help.errors.isEmpty)
    let version = try Program.run(command + ["--version"])
    #expect(version.code == 0)
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    (["--frobnicate"], "Unknown option '--frobnicate'"),
    (
      ["distil", "--steps", "4"],
      "unknown command 'distil': expected distill, study, report, export, evaluate, generate, chat, "
        + "logits, tokenize, devices, tune. Did you mean 'distill'?"
    ),
    (
      ["help", "distil"],
      "unknown command 'distil': expected distill, study, report, export, evaluate, generate, chat, "
        + "logits, tokenize, devices, tune. Did you mean 'distill'?"
    ),
    (
      ["distill", "--steps", "many"],
      "The value 'many' is invalid for '--steps <n>': expected a whole number"
    ),
    (
      ["distill", "--seed", "-1"],
      "The value '-1' is invalid for '--seed <n>': expected a whole number of 0 or more"
    ),
    (
      ["distill", "--batch-size", "99999999999999999999"],
      "The value '99999999999999999999' is invalid for '--batch-size <n>': expected a smaller whole "
        + "number"
    ),
    (
      ["distill", "--kl-budget", "low"],
      "The value 'low' is invalid for '--kl-budget <x>': expected a number"
    ),
    (
      ["distill", "--tokens", "2,"],
      "The value '2,' is invalid for '--tokens <k>': expected a whole number, or several with commas "
        + "between them"
    ),
    (
      ["distill", "--method", "kv,"],
      "The value 'kv,' is invalid for '--method <name>': expected embeddings or kv, or several with "
        + "commas between them"
    ),
    (
      ["distill", "--schedule", "step"],
      "The value 'step' is invalid for '--schedule <schedule>': expected constant, linear or cosine"
    ),
    (
      ["manuals"],
      "unknown command 'manuals': expected distill, study, report, export, evaluate, generate, chat, "
        + "logits, tokenize, devices, tune"
    ),
    (["evaluate", "--config", "c.yaml"], "Unknown option '--config'"),
    (["evaluate", "--contxt", "c"], "Unknown option '--contxt'. Did you mean '--context'?"),
    (["evaluate", "--frobnicate=1"], "Unknown option '--frobnicate'"),
    (
      ["distill", "--learning-rate", "0x10"],
      "The value '0x10' is invalid for '--learning-rate <x>': expected a number"
    ),
    (
      ["report", "r", "--price", "0x10"],
      "The value '0x10' is invalid for '--price <x>': expected a number of 0 or more, at most 1e15"
    ),
    (
      ["generate", "--model", "m", "--prompt", "p", "--temperature", "1e-45"],
      "--temperature: expected 0 or a number from 1e-9 to 1e9, found 1e-45"
    ),
    (
      ["chat", "--model", "m", "--temperature", "1e-45"],
      "--temperature: expected 0 or a number from 1e-9 to 1e9, found 1e-45"
    ),
    (
      ["study", "--model", "m", "--context", "c", "--output", "o", "--temperature", "1e-45"],
      "--temperature: expected 0 or a number from 1e-9 to 1e9, found 1e-45"
    ),
    (
      ["tune", "--only", ""],
      "--only: expected names with commas between them, found an empty one"
    ),
    (
      ["tune", "--only", "adamw,"],
      "--only: expected names with commas between them, found an empty one"
    ),
    (["tune", "--only", "graphs,graphs"], "--only: expected each name once, found graphs twice"),
    (["tokenize"], "Missing expected argument '--model <model>'"),
    (["distill"], "expected --model; train-gpu distill --help says more"),
    (
      ["distill", "--model", "/none/model"],
      "expected --context; train-gpu distill --help says more"
    ),
    (
      ["tokenize", "--model", "/none/model"],
      "/none/model: expected a model folder, a GGUF file or org/name[@revision] of the hub, found "
        + "no such folder or file"
    ),
    (["logits", "--model", "m", "--output", "o"], "give one of --ids and --text"),
    (
      ["generate", "--model", "m", "--prompt", "p", "--max-tokens", "0"],
      "--max-tokens: expected 1 or more, found 0"
    ),
    (
      ["generate", "--model", "m", "--prompt", "p", "--adapter", "a", "--context", "c"],
      "give one of --adapter and --context"
    ),
    (
      [
        "distill", "--model", "MODEL", "--context", "c", "--inputs", "i", "--output", "o",
        "--study-count", "4",
      ], "give one of --inputs and --study-count"
    ),
    (
      [
        "distill", "--model", "MODEL", "--context", "c", "--inputs", "i", "--output", "o",
        "--no-filter",
      ], "give one of --inputs and --no-filter"
    ),
    (
      [
        "distill", "--model", "MODEL", "--context", "c", "--inputs", "i", "--output", "o",
        "--seeds", "s",
      ], "give one of --inputs and --seeds"
    ),
    (
      [
        "distill", "--model", "MODEL", "--context", "c", "--inputs", "i", "--output", "o",
        "--question-temperature", "1",
      ], "give one of --inputs and --question-temperature"
    ),
    (
      [
        "logits", "--model", "m", "--output", "o", "--text", "t", "--adapter", "a", "--context",
        "c",
      ],
      "give one of --adapter and --context"
    ),
    (
      ["logits", "--model", "m", "--output", "o", "--text", "t", "--adapter", "a", "--tools", "t"],
      "give one of --adapter and --tools: the prompt stands for the tools of its training"
    ),
    (
      ["logits", "--model", "m", "--output", "o", "--text", "t", "--template", "raw"],
      "--template: expected --context or --tools with it, found neither"
    ),
    (["tune", "--runs", "0"], "--runs: expected 1 or more, found 0"),
    (
      ["tune", "--device", "cpu"],
      "the CPU path has nothing to tune; name a GPU with --device"
    ),
    (["devices", "--threads", "0"], "--threads: expected 1 or more, found 0"),
    (
      ["logits", "--model", "/none", "--text", "t", "--output", ""],
      "--output: expected a path, found an empty text"
    ),
    (
      ["distill", "--model", "/none", "--context", "c", "--inputs", "i", "--output", ""],
      "--output: expected a path, found an empty text"
    ),
    (
      ["distill", "--model", "/none", "--context", "", "--inputs", "i", "--output", "o"],
      "--context: expected a path, found an empty text"
    ),
    (
      ["generate", "--model", "", "--prompt", "p"],
      "--model: expected a path or a name, found an empty text"
    ),
    (
      ["generate", "--model", "/none", "--prompt", "p", "--adapter", ""],
      "--adapter: expected a path, found an empty text"
    ),
    (
      ["generate", "--model", "m", "--prompt", "p", "--device", "gpu"],
      "The value 'gpu' is invalid for '--device <name>': expected auto, cpu, cuda, "
        + "cuda:DEVICE, opencl or opencl:PLATFORM.DEVICE"
    ),
    (
      ["distill", "--template-variable", "thinking"],
      "The value 'thinking' is invalid for '--template-variable <name=value>': expected NAME=VALUE, "
        + "found 'thinking'"
    ),
    (
      ["distill", "--init", "warm"],
      "The value 'warm' is invalid for '--init <start>': expected sampled, first, pooled, "
        + "vocabulary, random, chunks, random-text, matched, an adapter's folder or a .safetensors file"
    ),
  ])
  func wrongUsageIsOneLine(arguments: [String], message: String) throws {
    try Program.expectRefusal(arguments, message)
  }

  @Test func moreThreadsThanProcessorsCanBe() throws {
    let result = try Program.run(["devices", "--threads", "3000000"])
    #expect(result.code == 2)
    #expect(
      result.errors.wholeMatch(
        of: /train-gpu: --threads: expected 1 to \d{4,}, found 3000000\n/) != nil)
  }

  @Test func modelContextAndOutputAreNeeded() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.write(in: folder)
    let all = ["--model", model.path, "--context", "c", "--output", "o"]
    for index in stride(from: 0, to: all.count, by: 2) {
      var rest = all
      rest.removeSubrange(index..<index + 2)
      try Program.expectRefusal(
        rest, "expected \(all[index]); train-gpu distill --help says more")
    }
  }

  @Test func anUnknownDeviceIsNamedWithThoseThatExist() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel.write(in: folder)
    let result = try Program.run([
      "generate", "--model", model.path, "--prompt", "a", "--device", "opencl:77.0",
    ])
    #expect(result.code == 2)
    #expect(result.errorLines.count == 1)
    #expect(
      result.errors.hasPrefix("train-gpu: unknown device 'opencl:77.0': expected auto, cpu, "))
  }
}
