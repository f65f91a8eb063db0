import Foundation

/// Small files that a snapshot lacks.
extension Hub {
  /// Fetches the small files that a repository has and its snapshot lacks: a snapshot of another
  /// tool holds the files that this tool requested, for example a model without its tokenizer. The
  /// weights stay as they are, and so does the commit.
  ///
  /// Where the hub cannot be reached or the cache cannot be written, the snapshot is used as it is.
  ///
  /// - Parameters:
  ///   - names: of files whose absence the cache does not explain.
  ///   - warn: called with the reason why they could not be fetched.
  /// - Throws: when the repository has one of them and it does not come.
  func complete(
    _ repository: HubRepository, at commit: String, with names: [String],
    _ report: @escaping @Sendable (HubProgress) -> Void, warn: (String) -> Void
  ) throws(HubError) {
    func doWithout(_ error: HubError) {
      warn(
        "\(repository): the cache lacks \(names.joined(separator: ", ")), and cannot be completed: "
          + "\(error); what it has is used, as with HF_HUB_OFFLINE=1")
    }
    sayAsked(for: repository)
    let listing: HubListing
    do {
      listing = try self.listing(of: repository.at(commit), tries: 1, stall: 10)
    } catch {
      doWithout(error)
      return
    }
    var download = HubDownload(hub: self, repository: repository, commit: commit, report: report)
    do {
      try download.fetch(names.compactMap { listing.files[$0] })
    } catch {
      switch error {
      case .file, .insufficientSpace: doWithout(error)
      default: throw error
      }
    }
    cache.note(names.filter { listing.files[$0] == nil }, absentFrom: repository, at: commit)
  }
}
