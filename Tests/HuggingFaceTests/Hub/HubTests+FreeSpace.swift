import Foundation
import TestSupport
import Testing

@testable import HuggingFace

/// The disk space of a download.
extension HubTests {
  @Test("a download that is larger than the free space is refused before it starts")
  func tooLittleFreeSpace() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    func fetch(free: Int?) throws {
      var client = try hub.hub()
      client.freeBytes = { _ in free }
      _ = try client.folder(of: ModelReference("org/name"))
    }
    let cache = hub.folder.url.appending(path: "hub").path
    #expect(
      message { try fetch(free: Self.weights.count) }
        == "\(cache): expected room for the 0.3 MiB that are to be fetched, found 0.2 MiB free; "
        + "HF_HUB_CACHE names a cache elsewhere")
    #expect(hub.paths.count == 1)
    // Bytes of an earlier try are not downloaded again.
    let blob = TestHub.blob("model.safetensors", Self.weights)
    try hub.folder.write(
      "hub/models--org--name/blobs/\(blob).incomplete", Array(Self.weights.prefix(5)))
    #expect(message { try fetch(free: Self.weights.count - 1) } != "no error")
    #expect(message { try fetch(free: Self.weights.count + 5) } == "no error")
    // Everything is here.
    #expect(message { try fetch(free: 0) } == "no error")
  }

  @Test("where the free space is unknown, nothing is refused")
  func unknownFreeSpace() throws {
    let hub = try TestHub(Self.small)
    defer { hub.server.stop() }
    var client = try hub.hub()
    client.freeBytes = { _ in nil }
    _ = try client.folder(of: ModelReference("org/name"))
    #expect(hub.paths.count == 4)
  }

  @Test("the free bytes of a folder that is still to be made are those of the one around it")
  func freeBytes() throws {
    let folder = try TemporaryFolder()
    let inner = folder.url.appending(path: "a/b/c")
    #expect(try #require(FileManager.default.freeBytes(at: inner)) > 0)
  }
}
