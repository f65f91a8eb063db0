import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFace

/// A hub on the loopback interface with one repository, `org/name`.
struct TestHub {
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
    var hash = ContentHash(
      isLarge(name) ? .sha256 : .gitBlob(isSHA256: false), byteCount: contents.count)
    hash.update(contents.span)
    return hash.finish()
  }

  static func isLarge(_ name: String) -> Bool {
    name.hasSuffix(".safetensors") || name.hasSuffix(".gguf")
  }

  static func answer(
    _ request: LoopbackServer.Request, _ files: [String: [UInt8]]
  ) -> LoopbackServer.Response {
    let api = "/api/models/org/name/revision/"
    if ["main", commit].contains(where: { request.path.hasPrefix("\(api)\($0)?") }) {
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

  /// The contents, or the part in the header `Range`.
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
    _ variables: [String: String] = [:], of name: String = "org/name",
    for contents: HubContents = .model,
    report: @escaping @Sendable (HubProgress) -> Void = { _ in }
  ) throws -> URL {
    try hub(variables).folder(of: ModelReference(name), for: contents, report: report)
  }

  /// The requested paths, without their common beginning.
  var paths: [String] {
    server.requests.map { $0.path.replacing("/org/name/resolve/\(Self.commit)/", with: "") }
  }

  var blobs: URL { folder.url.appending(path: "hub/models--org--name/blobs") }
}
