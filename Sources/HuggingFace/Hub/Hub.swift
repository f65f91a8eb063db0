import Foundation
import Safetensors

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The hub of models: its cache on this machine first, and the network where that is not enough.
package struct Hub: Sendable {
  /// The cache on this machine.
  package let cache: HubCache

  private let endpoint: URL
  private let token: String?
  private let isOffline: Bool

  /// The seconds before the second try of a transfer; every further one waits twice as long.
  var retryDelay = 1.0

  /// How many tries in a row may bring nothing new.
  private static let attemptLimit = 5

  /// The hub that the environment names: `HF_ENDPOINT`, `HF_TOKEN` (else the file `HF_TOKEN_PATH`,
  /// else `token` in `HF_HOME`), `HF_HUB_OFFLINE` and the variables of
  /// ``HubCache/init(environment:)``.
  package init(environment: [String: String]) throws(HubError) {
    let text = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
    let address = text ?? "https://huggingface.co"
    guard let url = URL(string: address), url.scheme == "https" || url.scheme == "http",
      url.host != nil
    else { throw .badEndpoint(address) }
    endpoint = url
    cache = HubCache(environment: environment)
    token = Self.token(environment)
    let offline = environment["HF_HUB_OFFLINE"]?.uppercased() ?? ""
    isOffline = ["1", "TRUE", "YES", "ON"].contains(offline)
  }

  /// The folder of a model: the folder itself, or a snapshot in the cache, fetched where the cache
  /// has no complete one.
  ///
  /// - Parameters:
  ///   - reference: what the user names.
  ///   - report: is told how far a download is, from another thread.
  package func folder(
    of reference: ModelReference, report: @escaping @Sendable (HubProgress) -> Void = { _ in }
  ) throws(HubError) -> URL {
    switch reference {
    case .folder(let url): return url
    case .repository(let repository):
      if let snapshot = cache.snapshot(of: repository) { return snapshot }
      if isOffline {
        throw .offline(repository: repository.description, cache: cache.folder.path)
      }
      return try fetch(repository, report)
    }
  }

  private static func token(_ environment: [String: String]) -> String? {
    if let token = environment["HF_TOKEN"], !token.isEmpty { return token }
    let file =
      environment["HF_TOKEN_PATH"].map { URL(fileURLWithPath: $0) }
      ?? HubCache.home(environment).appending(path: "token")
    let text = try? String(contentsOf: file, encoding: .utf8)
    let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return token.isEmpty ? nil : token
  }

  private func fetch(
    _ repository: HubRepository, _ report: @escaping @Sendable (HubProgress) -> Void
  ) throws(HubError) -> URL {
    let listing = try listing(of: repository)
    let files = try Self.firstFiles(of: listing, repository)
    let folder = cache.folder(of: repository)
    let snapshot = folder.appending(path: "snapshots/\(listing.commit)")
    var download = HubDownload(
      hub: self, repository: repository, commit: listing.commit, report: report)
    try download.fetch(files)
    if files.contains(where: { $0.name == Checkpoint.indexName }) {
      try download.fetch(try Self.shards(in: snapshot, listing, repository))
    }
    if !repository.isCommit {
      try Self.write(listing.commit, to: folder.appending(path: "refs/\(repository.revision)"))
    }
    return snapshot
  }

  /// The files that every run needs, as far as the repository has them: all but the shards.
  private static func firstFiles(
    of listing: HubListing, _ repository: HubRepository
  ) throws(HubError) -> [HubListing.File] {
    let names = [
      "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
      "special_tokens_map.json", "chat_template.jinja",
    ]
    guard listing.files["config.json"] != nil else {
      throw .missingFile(repository: repository.description, name: "config.json")
    }
    let weights =
      listing.files[Checkpoint.singleName] ?? listing.files[Checkpoint.indexName]
    guard let weights else {
      let other = Checkpoint.otherFormat(among: Array(listing.files.keys))
      throw .noSafetensors(repository: repository.description, other: other)
    }
    return names.compactMap { listing.files[$0] } + [weights]
  }

  /// The shards that the list in a snapshot names.
  private static func shards(
    in snapshot: URL, _ listing: HubListing, _ repository: HubRepository
  ) throws(HubError) -> [HubListing.File] {
    let names: Set<String>
    do {
      let index = try JSONValue(contentsOf: snapshot.appending(path: Checkpoint.indexName))
      names = Set(try Checkpoint.shards(listedIn: index).map(\.shard))
    } catch {
      throw .listing(error)
    }
    var shards: [HubListing.File] = []
    for name in names.sorted() {
      guard let file = listing.files[name] else {
        throw .missingFile(repository: repository.description, name: name)
      }
      shards.append(file)
    }
    return shards
  }

  private func listing(of repository: HubRepository) throws(HubError) -> HubListing {
    let url = address("api/models/\(repository.identifier)/revision", last: repository.revision)
      .appending(queryItems: [URLQueryItem(name: "blobs", value: "true")])
    let sink = try attempt(url) { () throws -> HubTextSink in
      let (response, sink) = try HubTransfer.get(url, token: token, into: HubTextSink())
      try check(response, sink, url, repository)
      return sink
    }
    do {
      return try HubListing(JSONValue(parsing: sink.bytes, file: url.absoluteString))
    } catch {
      throw .listing(error)
    }
  }
}

