import Foundation
import TestSupport
import Testing

@testable import HuggingFace

/// GGUF files of a repository.
extension HubTests {
  private static let gguf: [String: [UInt8]] = [
    "README.md": [1], "config.json": Array("{}".utf8), "tiny-Q4_0.gguf": TinyGGUF.file.bytes,
    "tiny-Q8_0.gguf": TinyGGUF.plain.bytes, "mmproj-tiny.gguf": [2],
    "big/tiny-F32-00001-of-00002.gguf": shard(1), "big/tiny-F32-00002-of-00002.gguf": shard(2),
  ]

  private static func shard(_ number: Int) -> [UInt8] {
    let whole = TinyGGUF.plain
    var shard = GGUFBytes(number == 1 ? whole.metadata : [])
    shard.metadata += [
      ("split.no", .integer(UInt32(number - 1))), ("split.count", .integer(2)),
      ("split.tensors.count", .integer(UInt32(whole.tensors.count))),
    ]
    shard.tensors = Array(number == 1 ? whole.tensors.prefix(4) : whole.tensors.dropFirst(4))
    return shard.bytes
  }

  private func model(
    _ name: String, _ hub: TestHub, _ variables: [String: String] = [:]
  ) throws -> ModelFolder {
    try ModelFolder(
      at: try hub.fetch(variables, of: name), choosing: ModelReference(name).choice)
  }

  @Test("the file that a part of its name chooses comes alone, and is known again")
  func ggufFiles() throws {
    let hub = try TestHub(Self.gguf)
    defer { hub.server.stop() }
    let name = "org/name:Q4_0"
    let found = try model(name, hub)
    #expect(hub.paths.dropFirst() == ["tiny-Q4_0.gguf"])
    #expect(try found.config().required("model_type") == "llama")
    #expect(try found.requiredTokenizer().encode("ab") == [0, 29])
    let named = try ModelName(parsing: name, of: found)
    #expect(named == ModelName("org/name", file: "tiny-Q4_0.gguf"))
    #expect(named.reference == "org/name:tiny-Q4_0.gguf" && named.gguf == "tiny-Q4_0.gguf")
    // What a run records finds the same file.
    #expect(try model(named.reference, hub, ["HF_HUB_OFFLINE": "1"]).url == found.url)
    let pinned = "org/name@\(TestHub.commit):Q4_0"
    #expect(
      try ModelName(parsing: pinned, of: model(pinned, hub)).reference
        == "org/name@\(TestHub.commit):tiny-Q4_0.gguf")
    #expect(hub.paths.count { $0.hasSuffix(".gguf") } == 1)
    // Another file of the repository is requested when it is named.
    _ = try model("org/name:Q8_0", hub)
    #expect(hub.paths.last == "tiny-Q8_0.gguf")
    #expect(
      message { _ = try model("org/name:Q5_0", hub) }
        == "org/name: expected one GGUF file with Q5_0 in its name, found "
        + "big/tiny-F32-00001-of-00002.gguf, tiny-Q4_0.gguf, tiny-Q8_0.gguf")
  }

  @Test("all shards of a split one come")
  func ggufShards() throws {
    let hub = try TestHub(Self.gguf)
    defer { hub.server.stop() }
    let found = try model("org/name:F32", hub)
    #expect(
      hub.paths.dropFirst()
        == ["big/tiny-F32-00001-of-00002.gguf", "big/tiny-F32-00002-of-00002.gguf"])
    #expect(found.ggufName == "big/tiny-F32-00001-of-00002.gguf")
    #expect(try found.checkpoint().names.count == TinyGGUF.plain.tensors.count)
    #expect(try found.ggufIdentity()?.shards == 2)
  }

  @Test("a file that comes with other bytes than announced is thrown away")
  func damagedGGUF() throws {
    let hub = try TestHub(Self.gguf) { request in
      request.path.hasSuffix("Q4_0.gguf")
        ? LoopbackServer.Response(
          body: TinyGGUF.file.bytes.dropLast() + [TinyGGUF.file.bytes.last.map { $0 ^ 1 } ?? 0])
        : nil
    }
    defer { hub.server.stop() }
    let text = message { _ = try model("org/name:Q4_0", hub) }
    #expect(text.contains("tiny-Q4_0.gguf: expected contents with SHA-256 "), "\(text)")
    #expect(text.hasSuffix("they were thrown away, so another try begins anew"), "\(text)")
  }
}
