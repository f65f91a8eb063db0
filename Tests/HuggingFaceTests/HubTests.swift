import Foundation
import Safetensors
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// A hub on the loopback interface with one repository, `org/name`.
private struct TestHub {
  static let commit = String(repeating: "c0ffee0000", count: 4)

  let folder: TemporaryFolder
  let server: LoopbackServer
  let files: [String: [UInt8]]

  /// Starts a hub.
  ///
  /// - Parameters:
  ///   - files: the repository. Weights are announced with their SHA-256, as the hub does.
  ///   - answer: may answer a request in place of the hub.
  init(
    _ files: [String: [UInt8]],
    answer: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Response? = { _ in nil }
  ) throws {
    self.files = files
    folder = try TemporaryFolder()
    server = try LoopbackServer { answer($0) ?? Self.answer($0, files) }
  }

  static func blob(_ name: String, _ contents: [UInt8]) -> String {
    let hash = SHA256.hexadecimal(of: contents)
    return isLarge(name) ? hash : String(hash.prefix(40))
  }

  static func isLarge(_ name: String) -> Bool { name.hasSuffix(".safetensors") }

  static func answer(
    _ request: LoopbackServer.Request, _ files: [String: [UInt8]]
  ) -> LoopbackServer.Response {
    if request.path.hasPrefix("/api/models/org/name/revision/main?") {
      return LoopbackServer.Response(body: Array(listing(files).utf8))
    }
    let prefix = "/org/name/resolve/\(commit)/"
    guard request.path.hasPrefix(prefix),
      let contents = files[String(request.path.dropFirst(prefix.count))]
    else {
      return LoopbackServer.Response(
        status: 404, headers: ["X-Error-Message": "Entry not found"])
    }
    return part(of: contents, request)
  }

  /// The contents, or what the header `Range` asks for.
  static func part(
    of contents: [UInt8], _ request: LoopbackServer.Request
  ) -> LoopbackServer.Response {
    guard let range = request.headers["range"], let start = Int(range.dropFirst(6).dropLast())
    else { return LoopbackServer.Response(body: contents) }
    return LoopbackServer.Response(
      status: 206,
      headers: ["Content-Range": "bytes \(start)-\(contents.count - 1)/\(contents.count)"],
      body: Array(contents[start...]))
  }

  static func listing(_ files: [String: [UInt8]]) -> String {
    let siblings = files.sorted { $0.key < $1.key }.map { name, contents in
      let hash = blob(name, contents)
      let large = "\"lfs\": {\"sha256\": \"\(hash)\", \"size\": \(contents.count)}"
      let small = "\"blobId\": \"\(hash)\", \"size\": \(contents.count)"
      return "{\"rfilename\": \"\(name)\", \(isLarge(name) ? large : small)}"
    }
    return "{\"sha\": \"\(commit)\", \"siblings\": [\(siblings.joined(separator: ", "))]}"
  }

  func hub(_ variables: [String: String] = [:]) throws -> Hub {
    var environment = ["HF_HOME": folder.url.path, "HF_ENDPOINT": server.address()]
    environment.merge(variables) { $1 }
    var hub = try Hub(environment: environment)
    hub.retryDelay = 0.01
    return hub
  }

  func fetch(
    _ variables: [String: String] = [:],
    report: @escaping @Sendable (HubProgress) -> Void = { _ in }
  ) throws -> URL {
    try hub(variables).folder(of: ModelReference("org/name"), report: report)
  }

  /// The paths that were asked for, without what all of them begin with.
  var paths: [String] {
    server.requests.map { $0.path.replacing("/org/name/resolve/\(Self.commit)/", with: "") }
  }

  var blobs: URL { folder.url.appending(path: "hub/models--org--name/blobs") }
}

@Suite("Hub")
struct HubTests {
  private static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  private static let small: [String: [UInt8]] = [
    "config.json": Array("{}".utf8), "tokenizer.json": Array("{ }".utf8),
    "model.safetensors": weights, "README.md": [1], "pytorch_model.bin": [2], "extra/x.json": [3],
  ]

  private func message(_ body: () throws -> Void) -> String {
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
    // Now it is in the cache: neither a second look nor one without a network asks again.
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
    #expect(HubCache.isComplete(snapshot))
  }

