import Files
import Foundation
import TestSupport
import Testing

@testable import HuggingFace

/// What names a GGUF file, and tells quantisations of a model from other models.
@Suite("GGUFIdentity")
struct GGUFIdentityTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func identity(
    _ name: String = "m.gguf", _ change: (inout GGUFBytes) -> Void = { _ in }
  ) throws -> GGUFIdentity {
    var file = TinyGGUF.file
    change(&file)
    return try #require(
      try ModelFolder(at: folder.write(name, file.bytes)).ggufIdentity())
  }

  @Test func namesAndTensors() throws {
    let file = TinyGGUF.file
    let found = try identity()
    #expect(found.name == "Tiny" && found.file == "m.gguf" && found.architecture == "llama")
    #expect(found.shards == nil)
    #expect(found.tensorsDigest == SHA256.hexadecimal(of: file.tensors.flatMap(\.bytes)))
    #expect(try ModelFolder(at: TinyModel.write(in: folder)).ggufIdentity() == nil)
  }

  @Test func quantisationsOfOneModel() throws {
    let first = try identity()
    // Other metadata, the same weights.
    let renamed = try identity("n.gguf") {
      $0.metadata.append(("general.license", .string("mit")))
      $0.metadata.removeAll { $0.key == "general.name" }
    }
    #expect(renamed.name == nil && renamed.tensorsDigest == first.tensorsDigest)
    #expect(renamed.modelDigest == first.modelDigest)
    // A matrix in another type.
    let other = try identity("o.gguf") {
      $0.tensors[4] = .init(
        "blk.0.attn_q.weight", [32, 32], [Float](repeating: 0.5, count: 1024))
    }
    #expect(other.tensorsDigest != first.tensorsDigest && other.modelDigest == first.modelDigest)
    let changes: [(inout GGUFBytes) -> Void] = [
      // A norm, a token, a size.
      { $0.tensors[1].bytes[5] ^= 1 },
      { file in
        let index = file.metadata.firstIndex { $0.key == "tokenizer.ggml.merges" } ?? 0
        file.metadata[index].value = .strings(["a b", "c a"])
      },
      { file in
        let index = file.metadata.firstIndex { $0.key == "llama.context_length" } ?? 0
        file.metadata[index].value = .integer(128)
      },
    ]
    for change in changes {
      #expect(try identity("c.gguf", change).modelDigest != first.modelDigest)
    }
  }

  /// A split model has the hash of the whole one.
  @Test func shards() throws {
    let whole = TinyGGUF.file
    for number in 1...2 {
      var shard = GGUFBytes(number == 1 ? whole.metadata : [])
      shard.metadata += [
        ("split.no", .integer(UInt32(number - 1))), ("split.count", .integer(2)),
        ("split.tensors.count", .integer(UInt32(whole.tensors.count))),
      ]
      shard.tensors = Array(number == 1 ? whole.tensors.prefix(5) : whole.tensors.dropFirst(5))
      try folder.write("s-0000\(number)-of-00002.gguf", shard.bytes)
    }
    let found = try #require(
      try ModelFolder(at: folder.url.appending(path: "s-00002-of-00002.gguf")).ggufIdentity())
    let one = try identity()
    #expect(found.tensorsDigest == one.tensorsDigest && found.modelDigest == one.modelDigest)
    #expect(found.file == "s-00001-of-00002.gguf" && found.shards == 2)
  }

  /// Ten thousand changed headers and metadata end in a model or in one line; the campaign tries
  /// more.
  @Test func mutants() throws {
    var opened = 0
    for number in 0..<10_000 {
      try? FileManager.default.removeItem(at: folder.url.appending(path: "mutant.gguf"))
      let url = try folder.write("mutant.gguf", GGUFMutation.mutant(number, seed: 3))
      do {
        let model = try ModelFolder(at: url)
        _ = try model.config()
        _ = try model.fingerprint()
        _ = try model.ggufIdentity()
        _ = try model.generationConfiguration()
        _ = try model.tokenizer()?.encode("ab cab")
        _ = try model.tokenizerConfiguration()
        opened += 1
      } catch {
        let text = "\(error)"
        #expect(!text.contains("\n") && text.utf8.count < 4096, "mutant \(number)")
      }
    }
    #expect((500..<9500).contains(opened), "\(opened)")
  }
}
