import Files
import Foundation
import HuggingFace
import TestSupport
import Testing

@testable import Distillation

/// What of a study's file is its own, and what is its user's.
extension StudyTests {
  /// Lines of the user behind those of a study, whatever they look like.
  @Test(arguments: [true, false])
  func linesBehindAStudyAreKept(isRecord: Bool) throws {
    var few = options
    few.count = 20
    let own = request("s.jsonl", few)
    try study(own)
    let lines = String(decoding: try bytes("s.jsonl"), as: UTF8.self)
    let last = try #require(lines.split(separator: "\n").last)
    let text = lines + (isRecord ? "\(last)\n" : "my own notes")
    try folder.write("s.jsonl", text)
    let file = try StudyFile(own.output, isOverwriting: false)
    _ = try file.begin(#require(StudyFile.recorded(for: own.output)))
    #expect(try bytes("s.jsonl") == Data(lines.utf8))
    #expect(try bytes("s.jsonl.kept") == Data(text.utf8))
    #expect(
      file.notice
        == "\(own.output.path): there is more in it than was written, so all of it is kept as s.jsonl.kept"
    )
  }

  @Test func theBeginningOfALineIsLeftOut() throws {
    var few = options
    few.count = 20
    let own = request("s.jsonl", few)
    try study(own)
    let lines = try bytes("s.jsonl")
    try Data(lines + Data(#"{"messages": [{"ro"#.utf8)).write(to: own.output)
    let file = try StudyFile(own.output, isOverwriting: false)
    _ = try file.begin(#require(StudyFile.recorded(for: own.output)))
    #expect(try bytes("s.jsonl") == lines)
    #expect(file.notice == "\(own.output.path):21: the last line is cut and is left out")
  }

  /// An editor may leave out the end of the last line: nothing is lost with it.
  @Test func aLostEndOfTheLastLineIsWrittenAgain() throws {
    let output = request("s.jsonl").output
    try study(request("s.jsonl"))
    let lines = try bytes("s.jsonl")
    try lines.dropLast().write(to: output)
    let file = try StudyFile(output, isOverwriting: false)
    _ = try file.begin(#require(StudyFile.recorded(for: output)))
    #expect(try bytes("s.jsonl") == lines)
    #expect(file.notice == nil)
  }

  @Test func aStudyGoesOnWithoutTheEndOfItsLastLine() throws {
    var few = options
    few.count = 20
    for name in ["s.jsonl", "whole.jsonl"] { try study(request(name, few)) }
    try study(request("whole.jsonl"))
    try bytes("s.jsonl").dropLast().write(to: request("s.jsonl").output)
    #expect(try study(request("s.jsonl", few)).conversations == 20)
    try study(request("s.jsonl"))
    #expect(try bytes("s.jsonl") == bytes("whole.jsonl"))
    // Another byte is a change: of a line that is no example any more, that one is named.
    let (path, whole) = (request("s.jsonl").output.path, try bytes("s.jsonl"))
    try whole.dropLast(2).write(to: request("s.jsonl").output)
    expectRefusal(beginning: "\(path):40:") { try study(request("s.jsonl")) }
    let changed = String(decoding: whole, as: UTF8.self)
      .replacing("\"round\": 1", with: "\"round\": 2", maxReplacements: 1)
    try Data(changed.utf8).write(to: request("s.jsonl").output)
    expectError(
      "\(path): expected the 40 lines of which \(path).record.json tells, found others"
    ) { try study(request("s.jsonl")) }
  }

  @Test func linesWithoutTheirRecordAreNamed() throws {
    try study(request("s.jsonl"))
    let lines = try bytes("s.jsonl")
    let path = request("s.jsonl").output.path
    try FileManager.default.removeItem(atPath: path + ".record.json")
    for isOverwriting in [false, true] {
      expectError(
        "\(path): expected the record of this study, \(path).record.json, found its lines alone"
      ) { try study(request("s.jsonl", overwriting: isOverwriting)) }
    }
    #expect(try bytes("s.jsonl") == lines)
  }

  /// A study that is killed behind its lines and before their record has recorded them.
  @Test func linesThatWereBeingWrittenAreItsOwn() throws {
    try study(request("s.jsonl"))
    let output = request("s.jsonl").output
    var record = try #require(StudyFile.recorded(for: output))
    let lines = try bytes("s.jsonl")
    let first = try #require(lines.firstIndex(of: UInt8(ascii: "\n"))) + 1
    record.progress.pending = .init(bytes: record.progress.bytes, digest: record.progress.digest)
    record.progress.bytes = first
    record.progress.digest = SHA256.hexadecimal(of: lines.prefix(first))
    try folder.write("s.jsonl.record.json", RecordCoding.encode(record))
    try study(request("s.jsonl", overwriting: true))
    #expect(!FileManager.default.fileExists(atPath: output.path + ".kept"))
    #expect(try bytes("s.jsonl") == lines)
  }

  @Test func aStudyWithADamagedRecordIsKept() throws {
    try study(request("s.jsonl"))
    let lines = try bytes("s.jsonl")
    try folder.write("s.jsonl.record.json", "{}")
    expectError(
      "\(folder.url.path)/s.jsonl.record.json: expected the key options, found another record"
    ) { try study(request("s.jsonl")) }
    try study(request("s.jsonl", overwriting: true))
    #expect(try bytes("s.jsonl.kept") == lines)
    for suffix in ["", ".record.json"] {
      var request = request("s.jsonl", overwriting: true)
      let path = request.output.path + suffix
      request.seeds = URL(fileURLWithPath: path)
      expectError(
        "seeds: expected another file than the study that is replaced, since it would be lost, found "
          + path
      ) { try study(request) }
    }
  }

  @Test func anotherModelWithTheSameBeginningsIsRefused() throws {
    try study(request("s.jsonl"))
    let url = model.url.appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: url))
    let header = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    bytes[8 + header + 4001] ^= 1
    try Data(bytes).write(to: url)
    var other = request("s.jsonl")
    other.folder = try ModelFolder(at: model.url)
    expectRefusal(beginning: "\(other.output.path): started with the model's weights ") {
      try study(other)
    }
  }
}
