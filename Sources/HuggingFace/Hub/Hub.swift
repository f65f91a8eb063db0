import Foundation
import JSON

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The hub of models: its cache on this machine first, and the network where that is not enough.
package struct Hub: Sendable {
  /// The cache on this machine.
  package let cache: HubCache

  let endpoint: URL
  let token: HubToken
  private let isOffline: Bool

  /// Called with one line before a wait, which says why nothing happens for a while.
  package var say: @Sendable (String) -> Void = { _ in }

  /// The seconds before the second try of a transfer; every further one waits twice as long.
  var retryDelay = 1.0

  /// The bytes that the file system of a folder has left for this user; nil where it does not say.
  var freeBytes: @Sendable (URL) -> Int? = { FileManager.default.freeBytes(at: $0) }

  /// How slow a transfer may be.
  var limits = TransferLimits()

  /// The longest wait, in seconds, that a hub may request (`Retry-After`).
  static let longestWait = 300.0

  /// A try that brought fewer bytes counts as one that brought nothing.
  static let worthwhileBytes = 1 << 16

  /// How many tries in a row may bring nothing new.
  static let attemptLimit = 5

  /// The hub that the environment names: `HF_ENDPOINT`, `HF_TOKEN` (else the file `HF_TOKEN_PATH`,
  /// else `token` in `HF_HOME`), `HF_HUB_OFFLINE` and the variables of
  /// ``HubCache/init(environment:)``.
  ///
  /// - Throws: where `HF_ENDPOINT` is no address.
  package init(environment: [String: String]) throws(HubError) {
    let text = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 }
    let address = text ?? "https://huggingface.co"
    guard let url = URL(string: address), url.scheme == "https" || url.scheme == "http",
      url.host != nil
    else { throw .badEndpoint(address) }
    endpoint = url
    cache = HubCache(environment: environment)
    token = HubToken(Self.token(environment), for: url)
    let offline = environment["HF_HUB_OFFLINE"]?.uppercased() ?? ""
    isOffline = ["1", "TRUE", "YES", "ON"].contains(offline)
  }

  /// The folder of a model: the folder itself, or a snapshot in the cache, fetched where the cache
  /// has none, and completed where it may lack small files.
  ///
  /// A snapshot of which the cache knows everything needs no request: see
  /// `HubCache.unknownFiles(of:at:for:)`. A branch stays at the commit that the cache has.
  ///
  /// - Parameters:
  ///   - reference: what the user names.
  ///   - contents: which files are needed.
  ///   - report: called with the progress of a download, from another thread.
  ///   - warn: called with one line where a snapshot could not be completed.
  package func folder(
    of reference: ModelReference, for contents: HubContents = .model,
    report: @escaping @Sendable (HubProgress) -> Void = { _ in },
    warn: (String) -> Void = { _ in }
  ) throws(HubError) -> URL {
    switch reference {
    case .folder(let url, _): return url
    case .repository(let repository, let choice):
      guard let commit = cache.commit(of: repository),
        let snapshot = cache.snapshot(of: repository, for: contents, choosing: choice)
      else {
        if isOffline {
          throw .offline(repository: repository.description, cache: cache.folder.path)
        }
        return try fetch(repository, contents, choice, report)
      }
      // A GGUF file has all in it.
      if choice.isMeant(among: GGUFChoice.names(in: snapshot)) { return snapshot }
      let unknown = cache.unknownFiles(of: repository, at: commit, for: contents)
      if !unknown.isEmpty && !isOffline {
        try complete(repository, at: commit, with: unknown, report, warn: warn)
      }
      return snapshot
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
    _ repository: HubRepository, _ contents: HubContents, _ choice: GGUFChoice,
    _ report: @escaping @Sendable (HubProgress) -> Void
  ) throws(HubError) -> URL {
    sayAsked(for: repository)
    let listing = try listing(of: repository)
    let files = try Self.firstFiles(of: listing, repository, contents, choice)
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
    cache.note(
      HubContents.smallFiles.filter { listing.files[$0] == nil }, absentFrom: repository,
      at: listing.commit)
    return snapshot
  }

  /// The files that a command needs, as far as the repository has them: all but the shards of
  /// safetensors files.
  private static func firstFiles(
    of listing: HubListing, _ repository: HubRepository, _ contents: HubContents,
    _ choice: GGUFChoice
  ) throws(HubError) -> [HubListing.File] {
    let hasTokenizer = listing.files["tokenizer.json"] != nil
    if choice.isMeant(among: listing.files.keys),
      choice.words != nil || contents == .model || !hasTokenizer
    {
      return try ggufFiles(of: listing, repository, choice)
    }
    let small = HubContents.smallFiles.compactMap { listing.files[$0] }
    if contents == .tokenizer {
      guard listing.files["tokenizer.json"] != nil else {
        throw .missingFile(
          repository: repository.description, name: "tokenizer.json",
          found: ModelFiles(listing.files.keys).insteadOfTokenizer())
      }
      return small
    }
    guard listing.files["config.json"] != nil else {
      throw .missingFile(
        repository: repository.description, name: "config.json",
        found: ModelFiles(listing.files.keys).insteadOfConfiguration())
    }
    let weights =
      listing.files[Checkpoint.singleName] ?? listing.files[Checkpoint.indexName]
    guard let weights else {
      throw .noSafetensors(
        repository: repository.description,
        found: ModelFiles(listing.files.keys).insteadOfWeights())
    }
    return small + [weights]
  }

  /// The GGUF file that is meant, with its other shards.
  private static func ggufFiles(
    of listing: HubListing, _ repository: HubRepository, _ choice: GGUFChoice
  ) throws(HubError) -> [HubListing.File] {
    let chosen: String
    do {
      chosen = try choice.file(among: listing.files.keys, of: repository.description)
    } catch { throw .ggufChoice(error) }
    var files: [HubListing.File] = []
    for name in GGUFChoice.shards(of: chosen) {
      guard let file = listing.files[name] else {
        throw .missingFile(
          repository: repository.description, name: name, found: "no such file")
      }
      files.append(file)
    }
    return files
  }

  /// The shards that the list in a snapshot names.
  private static func shards(
    in snapshot: URL, _ listing: HubListing, _ repository: HubRepository
  ) throws(HubError) -> [HubListing.File] {
    let names: Set<String>
    do {
      let index = try JSONNode(contentsOf: snapshot.appending(path: Checkpoint.indexName))
      names = Set(try Checkpoint.shards(listedIn: index).map(\.shard))
    } catch {
      throw .listing(error)
    }
    var shards: [HubListing.File] = []
    for name in names.sorted() {
      guard let file = listing.files[name] else {
        throw .missingFile(
          repository: repository.description, name: name, found: "no such file")
      }
      shards.append(file)
    }
    return shards
  }
}
