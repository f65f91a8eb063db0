import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// A server that sends wrong, stalled or endless answers.
extension HubTests {
  typealias Response = LoopbackServer.Response

  /// A fetch with short limits.
  private func fetch(
    _ hub: TestHub, stall: Double = 30, bytesPerSecond: Double = 1, whole: Double? = nil,
    waitingPieces: Int = 1 << 14,
    report: @escaping @Sendable (HubProgress) -> Void = { _ in }
  ) throws -> URL {
    var user = try hub.hub()
    user.limits = TransferLimits(
      stall: stall, bytesPerSecond: bytesPerSecond, whole: whole, waitingPieces: waitingPieces)
    return try user.folder(of: ModelReference("org/name"), report: report)
  }

  func seconds(_ body: () throws -> Void) rethrows -> Double {
    let begin = ContinuousClock.now
    try body()
    return (ContinuousClock.now - begin) / .seconds(1)
  }

  @Test(
    "sizes that cannot be are refused",
    arguments: ["9223372036854775807", "-1", "1099511627777", "9223372036854775808", "1e30"])
  func sizes(size: String) throws {
    let hub = try TestHub(Self.small) { request in
      guard request.path.contains("/revision/") else { return nil }
      let text = TestHub.listing(Self.small)
        .replacing("\"size\": 2", with: "\"size\": \(size)")
      return Response(body: Array(text.utf8))
    }
    defer { hub.server.stop() }
    let message = message { _ = try hub.fetch() }
    #expect(message.contains("size") && message.contains("expected"), "\(message)")
    #expect(hub.paths.count == 1)
  }

  /// Bytes of a body that takes the server more than a minute to send: a client that is slow to
  /// leave, on a busy machine, still leaves it before its end.
  private static let endless = 1 << 34

