import Foundation
import GGUF
import TestSupport
import Testing

/// Damaged files and files of other kinds: each is refused in one line, at opening.
@Suite("GGUFFile refuses")
struct GGUFRefusalTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// How a file is refused, after its path.
  private func refusal(_ bytes: [UInt8]) throws -> String {
    let url = try folder.write("model.gguf", bytes)
    do {
      _ = try GGUFFile(contentsOf: url)
    } catch {
      #expect(error.description.hasPrefix("\(url.path): "))
      #expect(!error.description.contains("\n"))
      return String(error.description.dropFirst(url.path.count + 2))
    }
    return "opened"
  }

  private func refusal(_ change: (inout GGUFBytes) -> Void) throws -> String {
    var bytes = GGUFBytes(
      [("general.architecture", .string("llama"))],
      tensors: [.init("t", [4], [1, 2, 3, 4]), .init("u", [4], [1, 2, 3, 4])])
    change(&bytes)
    return try refusal(bytes.bytes)
  }

  @Test("what is no GGUF file of versions 2 and 3")
  func kinds() throws {
    #expect(try refusal { _ in } == "opened")
    #expect(try refusal([]) == "expected a GGUF file, found an empty file; fetch it again")
    #expect(
      try refusal(Array("version https://git-lfs.github.com/spec/v1".utf8))
        .hasPrefix("expected a GGUF file, found a Git LFS pointer"))
    #expect(
      try refusal(Array("tjgg".utf8) + [3, 0, 0, 0])
        == "expected a GGUF file, found GGJT, an older "
        + "format of llama.cpp; convert the model again")
    #expect(
      try refusal([9, 8, 7, 6])
        == "expected a GGUF file, found a file that does not begin with GGUF")
    #expect(
      try refusal(Array("FUGG".utf8))
        == "expected a little-endian GGUF file, found a big-endian one")
    #expect(
      try refusal { $0.version = 3 << 24 }
        == "expected a little-endian GGUF file, found a big-endian one")
    #expect(
      try refusal { $0.version = 1 } == "expected GGUF of version 2 or 3, found version 1; convert "
        + "the model again with a llama.cpp of today")
    #expect(
      try refusal { $0.version = 4 } == "expected GGUF of version 2 or 3, found version 4")
    let pipe = folder.url.appending(path: "pipe.gguf")
    try #require(unsafe mkfifo(pipe.path, 0o600) == 0)
    let error = #expect(throws: GGUFError.self) { try GGUFFile(contentsOf: pipe) }
    #expect(error?.problem == .notAFile(.pipe))
    #expect(!GGUFFile.isGGUF(pipe) && !GGUFFile.isGGUF(folder.url))
    #expect(throws: GGUFError.self) { try GGUFFile(contentsOf: folder.url) }
  }

  @Test("counts and lengths beyond the file, and every truncation")
  func counts() throws {
    #expect(
      try refusal { $0.tensorCount = .max }
        == "count of tensors: a count of 18446744073709551615 at 8 goes beyond the file's 208 "
        + "bytes (truncated?)")
    #expect(
      try refusal { $0.valueCount = 1 << 40 }
        .hasPrefix("count of metadata values: a count of 1099511627776 at 16 goes beyond"))
    #expect(
      try refusal { $0.metadata.append(("a", .init(type: 8, [255, 255, 255, 255, 0, 0, 0, 0]))) }
        .hasPrefix("metadata a: expected 4294967295 more bytes at "))
    #expect(
      try refusal {
        $0.metadata.append(("a", .init(type: 9, [8, 0, 0, 0] + [UInt8](repeating: 255, count: 8))))
      }.hasPrefix("metadata a: a count of 18446744073709551615 at "))
    #expect(
      try refusal {
        $0.metadata.append((String(repeating: "k", count: 70_000), .integer(1)))
      } == "key 2 of the metadata: expected a name of at most 65535 bytes, found 70000")
    #expect(
      try refusal { $0.tensors[0].name = String(repeating: "n", count: 65) }
        == "tensor 1 of the table: expected a name of at most 64 bytes, found 65")
    let whole = GGUFBytes(
      [("a", .string("b")), ("c", .strings(["d", "e"])), ("f", .array(of: 6, [.number(1)]))],
      tensors: [.init("t", [4, 2], [Float](repeating: 1, count: 8))]
    ).bytes
    #expect(try refusal(whole) == "opened")
    for length in 0..<whole.count {
      #expect(try refusal(Array(whole.prefix(length))) != "opened", "\(length) bytes")
    }
  }

  @Test("duplicates, unknown types and texts that are none")
  func metadata() throws {
    #expect(
      try refusal { $0.metadata.append(("general.architecture", .integer(1))) }
        == "metadata general.architecture: expected one value, found a second")
    #expect(
      try refusal { $0.tensors[1].name = "t" } == "tensor t: expected one, found a second")
    #expect(
      try refusal { $0.metadata.append(("a", .init(type: 13, [0]))) }
        == "metadata a: expected a value type of 0 to 12, found 13")
    #expect(
      try refusal { $0.metadata.append(("a", .array(of: 99, []))) }
        == "metadata a: expected a value type of 0 to 12, found 99")
    #expect(
      try refusal { $0.metadata.append(("a\nb", .array(of: 9, []))) }
        == "metadata a\\nb: expected an array of numbers, truth values or strings, found an "
        + "array of arrays")
    var bytes = GGUFBytes([("ab", .integer(1))]).bytes
    bytes[32] = 0xFF
    #expect(
      try refusal(bytes) == "key 1 of the metadata: expected text in UTF-8, found other bytes")
  }

  @Test("alignments that are no powers of two")
  func alignment() throws {
    for alignment in [0, 3, 48] as [UInt32] {
      #expect(
        try refusal { $0.metadata.append(("general.alignment", .integer(alignment))) }
          == "metadata general.alignment: expected a power of two, found the integer \(alignment)")
    }
    #expect(
      try refusal { $0.metadata.append(("general.alignment", .number(32))) }
        == "metadata general.alignment: expected an integer, found the number 32.0")
    #expect(
      try refusal { $0.metadata.append(("general.alignment", .long(1 << 62))) }
        == "tensor t: ends at 16, but the file holds 0 bytes of data (truncated?)")
  }

  @Test("shapes, types and offsets that the file cannot hold")
  func tensors() throws {
    #expect(
      try refusal { $0.tensors[0].type = 16 }
        == "tensor t: type IQ2_XXS is not supported, expected one of F32, BF16, F16, Q8_0, "
        + "Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K")
    #expect(
      try refusal { $0.tensors[0].type = 777 }
        .hasPrefix("tensor t: type number 777 is not supported"))
    #expect(
      try refusal { $0.tensors[0].dimensions = [1, 1, 1, 1, 4] }
        == "tensor t: expected at most 4 dimensions, found 5")
    #expect(
      try refusal { $0.tensors[0].dimensions = [4, 0] }
        == "tensor t: expected sizes above 0, found [4, 0]")
    #expect(
      try refusal { $0.tensors[0].dimensions = [1 << 40, 1 << 40] }
        == "tensor t: expected sizes that can be counted, found an overflow")
    #expect(
      try refusal { $0.tensors[0].dimensions = [.max] }
        == "tensor t: expected sizes that can be counted, found an overflow")
    #expect(
      try refusal { $0.tensors[0].dimensions = [1 << 61] }
        == "tensor t: expected sizes that can be counted, found an overflow")
    #expect(
      try refusal { $0.tensors[0].type = 12 }
        == "tensor t: expected rows in blocks of 256 elements, as Q4_K needs, found rows of 4")
    #expect(
      try refusal { $0.tensors[1].offset = 33 }
        == "tensor u: expected an offset that is a multiple of 32, found 33")
    #expect(
      try refusal { $0.tensors[1].offset = 64 }
        == "tensor u: ends at 80, but the file holds 48 bytes of data (truncated?)")
    #expect(
      try refusal { $0.tensors[1].offset = 1 << 63 }
        == "tensor u: expected sizes that can be counted, found an overflow")
    #expect(
      try refusal { $0.tensors[1].offset = 1 << 63 - 32 }
        .hasPrefix("tensor u: ends at 9223372036854775792, but the file holds 48 bytes"))
    #expect(
      try refusal { $0.tensors[1].offset = 0 }
        == "tensor u: begins at 0, inside t, which ends at 16")
  }

  /// Mutants in the way of a damaged download, an editor or an attacker: each is opened or refused
  /// in one line, and what is opened can be read in full.
  @Test("ten thousand changed files end in a result or in one line")
  func mutants() throws {
    let whole = GGUFBytes(
      [
        ("general.architecture", .string("llama")), ("llama.block_count", .integer(2)),
        ("tokens", .strings((0..<40).map { "t\($0)" })),
        ("scores", .array(of: 6, (0..<40).map { .number(Float($0)) })), ("b", .bool(true)),
        ("general.alignment", .integer(32)),
      ],
      tensors: [
        .init("token_embd.weight", [32, 4], type: 8, [UInt8](repeating: 1, count: 136)),
        .init("a", [8, 2], [Float](repeating: 1, count: 16)), .init("b", [3], [1, 2, 3]),
      ])
    let (original, header) = (whole.bytes, whole.header.count)
    var random = SeededGenerator(seed: 15)
    var opened = 0
    for number in 0..<10_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<min(header, bytes.count), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        case 2:
          for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
        case 3: bytes.removeSubrange(place..<min(place + 8, bytes.count))
        case 4: bytes.insert(contentsOf: bytes[place..<min(place + 16, bytes.count)], at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
      // Rewriting a file in place would wait for the disk.
      try? FileManager.default.removeItem(at: folder.url.appending(path: "mutant.gguf"))
      let url = try folder.write("mutant.gguf", bytes)
      do {
        let file = try GGUFFile(contentsOf: url)
        opened += 1
        for key in file.metadata.keys {
          _ = file.metadata.description(of: key)
          _ = try? file.metadata.optional(key, [String].self)
          _ = try? file.metadata.optional(key, [Double].self)
        }
        for tensor in file.tensors {
          file.withBytes(of: tensor) { #expect($0.byteCount == tensor.byteRange.count) }
        }
      } catch {
        let text = error.description
        #expect(!text.contains("\n") && text.count < 1000, "mutant \(number)")
      }
    }
    #expect((500..<9500).contains(opened))
  }
}
