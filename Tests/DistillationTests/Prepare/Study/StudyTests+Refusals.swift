import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing

@testable import Distillation

/// What a study refuses, and where it goes on without held-out questions.
extension StudyTests {
  @Test func aChangedArgumentIsRefusedByName() throws {
    try study(request("s.jsonl"))
    let path = folder.url.appending(path: "s.jsonl").path
    let before = try bytes("s.jsonl")
    func refuse(
      _ what: String, _ recorded: String, _ found: String,
      _ change: (inout StudyOptions) -> Void
    ) {
      var options = options
      change(&options)
      expectError(
        "\(path): started with \(what) \(recorded), found \(found); a resumed run keeps what it was "
          + "started with"
      ) { try study(request("s.jsonl", options)) }
    }
    refuse("seed", "3", "4") { $0.seed = 4 }
    refuse("count", "40", "39") { $0.count = 39 }
    refuse("seed", "3", "4") {
      $0.count = 41
      $0.seed = 4
    }
    refuse("temperature", "1.5", "0.5") { $0.temperature = 0.5 }
    refuse("held-out", "0.2", "0") { $0.heldOut = 0 }
    refuse("questioner", "\"complete\"", "\"lead\"") { $0.questioner = .lead }
    try Data("another cab is a bad cab and back to the cab it is".utf8).write(to: context)
    expectRefusal(beginning: "\(path): started with the context ") { try study(request("s.jsonl")) }
    #expect(try bytes("s.jsonl") == before)
  }