  @Test("a body without end is left after the announced length")
  func endlessBody() throws {
    let hub = try TestHub(Self.small) { request in
      guard request.path.hasSuffix("config.json") else { return nil }
      return Response(
        body: [UInt8](repeating: 32, count: 1 << 16), fault: .endless(byteCount: Self.endless))
    }
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.fetch() }.hasSuffix(
        "config.json: expected 2 bytes as announced, found more"))
    let names = try FileManager.default.contentsOfDirectory(atPath: hub.blobs.path)
    for name in names {
      #expect(try Data(contentsOf: hub.blobs.appending(path: name)).count <= 2)
    }
    #expect(hub.server.endlessBytes < Self.endless)
  }

  @Test("a list of files without end is left, and so is a refusal")
  func endlessText() throws {
    let status = Mutex(200)
    let hub = try TestHub(Self.small) { _ in
      Response(
        status: status.withLock { $0 }, body: [UInt8](repeating: 32, count: 1 << 20),
        fault: .endless(byteCount: Self.endless))
    }
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.fetch() }.hasSuffix(
        "expected a list of files of at most 64 MiB, found more"))
    status.withLock { $0 = 404 }
    #expect(message { _ = try hub.fetch() }.hasSuffix("the hub has nothing there"))
    #expect(hub.server.endlessBytes < Self.endless)
  }

  @Test("a server that says nothing is given up after the stated time")
  func silence() throws {
    let hub = try TestHub(Self.small) { _ in Response(fault: .silence(seconds: 20)) }
    defer { hub.server.stop() }
    let time = seconds {
      #expect(message { _ = try fetch(hub, stall: 0.2) }.hasSuffix(": nothing came for 0.2 s"))
    }
    #expect(time < 10)
    #expect(hub.server.requests.count == Hub.attemptLimit)
  }

  @Test("what the hub is asked is said before it answers")
  func asked() throws {
    let lines = Mutex<[String]>([])
    let hub = try TestHub(Self.small) { _ in Response(fault: .silence(seconds: 20)) }
    defer { hub.server.stop() }
    var user = try hub.hub()
    user.limits = TransferLimits(stall: 0.2)
    user.say = { line in
      // No try has reached the server yet.
      if hub.server.requests.isEmpty { lines.withLock { $0.append(line) } }
    }
    #expect(throws: HubError.self) { try user.folder(of: ModelReference("org/name")) }
    #expect(lines.withLock { $0 } == ["asking 127.0.0.1 for org/name"])
  }

  @Test("a body that stalls is resumed where it stopped")
  func stalledBody() throws {
    let stalls = Mutex([200_000, 1000])
    let hub = try TestHub(Self.small) { request in
      guard request.path.hasSuffix(".safetensors") else { return nil }
      var response = TestHub.part(of: Self.weights, request)
      if let count = stalls.withLock({ $0.popLast() }) {
        response.cutAfter = count
        response.fault = .stall(seconds: 20)
      }
      return response
    }
    defer { hub.server.stop() }
    let snapshot = try fetch(hub, stall: 3)
    #expect(
      try [UInt8](Data(contentsOf: snapshot.appending(path: "model.safetensors"))) == Self.weights)
    #expect(
      hub.server.requests.compactMap { $0.headers["range"] } == ["bytes=1000-", "bytes=201000-"])
  }

  @Test("a body that drips is given up, and a list that drips too")
  func drip() throws {
    let name = Mutex("config.json")
    let files = Self.small.merging(["config.json": Array(repeating: 32, count: 4000)]) { $1 }
    let hub = try TestHub(files) { request in
      guard request.path.contains(name.withLock { $0 }) else { return nil }
      return Response(body: Array(repeating: 32, count: 4000), fault: .pieces(of: 1, seconds: 0.05))
    }
    defer { hub.server.stop() }
    let dripping = message { _ = try fetch(hub, stall: 1, bytesPerSecond: 1000) }
    #expect(dripping.contains("config.json: only "), "\(dripping)")
    name.withLock { $0 = "/revision/" }
    let late = message { _ = try fetch(hub, bytesPerSecond: 0, whole: 0.5) }
    #expect(late.hasSuffix(": the answer was not complete after 0.5 s"), "\(late)")
  }

  @Test("a body that comes faster than it is stored is taken in several requests")
  func fastBody() throws {
    let large = [UInt8](repeating: 7, count: 1 << 20)
    let hub = try TestHub(Self.small.merging(["model.safetensors": large]) { $1 }) { request in
      guard request.path.hasSuffix(".safetensors") else { return nil }
      var response = TestHub.part(of: large, request)
      response.fault = .pieces(of: 1 << 16, seconds: 0.05)
      return response
    }
    defer { hub.server.stop() }
    let snapshot = try fetch(hub, waitingPieces: 0) { _ in Thread.sleep(forTimeInterval: 0.05) }
    #expect(
      try Data(contentsOf: snapshot.appending(path: "model.safetensors")) == Data(large))
    #expect(hub.server.requests.contains { $0.headers["range"] != nil })
  }

  @Test("a small file with other contents than its blob id says is thrown away")
  func blobIdentifier() throws {
    let hub = try TestHub(Self.small) { request in
      request.path.hasSuffix("config.json") ? Response(body: Array("[]".utf8)) : nil
    }
    defer { hub.server.stop() }
    let announced = TestHub.blob("config.json", Array("{}".utf8))
    let found = TestHub.blob("config.json", Array("[]".utf8))
    #expect(
      message { _ = try hub.fetch() }
        == hub.server.address("/org/name/resolve/\(TestHub.commit)/config.json")
        + ": expected contents with git blob id \(announced), found \(found); "
        + "they were thrown away, so another try begins anew")
    #expect(try FileManager.default.contentsOfDirectory(atPath: hub.blobs.path).isEmpty)
  }

  @Test("a server's words come without control characters, in one line of bounded length")
  func words() throws {
    let words = "a\u{1B}[31mred\u{7}\u{9B}2J\u{202E}x" + String(repeating: "y", count: 1000)
    let escaped = words.replacing("\u{1B}", with: "\\u001b").replacing("\u{7}", with: "\\u0007")
    let json = #"{"error": "\#(escaped)"}"#
    let hub = try TestHub(Self.small) { _ in Response(status: 404, body: Array(json.utf8)) }
    defer { hub.server.stop() }
    let message = message { _ = try hub.fetch() }
    #expect(message.contains("(a[31mred2Jxyyy") && message.hasSuffix("yyy...)"), "\(message)")
    #expect(!message.unicodeScalars.contains { $0.isControl })
    #expect(message.count < 600)
  }

  @Test("a token goes over https, or to this machine, and is missed in words where it does not")
  func tokenOverPlainHTTP() throws {
    func token(_ endpoint: String) throws -> String? {
      try Hub(environment: ["HF_ENDPOINT": endpoint, "HF_TOKEN": "t"]).token.bearer
    }
    for endpoint in [
      "https://hub.example", "http://localhost:8080", "http://127.0.0.1", "http://127.1.2.3:1",
      "http://[::1]:80",
    ] {
      #expect(try token(endpoint) == "t", "\(endpoint)")
    }
    for endpoint in [
      "http://hub.example", "http://127.0.0.1.hub.example", "http://localhost.hub.example",
      "http://10.0.0.1", "http://127.hub.example",
    ] {
      #expect(try token(endpoint) == nil, "\(endpoint)")
    }
    let error = HubError.unauthorized(
      repository: "org/name", token: .withheld(endpoint: "http://hub.example"), message: "")
    #expect(
      "\(error)" == "org/name: the hub refuses access; the token was not sent, because HF_ENDPOINT "
        + "http://hub.example is not https")
  }

  @Test("redirections that lead in a circle end")
  func circle() throws {
    let hub = try TestHub(Self.small) { request in .redirect(to: request.path) }
    defer { hub.server.stop() }
    #expect(message { _ = try fetch(hub) } != "no error")
    #expect(hub.server.requests.count < 100)
  }
}
