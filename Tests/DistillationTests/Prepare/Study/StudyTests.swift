import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing

@testable import Distillation

/// Studies of a small random model, whose questions mean nothing.
@Suite struct StudyTests {
  let folder: TemporaryFolder
  let model: ModelFolder
  let context: URL

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
    context = try folder.write(
      "context.txt",
      "the cab has a bad back; a cabbage is abaca.\n\na baccarat is no cab.\r\n\r\nback to the cab, a bad one."
    )
  }

  /// What a random model can do: its questions end where it happens to write a question mark, a
  /// line or its end token.
  var options: StudyOptions {
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

  func request(
    _ name: String, _ options: StudyOptions? = nil, overwriting: Bool = false
  ) -> StudyRequest {
    StudyRequest(
      folder: model, context: [context], seeds: nil, output: folder.url.appending(path: name),
      isOverwriting: overwriting, options: options ?? self.options)
  }

  @discardableResult
  func study(
    _ request: StudyRequest, handle: @escaping (RunEvent) -> Void = { _ in }
  ) throws -> StudyResult {
    try Study(request, device: TestDevice.cpu.open()).perform(handle: handle)
  }

  func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: name))
  }

  func lines(_ name: String) throws -> [JSON] {
    try bytes(name).split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
  }

  func member(_ line: JSON, _ key: String) -> JSON {
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
      #expect(isHeld ? Set(start..<end).isSubset(of: held) : held.isDisjoint(with: start..<end))
    }
    let split = try #require(try data.splitByStudy(of: folder.url.appending(path: "s.jsonl")))
    #expect(split.validation.examples.count == 4)
    #expect(split.training.examples.count == 16)
  }

  /// Answers come in full batches, whatever the chunks of their questions.
  @Test func questionsOfManyChunksAreAnsweredTogether() throws {
    var options = options
    options.count = 240
    var generations: [StudyProgress.Phase: Int] = [:]
    var last: StudyProgress.Phase?
    var conversations = 0
    let study = try Study(request("s.jsonl", options), device: TestDevice.cpu.open())
    let result = try study.perform { event in
      guard case .studying(let progress) = event else { return }
      if progress.phase != last { generations[progress.phase, default: 0] += 1 }
      last = progress.phase
      conversations = progress.conversations
    }
    // The end is told too.
    #expect(conversations == 240)
    #expect(result.conversations == 240 && result.heldOut == 48)
    let batches = study.record.progress.batches
    #expect(generations[.answers] == batches)
    // Four of 64 hold all, and one more what is lost of their answers.
    #expect((4...6).contains(batches))
    let times = try #require(result.times)
    #expect(times.chunks > 0 && times.questions > 0 && times.answers > 0)
    #expect(times.chunks + times.questions + times.answers <= result.seconds)
  }

  /// A short context is read in chunks of many questions, a long one in many chunks.
  @Test func chunksTogetherAreTwiceTheContext() throws {
    var options = options
    options.count = 200
    let short = try Study(request("s.jsonl", options), device: TestDevice.cpu.open())
    #expect(short.questionsOfChunk(0) == 64)
    options.count = 10
    let few = try Study(request("s.jsonl", options), device: TestDevice.cpu.open())
    #expect(few.questionsOfChunk(0) == 16)
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

  @Test func aFinishedStudyGoesOnToMoreConversations() throws {
    var few = options
    few.count = 20
    for name in ["a.jsonl", "b.jsonl"] { try study(request(name, few)) }
    let before = try bytes("a.jsonl")
    let more = try study(request("a.jsonl"))
    #expect(more.conversations == 40 && more.heldOut == 8)
    #expect(try bytes("a.jsonl").starts(with: before))
    let lines = try lines("a.jsonl")
    #expect(lines.count == 40)
    let heldOut = lines.indices.filter { StudyLine.isHeldOut(lines[$0]) }
    #expect(heldOut.count == 8 && heldOut.count { $0 < 20 } == 4)
    let numbers = lines.map { member(member($0, "study"), "conversation") }
    #expect(numbers == (0..<40).map { .integer($0) })
    // The same steps give the same bytes.
    try study(request("b.jsonl"))
    #expect(try bytes("a.jsonl") == bytes("b.jsonl"))
    /// The refusal of another number.
    func refusal(_ count: Int) -> String {
      "\(folder.url.appending(path: "a.jsonl").path): started with count 40, found \(count); a resumed "
        + "run keeps what it was started with"
    }
    expectError(refusal(20)) { try study(request("a.jsonl", few)) }
    var fixed = request("a.jsonl")
    fixed.options.count = 41
    fixed.mayExtend = false
    expectError(refusal(41)) { try study(fixed) }
  }

  /// A copy of the files in the middle of a study is what a killed one leaves.
  @Test(arguments: [1, 2])
  func aStoppedStudyEndsWithTheSameBytes(rounds: Int) throws {
    var options = options
    options.count = 240
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
      guard case .studying(let progress) = event, progress.conversations != counts.last,
        progress.conversations < progress.total
      else { return }
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
    var larger = options
    larger.count = 260
    for copy in 1...counts.count {
      let name = "copies/\(copy).jsonl"
      // Only a study that is done goes on to more conversations.
      if copy == 1 {
        #expect(throws: DistillationError.self) { try study(request(name, larger)) }
      }
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
}
