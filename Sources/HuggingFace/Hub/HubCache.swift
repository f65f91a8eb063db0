import Foundation
import JSON

/// The hub's cache on this machine, in the layout that all tools of the hub share:
///
///     models--org--name/refs/main                          the commit of a branch or tag
///     models--org--name/snapshots/COMMIT/config.json       links to
///     models--org--name/blobs/ETAG                         the contents
///     models--org--name/.no_exist/COMMIT/NAME              empty: the commit has no such file
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
    let cache =
      Self.path("HF_HUB_CACHE", environment) ?? Self.path("HUGGINGFACE_HUB_CACHE", environment)
    folder =
      cache.map { URL(fileURLWithPath: $0) } ?? Self.home(environment).appending(path: "hub")
  }

  /// The folder of everything that the hub's tools keep: `HF_HOME`, else `huggingface` in
  /// `XDG_CACHE_HOME` or in `~/.cache`.
  static func home(_ environment: [String: String]) -> URL {
    if let home = path("HF_HOME", environment) { return URL(fileURLWithPath: home) }
    let base = path("XDG_CACHE_HOME", environment) ?? "\(userHome(environment))/.cache"
    return URL(fileURLWithPath: base).appending(path: "huggingface")
  }

  private static func path(_ name: String, _ environment: [String: String]) -> String? {
    guard let value = environment[name], !value.isEmpty else { return nil }
    let isBelowHome = value == "~" || value.hasPrefix("~/")
    return isBelowHome ? userHome(environment) + value.dropFirst() : value
  }

  private static func userHome(_ environment: [String: String]) -> String {
    environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
  }

  /// The folder of a repository, whether or not it exists.
  package func folder(of repository: HubRepository) -> URL {
    folder.appending(path: repository.folderName)
  }

  /// The snapshot of a repository's revision, or nil where the cache has none that can be used: for
  /// a model one with `config.json` and all of its safetensors files, or with the GGUF file that is
  /// meant and all of its shards, for a tokenizer any.
  package func snapshot(
    of repository: HubRepository, for contents: HubContents = .model,
    choosing choice: GGUFChoice = GGUFChoice(nil)
  ) -> URL? {
    guard let commit = commit(of: repository) else { return nil }
    let snapshot = folder(of: repository).appending(path: "snapshots/\(commit)")
    let names = GGUFChoice.names(in: snapshot)
    if choice.isMeant(among: names) {
      guard let file = try? choice.file(among: names, of: snapshot.path),
        GGUFChoice.shards(of: file).allSatisfy(Set(names).contains)
      else { return nil }
      return snapshot
    }
    let isUsable =
      switch contents {
      case .model: Self.hasWeights(snapshot)
      case .tokenizer: FileManager.default.fileExists(atPath: snapshot.path)
      }
    return isUsable ? snapshot : nil
  }

  /// The small files of which nobody has asked the hub yet whether the repository has them: those
  /// that are neither in the snapshot nor noted as absent from the commit. A commit never changes,
  /// so a snapshot without such files is complete, and no request can bring more.
  func unknownFiles(
    of repository: HubRepository, at commit: String, for contents: HubContents
  ) -> [String] {
    let folder = folder(of: repository)
    return contents.wanted.filter { name in
      !["snapshots", ".no_exist"].contains { subfolder in
        FileManager.default.fileExists(
          atPath: folder.appending(path: "\(subfolder)/\(commit)/\(name)").path)
      }
    }
  }

  /// Notes that a commit has no files of these names, as the other tools of the hub do. A cache
  /// that cannot be written stays as it is: then the hub is asked again.
  func note(_ names: [String], absentFrom repository: HubRepository, at commit: String) {
    let folder = folder(of: repository).appending(path: ".no_exist/\(commit)")
    for name in names {
      try? Hub.write("", to: folder.appending(path: name))
    }
  }

  /// The commit of a revision, as far as the cache knows.
  package func commit(of repository: HubRepository) -> String? {
    if repository.isCommit { return repository.revision }
    let reference = folder(of: repository).appending(path: "refs/\(repository.revision)")
    guard let text = try? String(contentsOf: reference, encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return commit.isEmpty || commit.contains("/") || commit.hasPrefix(".") ? nil : commit
  }

  /// Whether a folder has a configuration and every file of its weights, so that an interrupted
  /// download is not taken for a model.
  static func hasWeights(_ snapshot: URL) -> Bool {
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: snapshot.appending(path: name).path)
    }
    guard has("config.json") else { return false }
    if has(Checkpoint.singleName) { return true }
    guard let index = try? JSONNode(contentsOf: snapshot.appending(path: Checkpoint.indexName)),
      let shards = try? Checkpoint.shards(listedIn: index)
    else { return false }
    return shards.allSatisfy { has($0.shard) }
  }
}
