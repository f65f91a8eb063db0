import Files
import Foundation
import GGUF
import TestSupport
import Testing

/// What a well-formed file gives.
@Suite("GGUFFile")
struct GGUFFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: GGUFBytes) throws -> GGUFFile {
    try GGUFFile(contentsOf: try folder.write("model.gguf", bytes.bytes))
  }

  @Test("every kind of value is read as what it is, and as nothing else")
  func metadata() throws {
    let file = try open(
      GGUFBytes([
        ("general.architecture", .string("llama")), ("u8", .init(type: 0, [200])),
        ("i8", .init(type: 1, [200])), ("u16", .init(type: 2, [1, 2])),
        ("i16", .init(type: 3, [0xFF, 0xFF])), ("u32", .integer(4_000_000_000)),
        ("i32", .init(type: 5, [0xFE, 0xFF, 0xFF, 0xFF])), ("f32", .number(0.5)),
        ("yes", .bool(true)), ("no", .bool(false)), ("u64", .long(1 << 40)),
        ("beyond", .long(.max)), ("i64", .init(type: 11, [UInt8](repeating: 0xFF, count: 8))),
        ("f64", .double(1e-5)), ("tokens", .strings(["a", "", "é", "e\u{301}"])),
        ("types", .array(of: 5, [1, 3].map { .integer($0) })),
        ("scores", .array(of: 6, [-1, 2.5].map { .number($0) })),
        ("flags", .array(of: 7, [.bool(true), .bool(false)])),
        ("truth of 2", .init(type: 7, [2])),
        ("bytes", .init(type: 8, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF])),
      ])
    ).metadata
    #expect(try file.required("general.architecture") == "llama")
    for (key, value) in [
      ("u8", 200), ("i8", -56), ("u16", 513), ("i16", -1), ("u32", 4_000_000_000), ("i32", -2),
      ("u64", 1 << 40), ("i64", -1),
    ] {
      #expect(try file.required(key, Int.self) == value)
      #expect(try file.required(key, Double.self) == Double(value))
    }
    #expect(try file.required("f32") == 0.5)
    #expect(try file.required("f64") == 1e-5)
    #expect(try file.required("yes") == true)
    #expect(try file.required("no") == false)
    let tokens: [String] = try file.required("tokens")
    #expect(tokens.map { Array($0.utf8) } == ["a", "", "é", "e\u{301}"].map { Array($0.utf8) })
    #expect(try file.required("types") == [1, 3])
    #expect(try file.required("scores") == [-1, 2.5])
    #expect(try file.required("types", [Double].self) == [1, 3])
    #expect(try file.required("flags") == [true, false])
    #expect(file.count(of: "tokens") == 4)
    #expect(file.count(of: "absent") == nil)
    #expect(try file.optional("absent", Int.self) == nil)
    #expect(file.keys.first == "general.architecture" && file.keys.count == 20)

    func refusal<Value: GGUFReadable>(_ key: String, _ type: Value.Type) -> String {
      let error = #expect(throws: GGUFError.self) { try file.required(key, type) }
      return String((error?.description ?? "").dropFirst(file.file.count + 2))
    }
    #expect(refusal("absent", Int.self) == "metadata absent: expected an integer, found nothing")
    #expect(
      refusal("beyond", Int.self)
        == "metadata beyond: expected an integer, found an integer beyond 63 bits")
    #expect(refusal("f32", Int.self) == "metadata f32: expected an integer, found the number 0.5")
    #expect(
      refusal("tokens", String.self)
        == "metadata tokens: expected a string in UTF-8, found an array of 4 strings")
    #expect(
      refusal("u8", [Int].self)
        == "metadata u8: expected an array of integers, found the integer 200")
    #expect(
      refusal("truth of 2", Bool.self)
        == "metadata truth of 2: expected true or false, found a byte above 1")
    #expect(
      refusal("bytes", String.self)
        == "metadata bytes: expected a string in UTF-8, found a string that is not UTF-8")
    #expect(
      refusal("scores", [String].self)
        == "metadata scores: expected an array of strings in UTF-8, found an array of 2 numbers")
  }

  @Test("tensors are found with shape, type and bytes, in the alignment of the file")
  func tensors() throws {
    var bytes = GGUFBytes(
      [("general.alignment", .integer(64))],
      tensors: [
        .init("a.weight", [3, 2], [1, 2, 3, 4, 5, 6]),
        .init("b.weight", [32, 2], type: 8, [UInt8](0..<68)),
        .init("one", [], [7]),
      ])
    bytes.alignment = 64
    let file = try open(bytes)
    #expect(file.tensors.map(\.name) == ["a.weight", "b.weight", "one"])
    let first = try #require(file.tensor(named: "a.weight"))
    #expect(first.shape == [2, 3] && first.dimensions == [3, 2] && first.format == .f32)
    #expect(first.byteRange.lowerBound % 64 == 0 && first.byteRange.count == 24)
    #expect((first.columnCount, first.rowCount, first.rowByteCount) == (3, 2, 12))
    let second = try #require(file.tensor(named: "b.weight"))
    #expect(file.leadingBytes(of: second, count: 4) == [0, 1, 2, 3])
    #expect(file.withBytes(of: second) { $0.byteCount } == 68)
    #expect(second.rowByteCount == 34)
    let scalar = try #require(file.tensor(named: "one"))
    #expect(scalar.shape == [] && scalar.byteRange.count == 4)
    #expect(file.tensor(named: "c") == nil)
    file.releasePages(of: first)
    #expect(file.leadingBytes(of: first, count: 4) == [0, 0, 0x80, 0x3F])
    try file.checkLength()
  }

  @Test("version 2 differs in nothing")
  func version2() throws {
    var bytes = GGUFBytes([("a", .integer(1))], tensors: [.init("t", [1], [1])])
    bytes.version = 2
    let file = try open(bytes)
    #expect(file.version == 2)
    #expect(try file.metadata.required("a") == 1)
  }

  @Test("a vocabulary of 300,000 tokens is read in less than a second")
  func longArrays() throws {
    let tokens = (0..<300_000).map { "token \($0)" }
    let file = try open(GGUFBytes([("tokens", .strings(tokens))]))
    let clock = ContinuousClock()
    var read: [String] = []
    let time = try clock.measure { read = try file.metadata.required("tokens") }
    #expect(read == tokens)
    #expect(time < .seconds(1))
  }

  @Test("a file that lost its end since it was opened says so")
  func shrunk() throws {
    let url = try folder.write(
      "model.gguf", GGUFBytes(tensors: [.init("t", [64], [Float](repeating: 1, count: 64))]).bytes)
    let file = try GGUFFile(contentsOf: url)
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: 100)
    try handle.close()
    let error = #expect(throws: GGUFError.self) { try file.checkLength() }
    #expect(error?.description.hasSuffix(" bytes as when the file was opened, found 100") == true)
  }
}
