import Foundation
import JSON
import TestSupport
import Testing

/// The teacher's answers where responses are left out are recorded, and a resumed run trains on
/// them.
@Suite struct AnswerRecordTests {
  private let workspace: Workspace
  private var file: URL { workspace.output.appending(path: "answers.jsonl") }

  init() throws { workspace = try Workspace() }

  private func lines() throws -> [JSON] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try JSON(parsing: Array($0.utf8))
    }
  }

  @Test func answersAreWrittenDown() throws {
    let result = try workspace.distill(["--steps", "4"])
    try #require(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("answers of the teacher to 2 prompts"))
    let lines = try lines()
    #expect(lines.map { $0["line"] } == [.integer(3), .integer(2)])
    #expect(lines.map { $0["file"] } == [.string(workspace.inputs), .string(workspace.validation)])
    for line in lines {
      guard case .array(let answer) = line["completion_ids"], case .string = line["completion"]
      else {
        Issue.record("expected ids and a text, found \(line)")
        continue
      }
      // <|im_end|> ends an answer, else the limit of four tokens.
      #expect(line["is_cut"] == .bool(answer.last != .integer(8)))
      #expect((1...4).contains(answer.count))
    }
    let cut = lines.count { $0["is_cut"] == .bool(true) }
    let sentence =
      "\(cut) of the teacher's 2 answers were cut by --response-tokens 4 before "
      + "\(cut == 1 ? "its" : "their") end, and the student learns"
    #expect(result.errors.contains(sentence) == (cut > 0))
  }

  @Test func noFileIsWrittenWhereEveryResponseIsGiven() throws {
    let inputs = try workspace.folder.write(
      "full.jsonl", #"{"prompt": "the cab", "completion": " has"}"#)
    let result = try workspace.distill([
      "--steps", "4", "--inputs", inputs.path, "--validation", inputs.path,
    ])
    #expect(result.code == 0, "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: file.path))
    #expect(!result.output.contains(" answers.jsonl"))
  }

  @Test func aResumedRunTrainsOnThem() throws {
    let steps = ["--steps", "8", "--checkpoint-every", "4"]
    let result = try workspace.distill(steps)
    try #require(result.code == 0, "\(result.errors)")
    let whole = try workspace.softPrompt()
    // As if the run had been stopped after its fourth step.
    func resume() throws {
      try FileManager.default.removeItem(at: workspace.output.appending(path: "checkpoint-8"))
      let result = try workspace.distill(steps + ["--resume"])
      #expect(result.code == 0, "\(result.errors)")
    }
    try resume()
    #expect(try workspace.softPrompt() == whole)

    // A last line without its end says the same.
    let text = try String(contentsOf: file, encoding: .utf8)
    try Data(text.dropLast().utf8).write(to: file)
    try resume()
    #expect(try workspace.softPrompt() == whole)

    // Other answers are refused, and stay their user's.
    let answer = try #require(text.firstMatch(of: /"completion_ids":\[[0-9,]*\]/)).output
    let other = Data(text.replacing(answer, with: "\"completion_ids\":[1,2,3]").utf8)
    try other.write(to: file)
    let arguments = workspace.arguments + ["--output", workspace.output.path] + steps
    try Program.expectRefusal(
      arguments + ["--resume"],
      "\(file.path): expected the teacher's answers to 2 prompts with which this run was started, "
        + "found others; --overwrite starts the run again")
    #expect(try Data(contentsOf: file) == other)

    // An older program recorded no hash; with another answer the run has another result.
    try FileManager.default.removeItem(at: workspace.output.appending(path: "files.json"))
    try resume()
    #expect(try workspace.softPrompt() != whole)
  }

  @Test func answersToOtherPromptsAreRefused() throws {
    let result = try workspace.distill(["--steps", "4"])
    try #require(result.code == 0, "\(result.errors)")
    let text = try String(contentsOf: file, encoding: .utf8)
    let arguments =
      workspace.arguments + ["--output", workspace.output.path, "--steps", "4", "--resume"]
    func expectRefusal(_ text: String, _ message: String) throws {
      try Data(text.utf8).write(to: file)
      try Program.expectRefusal(arguments, message)
    }
    try FileManager.default.removeItem(at: file)
    let expected =
      "\(file.path): expected the teacher's answers to 2 prompts with which this run was started"
    let advice = "; --overwrite starts the run again"
    try Program.expectRefusal(arguments, "\(expected), found no file that can be read\(advice)")
    let first = try #require(text.split(separator: "\n").first)
    try expectRefusal(
      first + "\n", "\(expected), found 1\(advice)")
    try expectRefusal(
      text + "{}\n", "\(file.path):3: expected the key file, found another record\(advice)")
  }
}
