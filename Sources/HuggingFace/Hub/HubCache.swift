import Foundation

/// The hub's cache on this machine, in the layout that all tools of the hub share:
///
///     models--org--name/refs/main                          the commit of a branch or tag
///     models--org--name/snapshots/COMMIT/config.json       links to
///     models--org--name/blobs/ETAG                         the contents
package struct HubCache: Sendable {
  /// The folder of all repositories.
  package let folder: URL

  /// A cache in a folder, which need not exist.
  package init(folder: URL) {
    self.folder = folder
  }

  /// The cache that the environment names: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in
  /// `XDG_CACHE_HOME/huggingface` or `~/.cache/huggingface`.
  package init(environment: [String: String]) {
    let home = environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
    func path(_ name: String) -> String? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      return value == "~" || value.hasPrefix("~/") ? home + value.dropFirst() : value
    }
    if let cache = path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") {
      folder = URL(fileURLWithPath: cache)
    } else if let base = path("HF_HOME") {
      folder = URL(fileURLWithPath: base).appending(path: "hub")
    } else {
      let base = path("XDG_CACHE_HOME") ?? "\(home)/.cache"
      folder = URL(fileURLWithPath: base).appending(path: "huggingface/hub")
    }
  }

  /// The folder of a repository, whether or not it exists.
  package func folder(of repository: HubRepository) -> URL {
    folder.appending(path: repository.folderName)
  }

  /// The snapshot of a repository's revision, or nil where the cache has none that can be used: one
  /// with `config.json` and all of its safetensors files.
  package func snapshot(of repository: HubRepository) -> URL? {
    guard let commit = commit(of: repository) else { return nil }
    let snapshot = folder(of: repository).appending(path: "snapshots/\(commit)")
    return Self.isComplete(snapshot) ? snapshot : nil
  }

  /// The commit that a revision stands for, as far as the cache knows.
  package func commit(of repository: HubRepository) -> String? {
    if repository.isCommit { return repository.revision }
    let reference = folder(of: repository).appending(path: "refs/\(repository.revision)")
    guard let text = try? String(contentsOf: reference, encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return commit.isEmpty || commit.contains("/") || commit.hasPrefix(".") ? nil : commit
  }

  /// Whether a folder has a configuration and every file of its weights, so that an interrupted
  /// download is not taken for a model.
  static func isComplete(_ snapshot: URL) -> Bool {
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: snapshot.appending(path: name).path)
    }
    guard has("config.json") else { return false }
    if has(Checkpoint.singleName) { return true }
    guard let index = try? JSONValue(contentsOf: snapshot.appending(path: Checkpoint.indexName)),
      let shards = try? Checkpoint.shards(listedIn: index)
    else { return false }
    return shards.allSatisfy { has($0.shard) }
  }
}
