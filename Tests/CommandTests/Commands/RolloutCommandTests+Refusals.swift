import Foundation
import TestSupport
import Testing

/// Options and files that rollouts refuse.
extension RolloutCommandTests {
  @Test func otherRolloutsThanTheCheckpointsAreRefused() throws {
    let arguments = Self.options + ["--steps", "5"]
    #expect(try workspace.distill(arguments).code == 0)
    let file = workspace.output.appending(path: "rollouts.jsonl")
    let text = try String(contentsOf: file, encoding: .utf8)
    let lines = text.split(separator: "\n").map(String.init)
    func refused(
      _ changed: [String], _ found: String = "others", cut: String = "", isOfAll: Bool = false
    ) throws {
      try Data((changed.map { "\($0)\n" }.joined() + cut).utf8).write(to: file)
      let result = try workspace.distill(Self.options + ["--steps", "9", "--resume"])
      #expect(result.code == 2)
      let last = result.errorLines.last ?? ""
      #expect(
        last.hasPrefix(
          "train-gpu: \(file.path): expected the student's answers with which "
            + (isOfAll ? "steps 1 to 5 of" : "step "))
          && last.hasSuffix(
            "of this run \(isOfAll ? "were" : "was") trained, found \(found); --overwrite starts the run again"
          ),
        "\(last)")
    }
    try refused(Array(lines.dropLast()), "2 of its 3")
    try refused(Array(lines.dropLast()), "2 of its 3 and the beginning of another", cut: #"{"st"#)
    try refused(lines + [lines[5]], isOfAll: true)
    try refused([lines[1], lines[0]] + lines.dropFirst(2))
    var tokens = lines
    tokens[4] = tokens[4].replacing(/("completion_ids": ?\[)(\d+)/) { match in
      "\(match.output.1)\(match.output.2 == "9" ? "10" : "9")"
    }
    #expect(tokens[4] != lines[4])
    try refused(tokens, isOfAll: true)
    try refused([], "an empty file")
    try FileManager.default.removeItem(at: file)
    let missing = try workspace.distill(Self.options + ["--steps", "9", "--resume"])
    #expect(
      missing.errorLines.last
        == "train-gpu: \(file.path): expected the student's answers with which step 1 of this run was "
        + "trained, found no file that can be read; --overwrite starts the run again")
    // As they were, the run goes on.
    try Data(text.utf8).write(to: file)
    let result = try workspace.distill(Self.options + ["--steps", "9", "--resume"])
    #expect(result.code == 0, "\(result.errors)")
  }

  @Test(arguments: [
    (["--rollouts", "1.5"], "--rollouts: expected a share from 0 to 1, found 1.5"),
    (["--rollouts=-0.5"], "--rollouts: expected a share from 0 to 1, found -0.5"),
    (
      ["--rollouts", "nan"],
      "The value 'nan' is invalid for '--rollouts <share>': expected a number"
    ),
    (
      ["--refresh-every", "5"],
      "--refresh-every: expected nothing without a share of rollouts, found 5"
    ),
    (
      ["--rollouts", "0.5", "--refresh-every", "0"],
      "--refresh-every: expected 1 or more, found 0"
    ),
    (
      ["--rollouts", "0.5", "--loss", "cross-entropy"],
      "--rollouts: expected 0 with --loss cross-entropy, found 0.5"
    ),
    (
      ["--rollouts", "0.5", "--mix-cross-entropy", "0.2"],
      "--rollouts: expected 0 with --mix-cross-entropy 0.2, found 0.5"
    ),
    (
      ["--rollouts", "0.5", "--loss-on", "all"],
      "--rollouts: expected 0 with --loss-on all, found 0.5"
    ),
    (
      ["--rollouts", "0.5", "--loss", "js", "--teacher-cache", "projected"],
      "--teacher-cache: expected auto, logits or hidden with --loss js, found projected"
    ),
  ])
  func whatHasNoMeaningIsRefused(more: [String], message: String) throws {
    try workspace.expectRefusal(more, message)
  }
}
