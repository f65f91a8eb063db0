/// A model as other tools are told of it: what `from_pretrained` takes, and the revision beside it.
package struct ModelName: Sendable, Equatable {
  /// The whole path of a folder, or the identifier of a repository: `org/name`.
  package let identifier: String

  /// The branch, tag or commit of a repository; nil for a folder, and for a repository's `main`.
  package let revision: String?

  /// A name with its parts.
  package init(_ identifier: String, revision: String? = nil) {
    self.identifier = identifier
    self.revision = revision
  }

  /// The name of what a user wrote behind `--model`.
  ///
  /// - Throws: when that is neither a folder nor a name of the hub.
  package init(parsing text: String) throws(HubError) {
    switch try ModelReference(text) {
    case .folder(let url, _): self.init(url.standardizedFileURL.path)
    case .repository(let repository, _):
      self.init(
        repository.identifier, revision: repository.revision == "main" ? nil : repository.revision)
    }
  }
}
