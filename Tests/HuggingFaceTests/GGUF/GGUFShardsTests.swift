import Foundation
import GGUF
import TestSupport
import Testing

@testable import HuggingFace

/// Models in several files.
@Suite("GGUF shards")
struct GGUFShardsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a llama in three files, as llama-gguf-split does.
  private func write(_ change: (Int, inout GGUFBytes) -> Void = { _, _ in }) throws {
    let whole = GGUFModelTests.llama()
    for number in 1...3 {
      var shard = GGUFBytes(number == 1 ? whole.metadata : [])
      func value(_ number: Int) -> GGUFBytes.Value {
        .init(type: 2, [UInt8(number & 255), UInt8(number >> 8)])
      }
      shard.metadata += [
        ("split.no", value(number - 1)), ("split.count", value(3)),
        ("split.tensors.count", .init(type: 5, [UInt8(whole.tensors.count), 0, 0, 0])),
      ]
      shard.tensors = whole.tensors.enumerated().filter { $0.offset % 3 == number - 1 }
        .map(\.element)
      change(number, &shard)
      try folder.write("m-0000\(number)-of-00003.gguf", shard.bytes)
    }
  }

  private func refusal(_ name: String = "m-00001-of-00003.gguf") -> String {
    do {
      _ = try ModelFolder(at: folder.url.appending(path: name))
      return "read"
    } catch {
      #expect(!"\(error)".contains("\n"))
      return "\(error)".replacing("\(folder.url.path)/", with: "")
    }
  }

  @Test func anyShardOpensAll() throws {
    try write()
    for number in 1...3 {
      let model = try ModelFolder(at: folder.url.appending(path: "m-0000\(number)-of-00003.gguf"))
      #expect(model.url.lastPathComponent == "m-00001-of-00003.gguf")
      #expect(try model.checkpoint().names.count == 11)
      #expect(try model.config().required("hidden_size") == 8)
    }
    #expect(try ModelFolder(at: folder.url).checkpoint().names.count == 11)
  }

  /// Shards of two models, as far as they say whose they are.
  @Test func shardsOfTwoModels() throws {
    try write { number, shard in
      if number == 3 { shard.metadata[2].value = .init(type: 5, [12, 0, 0, 0]) }
    }
    #expect(
      refusal()
        == "m-00003-of-00003.gguf: metadata split.tensors.count: expected 11, the tensors of all "
        + "shards, found the integer 12")
    try write { number, shard in
      shard.metadata.append(("general.name", .string(number == 2 ? "Other" : "Tiny")))
    }
    #expect(
      refusal()
        == "m-00002-of-00003.gguf: metadata general.name: expected the string \"Tiny\", as "
        + "m-00001-of-00003.gguf has it, found the string \"Other\"")
    // Some writers repeat all metadata, with other widths of integers.
    try write { number, shard in
      guard number == 2 else { return }
      shard.metadata += GGUFModelTests.llama().metadata
      shard.metadata[4].value = .long(32)
    }
    #expect(refusal() == "read")
    try write { number, shard in
      if number == 2 { shard.metadata.append(("llama.context_length", .integer(33))) }
    }
    #expect(
      refusal()
        == "m-00002-of-00003.gguf: metadata llama.context_length: expected the integer 32, as "
        + "m-00001-of-00003.gguf has it, found the integer 33")
  }

  /// One shard of a model whose name says that there are more.
  @Test func namesThatSayMoreThanTheFile() throws {
    let bytes = GGUFModelTests.llama().bytes
    try folder.write("x-00001-of-00002.gguf", bytes)
    #expect(
      refusal("x-00001-of-00002.gguf")
        == "x-00001-of-00002.gguf: metadata split.count: expected 2, as the file's name says, found "
        + "nothing")
    try folder.write("y-00001-of-00001.gguf", bytes)
    #expect(refusal("y-00001-of-00001.gguf") == "read")
    // llama.cpp takes 0 for a file that is not split.
    var zero = GGUFModelTests.llama()
    zero.metadata.append(("split.count", .integer(0)))
    try folder.write("z.gguf", zero.bytes)
    #expect(refusal("z.gguf") == "read")
  }

  @Test func shardsThatDoNotBelongTogether() throws {
    try write()
    try FileManager.default.removeItem(at: folder.url.appending(path: "m-00002-of-00003.gguf"))
    #expect(
      refusal() == "m-00002-of-00003.gguf: cannot open the file: No such file or directory")
    try write { number, shard in
      if number == 2 { shard.metadata[0].value = .init(type: 2, [2, 0]) }
    }
    #expect(
      refusal() == "m-00002-of-00003.gguf: metadata split.no: expected 1, found the integer 2")
    try write { number, shard in
      if number == 3 { shard.metadata[1].value = .init(type: 2, [4, 0]) }
    }
    #expect(
      refusal() == "m-00003-of-00003.gguf: metadata split.count: expected 3, found the integer 4")
    try write { number, shard in if number == 3 { shard.tensors.removeLast() } }
    #expect(
      refusal()
        == "m-00001-of-00003.gguf: metadata split.tensors.count: expected 10, the tensors of "
        + "all shards, found the integer 11")
    try write { number, shard in
      shard.metadata.removeAll { $0.key == "split.tensors.count" }
      if number == 2 { shard.tensors.append(.init("token_embd.weight", [1], [0])) }
    }
    #expect(
      refusal() == "m-00002-of-00003.gguf: tensor token_embd.weight: expected one, found a second")
    try write()
    let first = folder.url.appending(path: "m-00001-of-00003.gguf")
    try FileManager.default.copyItem(at: first, to: folder.url.appending(path: "other.gguf"))
    #expect(
      refusal("other.gguf") == "other.gguf: metadata split.count: expected 1, or a name such as "
        + "model-00001-of-00002.gguf, found the integer 3")
    try FileManager.default.copyItem(
      at: first, to: folder.url.appending(path: "m-00001-of-00002.gguf"))
    #expect(
      refusal("m-00001-of-00002.gguf")
        == "m-00001-of-00002.gguf: metadata split.count: expected 2, "
        + "as the file's name says, found the integer 3")
  }
}
