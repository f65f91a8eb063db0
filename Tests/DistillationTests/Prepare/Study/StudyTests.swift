import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing

@testable import Distillation

/// Studies of a small random model, whose questions mean nothing.
@Suite struct StudyTests {
  private let folder: TemporaryFolder
  private let model: ModelFolder
  private let context: URL

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
    context = try folder.write(
      "context.txt",
      "the cab has a bad back; a cabbage is abaca.\n\na baccarat is no cab.\r\n\r\nback to the cab, a bad one."
    )
  }

  /// What a random model can do: its questions end where it happens to write a question mark, a line or its end token.
  private var options: StudyOptions {
    var options = StudyOptions()
    options.count = 40
    options.seed = 3
    options.temperature = 1.5
    options.responseTemperature = 1
    options.questionTokens = 12
    options.responseTokens = 6
    options.chunkMinimum = 8
    options.chunkMaximum = 30
    options.heldOut = 0.2
    options.filter = false
    return options
  }

  private func request(
    _ name: String, _ options: StudyOptions? = nil, overwriting: Bool = false
  ) -> StudyRequest {
    StudyRequest(
      folder: model, context: context, seeds: nil, output: folder.url.appending(path: name),
      isOverwriting: overwriting, options: options ?? self.options)
  }

  @discardableResult
  private func study(
    _ request: StudyRequest, handle: @escaping (RunEvent) -> Void = { _ in }
  ) throws -> StudyResult {
    try Study(request, device: TestDevice.cpu.open()).perform(handle: handle)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: name))
  }

  private func lines(_ name: String) throws -> [JSON] {
    try bytes(name).split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
  }

  private func member(_ line: JSON, _ key: String) -> JSON {
    guard case .object(let object) = line else { return .null }
    return object[key] ?? .null
  }

  @Test(arguments: ["raw", "chatml"], QuestionerForm.allCases)
  func linesAreExamplesFromTheirPartOfTheContext(template: String, form: QuestionerForm) throws {
    var options = options
    options.template = template
    options.questioner = form
    // An instruction has one token a letter.
    let config = model.url.appending(path: "config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try Data(
      text.replacing("embeddings\": \(TinyModel.positions)", with: "embeddings\": 1024").utf8
    ).write(to: config)
    options.count = 20
    options.questionTokens = 8
    options.responseTokens = 4
    let study = try Study(request("s.jsonl", options), device: TestDevice.cpu.open())
    let result = try study.perform { _ in }
    #expect(result.conversations == 20 && result.lines == 20 && result.heldOut == 4)
    let lines = try lines("s.jsonl")
    #expect(lines.count == 20)
    let data = try Dataset.read(
      folder.url.appending(path: "s.jsonl"), reader: study.conditioning.reader)
    #expect(data.unusedKeys.isEmpty)
    #expect(Set(data.examples.map(\.prompt)).count == 20)
    let held = Set(result.heldOutSpans.flatMap { Array($0) })
    for (index, line) in lines.enumerated() {
      let origin = member(line, "study")
      guard case .array(let span) = member(origin, "span"), case .integer(let start) = span[0],
        case .integer(let end) = span[1]
      else {
        Issue.record("expected a span")
        continue
      }
      #expect(member(origin, "conversation") == .integer(index))
      let isHeld = StudyLine.isHeldOut(line)
      #expect(isHeld == (index < 4))
      #expect(isHeld ? Set(start..<end).isSubset(of: held) : held.isDisjoint(with: start..<end))
    }
    let split = try #require(try data.splitByStudy(of: folder.url.appending(path: "s.jsonl")))
    #expect(split.validation.examples.map(\.line) == [1, 2, 3, 4])
    #expect(split.training.examples.count == 16)
  }

  @Test func theSeedGivesTheSameBytesAndAnotherOneOthers() throws {
    let first = try study(request("a.jsonl"))
    let second = try study(request("b.jsonl"))
    #expect(try bytes("a.jsonl") == bytes("b.jsonl"))
    #expect(first.drops == second.drops && first.tokens == second.tokens && first.tokens > 0)
    var other = options
    other.seed = 4
    try study(request("c.jsonl", other))
    #expect(try bytes("a.jsonl") != bytes("c.jsonl"))
  }

  /// A copy of the files in the middle of a study is what a killed one leaves.
  /// A copy of the files in the middle of a study is what a killed one leaves.
  @Test(arguments: [1, 2])
  func aStoppedStudyEndsWithTheSameBytes(rounds: Int) throws {
    var options = options
    options.rounds = rounds
    if rounds == 2 {
      options.questionTokens = 8
      options.responseTokens = 4
    }
    let files = FileManager.default
    let copies = folder.url.appending(path: "copies")
    try files.createDirectory(at: copies, withIntermediateDirectories: true)
    var counts: [Int] = []
    let output = folder.url.appending(path: "whole.jsonl")
    let whole = try study(request("whole.jsonl", options)) { event in
      guard case .studying(let progress) = event, progress.conversations != counts.last else {
        return
      }
      counts.append(progress.conversations)
      for suffix in ["", ".record.json"] {
        try? files.copyItem(
          atPath: output.path + suffix,
          toPath: copies.appending(path: "\(counts.count).jsonl\(suffix)").path)
      }
    }
    try #require(counts.count >= 3)
    #expect(whole.lines == (try lines("whole.jsonl").count))
    if rounds == 2 { #expect(whole.lines > whole.conversations) }
    for copy in 1...counts.count {
      let name = "copies/\(copy).jsonl"
      // What was written last may stand there in part, without its record.
      let handle = try FileHandle(forUpdating: folder.url.appending(path: name))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(#"{"messages": [{"ro"#.utf8))
      try handle.close()
      let result = try study(request(name, options))
      #expect(try bytes(name) == bytes("whole.jsonl"))
      #expect(result.drops == whole.drops && result.questions == whole.questions)
      #expect(result.tokens == whole.tokens)
    }
    let again = try study(request("whole.jsonl", options)) { _ in
      Issue.record("nothing is left to do")
    }
    #expect(again == whole)
  }

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
    refuse("count", "40", "41") { $0.count = 41 }
    refuse("temperature", "1.5", "0.5") { $0.temperature = 0.5 }
    refuse("held-out", "0.2", "0") { $0.heldOut = 0 }
    refuse("questioner", "\"complete\"", "\"lead\"") { $0.questioner = .lead }
    try Data("another cab is a bad cab and back to the cab it is".utf8).write(to: context)
    expectRefusal(beginning: "\(path): started with the context ") { try study(request("s.jsonl")) }
    #expect(try bytes("s.jsonl") == before)
  }

  @Test func otherFilesStayAsTheyAre() throws {
    let other = try folder.write("other.jsonl", "{\"prompt\": \"mine\"}\n")
    expectError(
      "\(other.path): expected a new file, or a study with its record other.jsonl.record.json beside it, "
        + "found another file; --overwrite replaces it"
    ) { try study(request("other.jsonl")) }
    #expect(try bytes("other.jsonl") == Data("{\"prompt\": \"mine\"}\n".utf8))
    let result = try study(request("other.jsonl", overwriting: true))
    #expect(try lines("other.jsonl").count == result.lines)
    // A study whose lines somebody changed is no study's either.
    var text = try #require(String(data: bytes("other.jsonl"), encoding: .utf8))
    text = text.replacing("\"round\": 1", with: "\"round\": 2", maxReplacements: 1)
    try folder.write("other.jsonl", text)
    expectError(
      "\(other.path): expected the 40 lines of which \(other.path).record.json tells, found others; "
        + "--overwrite begins anew"
    ) { try study(request("other.jsonl")) }
    #expect(try bytes("other.jsonl") == Data(text.utf8))
  }

  @Test func aContextLongerThanTheModelsPositionsIsRefused() throws {
    try Data(String(repeating: "cab ", count: 80).utf8).write(to: context)
    expectRefusal(
      beginning: "\(context.path): expected a context of at most "
    ) { try study(request("s.jsonl")) }
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
  private func expectRefusal<Value>(beginning message: String, _ body: () throws -> Value) {
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
    #expect(try #require(study.part) == (.heldOut, 5))
    study.record.progress.isHeldOutExhausted = true
    #expect(try #require(study.part) == (.training, 37))
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
    refuse("temperature: expected a number of 0 or more, found -1.0") { $0.temperature = -1 }
    refuse("held-out: expected a fraction from 0 to below 1, found 1.0") { $0.heldOut = 1 }
    refuse("chunk-maximum: expected 8 or more with chunk-minimum 8, found 2") {
      $0.chunkMaximum = 2
    }
  }
}