  @Test("a connection that is cut goes on where it broke, in this run and in the next")
  func cut() throws {
    let cuts = Mutex([100_000, 50_000, 0])
    let hub = try TestHub(Self.small) { request in
      guard request.path.hasSuffix(".safetensors"),
        let cut = cuts.withLock({ $0.isEmpty ? nil : $0.removeFirst() })
      else { return nil }
      var response = TestHub.part(of: Self.weights, request)
      response.cutAfter = cut
      return response
    }
    defer { hub.server.stop() }
    let snapshot = try hub.fetch()
    #expect(
      try [UInt8](Data(contentsOf: snapshot.appending(path: "model.safetensors"))) == Self.weights)
    let ranges = hub.server.requests.compactMap { $0.headers["range"] }
    #expect(ranges == ["bytes=100000-", "bytes=150000-", "bytes=150000-"])
  }

  @Test("a connection that breaks always is given up, and what came is kept for the next run")
  func unreachable() throws {
    let isBroken = Mutex(true)
    let hub = try TestHub(Self.small) { request in
      guard request.path.hasSuffix(".safetensors"), isBroken.withLock({ $0 }) else { return nil }
      var response = TestHub.part(of: Self.weights, request)
      response.cutAfter = request.headers["range"] == nil ? 1000 : 0
      return response
    }
    defer { hub.server.stop() }
    #expect(message { _ = try hub.fetch() }.hasPrefix(hub.server.address("/org/name/resolve/")))
    isBroken.withLock { $0 = false }
    let before = hub.server.requests.count
    _ = try hub.fetch()
    #expect(
      hub.server.requests[before...].compactMap { $0.headers["range"] } == ["bytes=1000-"])
  }

  @Test("a server that knows no ranges sends everything again")
  func noRanges() throws {
    let isFirst = Mutex(true)
    let hub = try TestHub(Self.small) { request in
      guard request.path.hasSuffix(".safetensors") else { return nil }
      let cuts = isFirst.withLock { isFirst in
        defer { isFirst = false }
        return isFirst
      }
      return LoopbackServer.Response(body: Self.weights, cutAfter: cuts ? 1234 : nil)
    }
    defer { hub.server.stop() }
    let snapshot = try hub.fetch()
    #expect(
      try [UInt8](Data(contentsOf: snapshot.appending(path: "model.safetensors"))) == Self.weights)
  }

  @Test("contents that differ from what was announced are thrown away")
  func checksum() throws {
    var wrong = Self.weights
    wrong[70_000] ^= 1
    let contents = wrong
    let hub = try TestHub(Self.small) { request in
      request.path.hasSuffix(".safetensors") ? LoopbackServer.Response(body: contents) : nil
    }
    defer { hub.server.stop() }
    let announced = SHA256.hexadecimal(of: Self.weights)
    #expect(
      message { _ = try hub.fetch() }
        == hub.server.address("/org/name/resolve/\(TestHub.commit)/model.safetensors")
        + ": expected contents with SHA-256 \(announced), found "
        + "\(SHA256.hexadecimal(of: wrong)); they were thrown away, so another try begins anew")
    let names = try FileManager.default.contentsOfDirectory(atPath: hub.blobs.path)
    #expect(!names.contains { $0.hasPrefix(announced) })
    #expect(try hub.hub().cache.snapshot(of: #require(HubRepository("org/name"))) == nil)
  }

  @Test("more bytes than announced are refused")
  func size() throws {
    let hub = try TestHub(Self.small) { request in
      request.path.hasSuffix("config.json") ? LoopbackServer.Response(body: [1, 2, 3]) : nil
    }
    defer { hub.server.stop() }
    #expect(message { _ = try hub.fetch() }.hasSuffix("config.json: expected 2 bytes, found 3"))
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

  @Test("a second process that fetches the same is waited for, and its download is used")
  func secondProcess() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    let blob = SHA256.hexadecimal(of: Self.weights)
    let lock = hub.folder.url.appending(path: "hub/.locks/models--org--name/\(blob).lock")
    let source = try hub.folder.write("weights", Self.weights)
    try FileManager.default.createDirectory(
      at: lock.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: hub.blobs, withIntermediateDirectories: true)
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    let script = "echo held; sleep 0.5; cp '\(source.path)' '\(hub.blobs.path)/\(blob)'"
    other.arguments = [lock.path, "sh", "-c", script]
    let output = Pipe()
    other.standardOutput = output
    try other.run()
    #expect(try output.fileHandleForReading.read(upToCount: 5) == Data("held\n".utf8))
    let snapshot = try hub.fetch()
    other.waitUntilExit()
    #expect(
      try [UInt8](Data(contentsOf: snapshot.appending(path: "model.safetensors"))) == Self.weights)
    #expect(hub.paths.dropFirst() == ["config.json", "tokenizer.json"])
  }

  @Test("no network is asked for when that is forbidden, nor for what cannot be used")
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
        + "pytorch_model.bin; only the safetensors format is read")
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
