import HuggingFace
import JSON

extension ModelName {
  /// The arguments of `from_pretrained` that load this model, as Python writes them:
  /// `"org/name", revision="v1"`, and of a GGUF file `"folder", gguf_file="name.gguf"`.
  package var pythonArguments: String {
    if identifier.lowercased().hasSuffix(".gguf"), let slash = identifier.lastIndex(of: "/") {
      let file = String(identifier[identifier.index(after: slash)...])
      return "\(Self.quoted(String(identifier[..<slash]))), gguf_file=\(Self.quoted(file))"
    }
    let name = Self.quoted(identifier)
    return revision.map { "\(name), revision=\(Self.quoted($0))" } ?? name
  }

  /// JSON's escapes are Python's too.
  private static func quoted(_ text: String) -> String { JSON.string(text).text() }
}
