import Foundation

/// The name of a model for other tools: what `from_pretrained` takes, and the revision and the GGUF
/// file beside it.
package struct ModelName: Sendable, Equatable {
  /// The whole path of a folder or a GGUF file, or the identifier of a repository: `org/name`.
  package let identifier: String

  /// The branch, tag or commit of a repository; nil for a folder, and for a repository's `main`.
  package let revision: String?

  /// The path of the GGUF file inside the repository; nil for its safetensors files, and where
  /// ``identifier`` is the path of a file.
  package let file: String?

  /// A name with its parts.
  package init(_ identifier: String, revision: String? = nil, file: String? = nil) {
    self.identifier = identifier
    self.revision = revision
    self.file = file
  }

  /// The name of what a user wrote behind `--model`.
  ///
  /// - Parameters:
  ///   - text: what was written.
  ///   - folder: the model that it led to.
  /// - Throws: when that is neither a folder nor a name of the hub.
  package init(parsing text: String, of folder: ModelFolder) throws(HubError) {
    switch try ModelReference(text) {
    case .folder(let url, _):
      self.init((folder.gguf == nil ? url : folder.url).standardizedFileURL.path)
    case .repository(let repository, _):
      self.init(
        repository.identifier, revision: repository.revision == "main" ? nil : repository.revision,
        file: folder.ggufName)
    }
  }

  /// The path of the GGUF file; nil for other models.
  package var gguf: String? {
    file ?? (identifier.lowercased().hasSuffix(".gguf") ? identifier : nil)
  }

  /// The text that names the model for a user: `org/name@v1:name-Q4_K_M.gguf`.
  package var reference: String {
    identifier + (revision.map { "@\($0)" } ?? "") + (file.map { ":\($0)" } ?? "")
  }
}
