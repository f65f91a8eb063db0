import HuggingFace
import JSON

extension ModelName {
  /// The arguments of `from_pretrained` that load this model, as Python writes them:
  /// `"org/name", revision="v1"`.
  package var pythonArguments: String {
    // JSON's escapes are Python's too.
    let name = JSON.string(identifier).text()
    return revision.map { "\(name), revision=\(JSON.string($0).text())" } ?? name
  }
}
