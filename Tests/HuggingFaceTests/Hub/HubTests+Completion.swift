import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// Snapshots that lack small files, and tokenizers without weights.
extension HubTests {
  private static let chat: [String: [UInt8]] = small.merging([
    "tokenizer_config.json": Array("{  }".utf8), "chat_template.jinja": Array("{{ 1 }}".utf8),
  ]) { $1 }

  /// A hub whose cache has only the files of `AutoModel.from_pretrained`.
  private func hubWithModelAlone(
    answer: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Response? = { _ in nil }
  ) throws -> TestHub {
    let hub = try TestHub(Self.chat, answer: answer)
    let base = "hub/models--org--name"
    try hub.folder.write("\(base)/refs/main", TestHub.commit)
    for name in ["config.json", "model.safetensors"] {
      // Files instead of links, as in a copied cache.
      try hub.folder.write("\(base)/snapshots/\(TestHub.commit)/\(name)", Self.chat[name] ?? [])
    }
    try hub.folder.write("\(base)/.no_exist/\(TestHub.commit)/generation_config.json", "")
    return hub
  }

  private static let listing = "/api/models/org/name/revision/\(TestHub.commit)?blobs=true"

  @Test("a model without its tokenizer is completed by one list and the small files, once")
  func completion() throws {
    let hub = try hubWithModelAlone()
    defer { hub.server.stop() }
    let snapshot = try hub.fetch()
    #expect(
      hub.paths == [
        Self.listing, "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
      ])
    for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
      #expect(
        try [UInt8](Data(contentsOf: snapshot.appending(path: name))) == Self.chat[name], "\(name)")
    }
    // A file that the repository lacks is recorded, and not requested again.
    let absent = hub.folder.url.appending(
      path: "hub/models--org--name/.no_exist/\(TestHub.commit)/special_tokens_map.json")
    #expect(try Data(contentsOf: absent).isEmpty)
    #expect(try hub.fetch() == snapshot)
    #expect(try hub.fetch(["HF_HUB_OFFLINE": "1"]) == snapshot)
    #expect(hub.paths.count == 4)
  }

  @Test("offline, and where the hub does not answer, the cached files are used")
  func incompleteButUsable() throws {
    let status = Mutex(503)
    let hub = try hubWithModelAlone { _ in
      LoopbackServer.Response(status: status.withLock { $0 })
    }
    defer { hub.server.stop() }
    let snapshot = try hub.fetch(["HF_HUB_OFFLINE": "1"])
    #expect(hub.server.requests.isEmpty)
    let warnings = Mutex<[String]>([])
    func warn(_ text: String) { warnings.withLock { $0.append(text) } }
    let reference = try ModelReference("org/name")
    #expect(try hub.hub().folder(of: reference, warn: warn) == snapshot)
    #expect(hub.server.requests.count == 1)
    #expect(
      warnings.withLock { $0 } == [
        "org/name: the cache lacks tokenizer.json, tokenizer_config.json, special_tokens_map.json, "
          + "added_tokens.json, chat_template.jinja, and cannot be completed: \(hub.server.address(Self.listing)): the "
          + "hub answers with status 503; what it has is used, as with HF_HUB_OFFLINE=1"
      ])
    // A hub that no longer has the repository causes no error either.
    status.withLock { $0 = 404 }
    #expect(try hub.hub().folder(of: reference, warn: warn) == snapshot)
    #expect(warnings.withLock { $0.count } == 2)
  }

  @Test("a small file that the repository has and that does not come is an error")
  func brokenCompletion() throws {
    let hub = try hubWithModelAlone { request in
      request.path.hasSuffix("tokenizer.json") ? LoopbackServer.Response(body: [1]) : nil
    }
    defer { hub.server.stop() }
    #expect(message { _ = try hub.fetch() }.hasPrefix(hub.server.address("/org/name/resolve/")))
  }

  @Test("a tokenizer comes without weights, and the weights come when a model is requested")
  func tokenizer() throws {
    let hub = try TestHub(Self.chat)
    defer { hub.server.stop() }
    let reference = try ModelReference("org/name")
    #expect(
      message {
        _ = try hub.hub(["HF_HUB_OFFLINE": "1"]).folder(of: reference, for: .tokenizer)
      }.hasPrefix("org/name: not in the cache"))
    let snapshot = try hub.hub().folder(of: reference, for: .tokenizer)
    #expect(
      hub.paths.dropFirst() == [
        "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja",
      ])
    #expect(try hub.hub().folder(of: reference, for: .tokenizer) == snapshot)
    #expect(hub.paths.count == 5)
    #expect(try hub.fetch() == snapshot)
    #expect(
      hub.paths.dropFirst(5)
        == ["/api/models/org/name/revision/main?blobs=true", "model.safetensors"])
  }

  @Test("a tokenizer is added to a model that has none")
  func tokenizerOfModel() throws {
    let hub = try hubWithModelAlone()
    defer { hub.server.stop() }
    _ = try hub.hub().folder(of: ModelReference("org/name"), for: .tokenizer)
    #expect(hub.paths == [Self.listing, "tokenizer.json", "tokenizer_config.json"])
  }

  @Test("a repository without a tokenizer is named")
  func noTokenizer() throws {
    let hub = try TestHub(Self.small.filter { $0.key != "tokenizer.json" })
    defer { hub.server.stop() }
    #expect(
      message { _ = try hub.hub().folder(of: ModelReference("org/name"), for: .tokenizer) }
        == "org/name: expected tokenizer.json, found no such file")
  }
}
