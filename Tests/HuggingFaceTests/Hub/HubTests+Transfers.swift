import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// Errors during a transfer.
extension HubTests {
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

  @Test(
    "a connection that breaks always is given up, and the received bytes are kept for the next run")
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

  @Test("contents that differ from the announced ones are deleted")
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
    #expect(
      message { _ = try hub.fetch() }.hasSuffix(
        "config.json: expected 2 bytes as announced, found more"))
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
}