extension Hub {
  /// The address of a file at a commit.
  func address(of name: String, in repository: HubRepository, at commit: String) -> URL {
    address("\(repository.identifier)/resolve/\(commit)/\(name)", last: nil)
  }

  /// An address below the endpoint. A revision may hold `/`, which then is escaped.
  private func address(_ path: String, last: String?) -> URL {
    let url = endpoint.appending(path: path)
    guard let last else { return url }
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    let escaped = last.addingPercentEncoding(withAllowedCharacters: allowed) ?? last
    return URL(string: "\(url.absoluteString)/\(escaped)") ?? url
  }

  /// One try of getting a file, from its last byte that is here.
  func get(
    _ url: URL, _ repository: HubRepository, into sink: HubFileSink
  ) throws -> HubFileSink {
    let (response, result) = try HubTransfer.get(
      url, from: sink.byteCount, token: token, into: sink)
    if response.statusCode == 416 { return result }
    try check(response, result.refusal, url, repository)
    return result
  }

  /// Throws what the hub refused for good; a passing failure leads to another try.
  private func check(
    _ response: HTTPURLResponse, _ text: HubTextSink, _ url: URL, _ repository: HubRepository
  ) throws {
    let header = response.value(forHTTPHeaderField: "X-Error-Message")
    let message = header ?? Self.message(in: text.bytes)
    switch response.statusCode {
    case 200, 206: return
    case 401, 403:
      throw HubError.unauthorized(
        repository: repository.description, hasToken: token != nil, message: message)
    case 404, 410: throw HubError.notFound(url: url.absoluteString, message: message)
    case let status where status == 408 || status == 429 || status >= 500:
      throw PassingFailure(reason: "the hub answers with status \(status)")
    case let status:
      throw HubError.refused(url: url.absoluteString, status: status, message: message)
    }
  }

  /// What the hub says of a refusal, in one line.
  private static func message(in bytes: [UInt8]) -> String {
    guard let json = try? JSON(parsing: bytes), case .object(let object) = json,
      case .string(let message)? = object["error"]
    else { return "" }
    return message.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Tries until it works, a failure is for good, or several tries in a row brought nothing new.
  ///
  /// - Parameter progress: says how much has come so far.
  func attempt<Value>(
    _ url: URL, measuring progress: () -> Int = { 0 }, _ body: () throws -> Value
  ) throws(HubError) -> Value {
    var delay = retryDelay
    var failures = 0
    var reached = progress()
    while true {
      let reason: String
      do {
        return try body()
      } catch let error as HubError {
        throw error
      } catch let error as FileError {
        throw .file(error)
      } catch let error as PassingFailure {
        reason = error.reason
      } catch {
        reason = Self.reason(of: error)
      }
      if progress() > reached {
        reached = progress()
        failures = 0
        delay = retryDelay
      }
      failures += 1
      if failures == Self.attemptLimit {
        throw .unreachable(url: url.absoluteString, reason: reason)
      }
      Thread.sleep(forTimeInterval: delay)
      delay *= 2
    }
  }

  /// An error of the network in one line.
  private static func reason(of error: any Error) -> String {
    (error as? URLError)?.localizedDescription ?? "\(error)"
  }

  /// Writes a small file of the cache, with the folders on its way.
  static func write(_ text: String, to url: URL) throws(HubError) {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try AtomicFile.replaceContents(of: url, with: Array(text.utf8))
    } catch let error as FileError {
      throw .file(error)
    } catch {
      throw .file(FileError(path: url.path, action: "make its folder", reason: "\(error)"))
    }
  }
}

/// A failure that another try may mend.
struct PassingFailure: Error {
  let reason: String
}
