import Foundation
import HuggingFace
import Inference
import JSON
import TestSupport
import Testing

@testable import Distillation

/// Studies of contexts that are longer than the window.
extension StudyTests {
  /// Files of 600 bytes, which are about as many tokens, in windows of at most 90.
  private func longRequest(_ name: String, count: Int = 60) throws -> StudyRequest {
    let words = ["the cab", "a bad cabbage", "no back", "abaca is", "a baccarat", "cab has it"]
    var files: [URL] = []
    for file in 0..<2 {
      let lines = (0..<20).map { "\(words[($0 + file) % 6]) \(file) \($0)." }
      files.append(
        try folder.write("docs/\(file).md", lines.joined(separator: "\n\n") + "\n"))
    }
    var options = options
    options.contextWindow = 90
    options.count = count
    var request = request(name, options)
    request.context = [folder.url.appending(path: "docs")]
    return request
  }

  private func bytes(_ line: JSON, _ key: String) throws -> Range<Int> {
    guard case .array(let span) = member(line, key), case .integer(let start) = span[0],
      case .integer(let end) = span[1]
    else { throw CocoaError(.fileReadCorruptFile) }
    return start..<end
  }

  /// How often a span was read.
  private func prefills(_ events: [RunEvent]) -> Int {
    events.count {
      if case .progress(.readingContext, done: 0, _) = $0 { true } else { false }
    }
  }

  @Test func everyWindowIsReadOnceAndHasItsShare() throws {
    let request = try longRequest("s.jsonl")
    var events: [RunEvent] = []
    try study(request) { events.append($0) }
    // It is written, and says so.
    let study = try Study(request, device: TestDevice.cpu.open())
    let (windows, result) = (study.windows.count, study.result)
    try #require(windows > 4 && study.isComplete)
    #expect(prefills(events) == windows)
    #expect(result.windows == windows && result.conversations == 60 && result.heldOut == 12)
    let lines = try lines("s.jsonl")
    let spans = try lines.map { try bytes($0, "context_span") }
    // A window after the other, which together are the context.
    #expect(spans == spans.sorted { $0.lowerBound < $1.lowerBound })
    let cut = study.windows.parts
    #expect(Set(spans.map(ContextPart.span)) == Set(cut))
    let tokens = try cut.map { try study.conditioning.teacherPrefix(of: $0).rows }
    #expect(tokens.allSatisfy { $0 - study.conditioning.frame.header.count <= 90 })
    var (end, held) = (0, Set(result.heldOutSpans.flatMap { Array($0) }))
    // A fifth, by tokens and by bytes, although a window has few sections.
    #expect(abs(result.heldOutShare - 0.2) < 0.06)
    #expect(abs(Double(held.count) / Double(study.chunks.bytes) - 0.2) < 0.06)
    for case .span(let bytes) in cut {
      #expect(bytes.lowerBound == end)
      end = bytes.upperBound
      let share = spans.count { $0 == bytes }
      #expect(abs(share - 60 / windows) <= 3)
    }
    for (line, span) in zip(lines, spans) {
      let chunk = try self.bytes(member(line, "study"), "span")
      #expect(span.contains(chunk.lowerBound) && chunk.upperBound <= span.upperBound)
      let isHeld = StudyLine.isHeldOut(line)
      #expect(isHeld ? Set(chunk).isSubset(of: held) : held.isDisjoint(with: chunk))
    }
    held = []
    let data = try Dataset.read(request.output, reader: study.conditioning.reader)
    #expect(data.examples.map(\.context) == spans.map(ContextPart.span))
    #expect(
      "\(try #require(study.notices.last))".hasPrefix(
        "the context of \(study.conditioning.context.count) "))
  }

  @Test func aStoppedStudyOfWindowsEndsWithTheSameBytes() throws {
    let files = FileManager.default
    let output = folder.url.appending(path: "whole.jsonl")
    var counts: [Int] = []
    try study(longRequest("whole.jsonl")) { event in
      guard case .studying(let progress) = event, progress.conversations != counts.last else {
        return
      }
      counts.append(progress.conversations)
      for suffix in ["", ".record.json"] {
        try? files.copyItem(
          atPath: output.path + suffix,
          toPath: folder.url.appending(path: "copy\(counts.count).jsonl\(suffix)").path)
      }
    }
    try #require(counts.count > 6)
    for copy in stride(from: 1, through: counts.count, by: 3) {
      try study(longRequest("copy\(copy).jsonl"))
      #expect(try bytes("copy\(copy).jsonl") == bytes("whole.jsonl"))
    }
    var other = try longRequest("whole.jsonl")
    other.options.contextWindow = nil
    expectRefusal(beginning: "\(output.path): started with context-window 90, found its default") {
      try study(other)
    }
  }

  @Test func whatAWindowDoesNotGiveTheNextOnesMakeUpFor() throws {
    let study = try Study(longRequest("s.jsonl"), device: TestDevice.cpu.open())
    let last = study.windows.count - 1
    // The first window that keeps a part of itself for held-out questions.
    let window = try #require(study.chunks.firstIndex { $0.has(.heldOut) })
    study.record.progress.window = window
    let first = try #require(study.part)
    #expect(first.window == window && first.part == .heldOut && first.left > 0)
    study.record.progress.isHeldOutExhausted = true
    let training = try #require(study.part)
    #expect(training.window == window && training.part == .training)
    #expect(training.left >= first.left)
    let next = try #require(
      study.chunks.indices.first { $0 > window && study.chunks[$0].has(.heldOut) })
    study.record.progress.window = next
    study.record.progress.isHeldOutExhausted = false
    let second = try #require(study.part)
    #expect(second.window == next && second.part == .heldOut && second.left > first.left)
    study.record.progress.window = last
    study.record.progress.conversations = ["held-out": 12, "training": 3]
    #expect(try #require(study.part) == (last, .training, 45))
    study.record.progress.window = last + 1
    #expect(study.isComplete)
  }

  @Test func theDefaultWindowIsWhatTheModelAllows() throws {
    var request = try longRequest("s.jsonl", count: 20)
    request.options.contextWindow = nil
    let study = try Study(request, device: TestDevice.cpu.open())
    let window = try #require(study.record.window)
    #expect(study.windows.count > 1)
    #expect(
      window + study.longest + study.conditioning.teacherPrefix.rows
        == TinyModel.positions + study.conditioning.context.count)
    // A window of all tokens reads the context whole, and its lines say nothing of windows.
    request.context = [context]
    let short = try Study(request, device: TestDevice.cpu.open())
    #expect(short.record.window == nil && short.windows.parts == [.whole])
    _ = try short.perform { _ in }
    #expect(try lines("s.jsonl").allSatisfy { member($0, "context_span") == .null })
  }
}
