/// Why a model of the hub cannot be had, in one line.
package enum HubError: Error, Equatable, Sendable {
  /// The text is neither a folder nor the name of a repository.
  case notAModel(String)
  /// The cache does not have the repository, and the network may not be used.
  case notCached(repository: String, cache: String, offline: Bool)
}

extension HubError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch self {
    case .notAModel(let text):
      "\(text): expected a model folder or org/name[@revision] of the hub, found no such folder"
    case .notCached(let repository, let cache, offline: true):
      "\(repository): not in the cache \(cache), and HF_HUB_OFFLINE forbids fetching it"
    case .notCached(let repository, let cache, offline: false):
      "\(repository): expected it in the cache \(cache), found no complete snapshot"
    }
  }
}
