import Files
import Foundation
import TestSupport
import Testing

@testable import Safetensors

@Suite("SafetensorsWriter")
struct SafetensorsWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("what is written is read again, widest elements first, the data at a multiple of 8")
  func roundTrip() throws {
    let url = folder.url.appending(path: "out.safetensors")
    try SafetensorsWriter.write(
      [
        ("flag", .bool, [3], [1, 0, 1]),
        ("b", .f16, [1, 2], [0x00, 0x3C, 0x00, 0xC0]),
        ("a", .bf16, [], [0x80, 0x3F]),
        ("wide \"name\" é", .i64, [1], [7, 0, 0, 0, 0, 0, 0, 0]),
      ], metadata: ["format": "pt", "note": "line\nbreak"], to: url)
    let bytes = try [UInt8](Data(contentsOf: url))
    let headerLength = Int(bytes[0]) + Int(bytes[1]) << 8
    #expect(headerLength % 8 == 0)
    #expect(bytes[8] == UInt8(ascii: "{"))
    let file = try SafetensorsFile(contentsOf: url)
    #expect(file.metadata == ["format": "pt", "note": "line\nbreak"])
    #expect(try file.integers(of: "wide \"name\" é") == [7])
    #expect(try file.floats(of: "a", shape: []) == [1])
    #expect(try file.floats(of: "b", shape: [1, 2]) == [1, -2])
    let order = file.tensors.values.sorted { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    #expect(order.map(\.name) == ["wide \"name\" é", "a", "b", "flag"])
    #expect(try folder.names() == ["out.safetensors"])
  }

  @Test("tensors of Float, and none at all")
  func floats() throws {
    let url = folder.url.appending(path: "sigma.safetensors")
    try SafetensorsWriter.write([("b", [2, 1], [0.5, -0.0]), ("a", [1], [.pi])], to: url)
    let file = try SafetensorsFile(contentsOf: url)
    #expect(
      try file.floats(of: "b", shape: [2, 1]).map(\.bitPattern) == [0x3F00_0000, 0x8000_0000])
    #expect(try file.floats(of: "a") == [.pi])
    #expect(file.metadata == [:])
    try SafetensorsWriter.write([(name: String, shape: [Int], elements: [Float])](), to: url)
    #expect(try SafetensorsFile(contentsOf: url).tensors.isEmpty)
  }

  @Test("data in pieces that do not fall together with tensors")
  func pieces() throws {
    let url = folder.url.appending(path: "pieces.safetensors")
    var writer = try SafetensorsWriter(to: url, tensors: [("a", .u8, [3]), ("b", .u8, [4])])
    for piece: [UInt8] in [[1, 2], [3, 4, 5, 6], [7]] {
      try unsafe writer.append(piece.span.bytes)
    }
    try writer.finish()
    let file = try SafetensorsFile(contentsOf: url)
    #expect(try file.integers(of: "a") == [1, 2, 3])
    #expect(try file.integers(of: "b") == [4, 5, 6, 7])
  }

  @Test("an unfinished or wrongly filled file leaves what stood there")
  func unfinished() throws {
    let url = folder.url.appending(path: "sigma.safetensors")
    try SafetensorsWriter.write([("a", [1], [1])], to: url)
    func write(_ bytes: [UInt8]) throws {
      var writer = try SafetensorsWriter(to: url, tensors: [("a", .u8, [3])])
      try unsafe writer.append(bytes.span.bytes)
      #expect(try folder.names().count == 2)
      try writer.finish()
    }
    #expect(throws: SafetensorsError.self) { try write([1, 2]) }
    #expect(throws: SafetensorsError.self) { try write([1, 2, 3, 4]) }
    #expect(throws: SafetensorsError.self) {
      try SafetensorsWriter.write([("a", [2], [1])], to: url)
    }
    #expect(try folder.names() == ["sigma.safetensors"])
    #expect(try SafetensorsFile(contentsOf: url).floats(of: "a") == [1])
  }

  @Test("a folder that is missing, and two tensors of one name")
  func refusals() throws {
    let missing = folder.url.appending(path: "absent/sigma.safetensors")
    #expect {
      try SafetensorsWriter.write([("a", [1], [1])], to: missing)
    } throws: { error in
      "\(error)"
        == "\(missing.path): cannot create a file beside it: No such file or directory"
    }
    #expect(throws: SafetensorsError.self) {
      try SafetensorsWriter.write(
        [("a", [1], [1]), ("a", [1], [1])], to: folder.url.appending(path: "twice.safetensors"))
    }
    #expect(try folder.names() == [])
  }

  @Test("a text file is replaced as a whole")
  func atomicFile() throws {
    let url = folder.url.appending(path: "metrics.json")
    try AtomicFile.replaceContents(of: url, with: Array("{}".utf8))
    try AtomicFile.replaceContents(of: url, with: Array("[1]".utf8))
    #expect(try String(contentsOf: url, encoding: .utf8) == "[1]")
    #expect(try folder.names() == ["metrics.json"])
  }
}
