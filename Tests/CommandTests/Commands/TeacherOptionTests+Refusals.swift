import Foundation
import TestSupport
import Testing

/// What a teacher does not combine with.
extension TeacherOptionTests {
  @Test func whatDoesNotCombineIsRefused() throws {
    try workspace.expectRefusal(
      option + ["--loss", "cross-entropy"],
      "--teacher: expected none, because no model's distribution is learned, with --loss "
        + "cross-entropy, found \(teacher)")
    try workspace.expectRefusal(
      option + ["--teacher-cache", "hidden"],
      "--teacher-cache: expected auto, logits or projected with --teacher \(teacher), found hidden, "
        + "which the student's head cannot read")
    try workspace.expectRefusal(
      ["--teacher-precision", "q8_0"], "--teacher-precision: expected --teacher with it, found none"
    )
    try workspace.expectRefusal(
      ["--teacher", ""], "--teacher: expected a path or a name, found an empty text")
    let other = try TinyModel.write(
      "other", in: workspace.folder,
      tokenizer: TinyTokenizer.json.replacing("<|im_end|>", with: "<|end|>"))
    try workspace.expectRefusal(
      ["--teacher", other.path],
      "\(other.path)/tokenizer.json: expected the tokenizer of the student \(workspace.model), where id 8 "
        + "is the special token \"<|im_end|>\", found the special token \"<|end|>\"")
  }

  /// Nothing is fetched for options that do not combine, in a run that goes on too.
  @Test(arguments: [[], ["--resume"]])
  func itIsRefusedBeforeAModelIsLookedFor(mode: [String]) throws {
    let absent = ["--model", "nobody/nothing", "--teacher", "nobody/other"]
    for (more, message) in [
      (
        absent + ["--loss", "cross-entropy"],
        "--teacher: expected none, because no model's distribution is learned, with --loss "
          + "cross-entropy, found nobody/other"
      ),
      (
        absent + ["--teacher-cache", "hidden"],
        "--teacher-cache: expected auto, logits or projected with --teacher nobody/other, found hidden, "
          + "which the student's head cannot read"
      ),
      (
        ["--model", "nobody/nothing", "--teacher-precision", "q8_0"],
        "--teacher-precision: expected --teacher with it, found none"
      ),
      (
        absent + ["--kl-budget", "0.1"],
        "--kl-budget: expected several --tokens or methods to choose from, found 0.1 with one"
      ),
      (
        absent + ["--beside", "\(workspace.output.path)/tokens-2"],
        "--beside: expected an adapter outside the output folder, found \(workspace.output.path)/tokens-2"
      ),
    ] { try workspace.expectRefusal(more + mode, message) }
    let files = ["--context", workspace.context, "--output", "o", "--model", "nobody/nothing"]
    try Program.expectRefusal(
      ["study", "--count", "0"] + files, "--count: expected 1 or more, found 0")
    for arguments in [
      ["study"] + files,
      [
        "evaluate", "--model", "nobody/nothing", "--adapter", "a", "--inputs", workspace.inputs,
      ],
    ] {
      try Program.expectRefusal(
        arguments + ["--teacher-precision", "q8_0"],
        "--teacher-precision: expected --teacher with it, found none")
    }
  }

  @Test func withoutAContextATeacherHasNothingToRead() throws {
    let inputs = try workspace.folder.write(
      "given.jsonl", #"{"prompt": "the cab", "completion": " has"}"#
    ).path
    let trained = try Program.run([
      "distill", "--model", workspace.model, "--inputs", inputs, "--loss", "cross-entropy",
      "--output", workspace.output.path, "--device", "cpu", "--steps", "1", "--tokens", "2",
    ])
    try #require(trained.code == 0, "\(trained.errors)")
    try Program.expectRefusal(
      [
        "evaluate", "--model", workspace.model, "--inputs", inputs, "--adapter",
        workspace.output.path, "--device", "cpu",
      ] + option,
      "--teacher: expected a context for it to read, of the command or of the lines of inputs, found none"
    )
  }

  @Test func aStudyOfATeacherLoadsNoOtherModel() throws {
    let study = [
      "study", "--model", workspace.model, "--context", workspace.context, "--output", "o",
    ]
    for (more, found) in [
      (
        ["--precision", "q8_0"],
        "--precision: expected nothing with --teacher, which writes and answers; --teacher-precision is "
          + "its format, found q8_0"
      ),
      (
        ["--lora", "l"],
        "--lora: expected nothing with --teacher, which writes and answers, found l"
      ),
    ] { try Program.expectRefusal(study + option + more, found) }
  }
}
