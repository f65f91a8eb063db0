import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

@Suite("Hub")
struct HubTests {
  static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  static let small: [String: [UInt8]] = [
    "config.json": Array("{}".utf8), "tokenizer.json": Array("{ }".utf8),
    "model.safetensors": weights, "README.md": [1], "pytorch_model.bin": [2], "extra/x.json": [3],
  ]

  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      #expect(!"\(error)".contains("\n"))
      return "\(error)"
    }
  }

  @Test("only the files that are needed come, into the standard layout, once")
  func layout() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    let reports = Mutex<[HubProgress]>([])
    let snapshot = try hub.fetch { progress in reports.withLock { $0.append(progress) } }
    #expect(
      hub.paths == [
        "/api/models/org/name/revision/main?blobs=true", "config.json", "tokenizer.json",
        "model.safetensors",
      ])
    let base = hub.folder.url.appending(path: "hub/models--org--name")
    #expect(snapshot.path == base.appending(path: "snapshots/\(TestHub.commit)").path)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: snapshot.path).sorted()
        == ["config.json", "model.safetensors", "tokenizer.json"])
    let weights = snapshot.appending(path: "model.safetensors")
    #expect(try [UInt8](Data(contentsOf: weights)) == Self.weights)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: weights.path)
        == "../../blobs/\(SHA256.hexadecimal(of: Self.weights))")
    #expect(
      try String(contentsOf: base.appending(path: "refs/main"), encoding: .utf8) == TestHub.commit)
    #expect(try FileManager.default.contentsOfDirectory(atPath: hub.blobs.path).count == 3)
    let last = try #require(reports.withLock { $0 }.last)
    #expect(last.file == "model.safetensors" && last.receivedBytes == last.totalBytes)
    #expect(last.totalBytes == Self.weights.count + 5)
    // Now it is in the cache: neither a second fetch nor one without a network sends requests.
    #expect(try hub.fetch() == snapshot)
    #expect(try hub.fetch(["HF_HUB_OFFLINE": "1"]) == snapshot)
    #expect(hub.paths.count == 4)
  }

  @Test("shards come as their list names them")
  func shards() throws {
    let index = #"{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}"#
    let hub = try TestHub([
      "config.json": Array("{}".utf8), "model.safetensors.index.json": Array(index.utf8),
      "one.safetensors": [1, 2], "two.safetensors": [3], "three.safetensors": [4],
    ])
    defer { hub.server.stop() }
    let snapshot = try hub.fetch()
    #expect(
      hub.paths.dropFirst()
        == ["config.json", "model.safetensors.index.json", "one.safetensors", "two.safetensors"])
    #expect(HubCache.hasWeights(snapshot))
  }

  @Test("refusals: a private repository, a missing one, an overloaded hub")
  func refusals() throws {
    let status = Mutex(401)
    let hub = try TestHub(Self.small) { _ in
      LoopbackServer.Response(
        status: status.withLock { $0 }, body: Array(#"{"error": "Says\nthe hub."}"#.utf8))
    }
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.fetch() }
        == "org/name: the hub refuses access (Says the hub.); if it is private or gated, "
        + "set HF_TOKEN to a token that opens it")
    #expect(
      message { _ = try hub.fetch(["HF_TOKEN": "t"]) }
        == "org/name: the hub refuses access (Says the hub.); "
        + "the token in HF_TOKEN does not open it")
    status.withLock { $0 = 404 }
    let address = hub.server.address("/api/models/org/name/revision/main?blobs=true")
    #expect(
      message { _ = try hub.fetch() } == "\(address): the hub has nothing there (Says the hub.)")
    status.withLock { $0 = 418 }
    #expect(
      message { _ = try hub.fetch() }
        == "\(address): the hub answers with status 418 (Says the hub.)")
    #expect(hub.server.requests.count == 4)
    status.withLock { $0 = 503 }
    #expect(message { _ = try hub.fetch() } == "\(address): the hub answers with status 503")
    #expect(hub.server.requests.count == 9)
  }

  @Test("the token goes to the hub, and to no other host that it leads to")
  func token() throws {
    let store = try LoopbackServer { TestHub.part(of: Self.weights, $0) }
    defer { store.stop() }
    let address = store.address("/store/1")
    let hub = try TestHub(Self.small) { request in
      request.path.hasSuffix(".safetensors") ? .redirect(to: address) : nil
    }
    defer { hub.server.stop() }
    let snapshot = try hub.fetch(["HF_TOKEN": "secret"])
    #expect(
      try [UInt8](Data(contentsOf: snapshot.appending(path: "model.safetensors"))) == Self.weights)
    #expect(hub.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" })
    #expect(store.requests.count == 1)
    #expect(store.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test("a token that is stored in a file, and none at all")
  func storedToken() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    try hub.folder.write("token", "stored\n")
    _ = try hub.fetch()
    #expect(hub.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer stored" })
    let plain = try TestHub(Self.small)
    defer { plain.server.stop() }
    _ = try plain.fetch()
    #expect(plain.server.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test("no request is sent when that is forbidden, nor for unusable names")
  func offline() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.fetch(["HF_HUB_OFFLINE": "true"]) }
        == "org/name: not in the cache \(hub.folder.url.path)/hub, "
        + "and HF_HUB_OFFLINE forbids fetching it")
    #expect(hub.server.requests.isEmpty)
    #expect(
      message { _ = try Hub(environment: ["HF_ENDPOINT": "hub.example"]) }
        == "HF_ENDPOINT: expected an address such as https://huggingface.co, found hub.example")
    let pickles = try TestHub(["config.json": [1, 2], "pytorch_model.bin": [3]])
    defer { pickles.server.stop() }
    #expect(
      message { _ = try pickles.fetch() }
        == "org/name: expected model.safetensors or model.safetensors.index.json, found "
        + "pytorch_model.bin, pickles of PyTorch; only the safetensors format is read, so load the "
        + "model in transformers and save it with save_pretrained")
    #expect(pickles.paths.count == 1)
  }

  @Test("a list that leads out of the cache is refused")
  func listing() throws {
    let hub = try TestHub(Self.small) { request in
      let text =
        #"{"sha": "\#(TestHub.commit)", "siblings": [{"rfilename": "../x", "size": 1}]}"#
      return LoopbackServer.Response(body: Array(text.utf8))
    }
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.fetch() }.hasSuffix(
        "siblings[0].rfilename: expected a path inside the repository, found \"../x\""))
  }

  @Test("nobody listens")
  func refusedConnection() throws {
    let hub = try TestHub(Self.small)
    hub.server.stop()
    #expect(message { _ = try hub.fetch() }.hasPrefix(hub.server.address("/api/models/org/name")))
  }
}