  /// Older programs wrote their questions in another order, so they cannot be gone on with to the
  /// same bytes.
  @Test func theBeginningOfAnOlderStudyIsRefusedAndItsEndIsNot() throws {
    try study(request("s.jsonl"))
    let record = folder.url.appending(path: "s.jsonl.record.json")
    var text = try String(contentsOf: record, encoding: .utf8)
    text.replace(#/ *"order" : 2,\n/#, with: "")
    text.replace(#/ *"times" : \{[^}]*\},\n/#, with: "")
    #expect(!text.contains("order") && !text.contains("times"))
    try text.write(to: record, atomically: true, encoding: .utf8)
    let before = try bytes("s.jsonl")
    let again = try study(request("s.jsonl"))
    #expect(again.conversations == 40 && again.times == nil)
    #expect(try bytes("s.jsonl") == before)
    text.replace(#/"training" : \d+/#, with: "\"training\" : 5")
    try text.write(to: record, atomically: true, encoding: .utf8)
    expectError(
      "\(request("s.jsonl").output.path): expected a study that is done, or was begun by this version, "
        + "found the beginning of one whose questions come in another order"
    ) { try study(request("s.jsonl")) }
    #expect(try bytes("s.jsonl") == before)
  }

  @Test func otherFilesStayAsTheyAre() throws {
    let other = try folder.write("other.jsonl", "{\"prompt\": \"mine\"}\n")
    expectError(
      "\(other.path): expected a new file, or a study with its record other.jsonl.record.json beside it, "
        + "found another file"
    ) { try study(request("other.jsonl")) }
    #expect(try bytes("other.jsonl") == Data("{\"prompt\": \"mine\"}\n".utf8))
    expectError(
      "\(other.path): expected a new file, or a study with its record other.jsonl.record.json beside it, "
        + "found another file"
    ) { try study(request("other.jsonl", overwriting: true)) }
    #expect(try bytes("other.jsonl") == Data("{\"prompt\": \"mine\"}\n".utf8))
    // A study whose lines somebody changed is no study's either, but leave is enough to replace it.
    let own = request("own.jsonl")
    let result = try study(own)
    var text = try #require(String(data: bytes("own.jsonl"), encoding: .utf8))
    text = text.replacing("\"round\": 1", with: "\"round\": 2", maxReplacements: 1)
    try folder.write("own.jsonl", text)
    expectError(
      "\(own.output.path): expected the 40 lines of which \(own.output.path).record.json tells, "
        + "found others"
    ) { try study(own) }
    #expect(try bytes("own.jsonl") == Data(text.utf8))
    #expect(try study(request("own.jsonl", overwriting: true)).lines == result.lines)
    #expect(try bytes("own.jsonl.kept") == Data(text.utf8))
    // An unchanged one is replaced.
    _ = try study(request("own.jsonl", overwriting: true))
    #expect(!FileManager.default.fileExists(atPath: own.output.path + ".kept-2"))
  }

  @Test func windowsThatDoNotFitTheModelsPositionsAreRefused() throws {
    var options = options
    options.responseTokens = TinyModel.positions
    expectRefusal(
      beginning:
        "\(context.path): expected positions for a context beside questions and answers of up to "
    ) { try study(request("s.jsonl", options)) }
    options = self.options
    options.contextWindow = TinyModel.positions
    expectRefusal(beginning: "context-window: expected at most ") {
      try study(request("s.jsonl", options))
    }
    options.contextWindow = 7
    expectError("context-window: expected 8 or more, found 7") {
      try study(request("s.jsonl", options))
    }
    #expect(!FileManager.default.fileExists(atPath: request("s.jsonl").output.path))
  }

  @Test func ownSeedsAreTheFirstWords() throws {
    let seeds = try folder.write("seeds.txt", "\ncab?\r\n\n  a bad? \nback?\n")
    var options = options
    options.count = 3
    options.heldOut = 0
    var request = request("s.jsonl", options)
    request.seeds = seeds
    try study(request)
    for line in try lines("s.jsonl") {
      let origin = member(line, "study")
      #expect(member(origin, "kind") == .string("own"))
      guard case .integer(let seed) = member(origin, "seed"),
        let question = StudyLine.question(of: line)
      else {
        Issue.record("expected a seed and a question")
        continue
      }
      // A question ends with its mark.
      #expect(question == ["cab?", "a bad?", "back?"][seed])
    }
    try folder.write("seeds.txt", "cab\nback")
    expectRefusal(beginning: "\(request.output.path): started with the seeds ") {
      try study(request)
    }
    try folder.write("seeds.txt", " \n")
    expectError("\(seeds.path): expected seeds, one a line, found an empty file") {
      try study(request)
    }
  }

  @Test func aModelThatWritesNothingUsefulIsSaidSo() throws {
    var options = options
    options.filter = true
    let request = request("s.jsonl", options)
    expectRefusal(
      beginning:
        "\(request.output.path): expected a model that writes questions that can be used, found none "
    ) { try study(request) }
    let record = try #require(StudyFile.recorded(for: request.output))
    #expect(record.progress.isHeldOutExhausted && record.progress.questions >= 960)
  }

  /// Expects an error of one line that begins so.
  func expectRefusal<Value>(beginning message: String, _ body: () throws -> Value) {
    do {
      _ = try body()
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".hasPrefix(message) && !"\(error)".contains("\n"))
    }
  }

  @Test func trainingQuestionsMakeUpForHeldOutOnesThatCannotBeWritten() throws {
    let study = try Study(request("s.jsonl"), device: TestDevice.cpu.open())
    study.record.progress.conversations = ["held-out": 3]
    #expect(try #require(study.part) == (0, .heldOut, 5))
    study.record.progress.isHeldOutExhausted = true
    #expect(try #require(study.part) == (0, .training, 37))
    study.record.progress.conversations["training"] = 37
    #expect(study.isComplete)
  }

  @Test func optionsOutOfRange() throws {
    func refuse(_ message: String, _ change: (inout StudyOptions) -> Void) {
      var options = options
      change(&options)
      expectError(message) { try study(request("s.jsonl", options)) }
    }
    refuse("count: expected 1 or more, found 0") { $0.count = 0 }
    refuse("rounds: expected 1 or more, found 0") { $0.rounds = 0 }
    refuse("temperature: expected 0 or a number from 1e-9 to 1e9, found -1.0") {
      $0.temperature = -1
    }
    refuse("response-temperature: expected 0 or a number from 1e-9 to 1e9, found 1e-45") {
      $0.responseTemperature = 0x1p-149
    }
    refuse("held-out: expected a fraction from 0 to below 1, found 1.0") { $0.heldOut = 1 }
    refuse("chunk-maximum: expected 8 or more with chunk-minimum 8, found 2") {
      $0.chunkMaximum = 2
    }
  }
}
