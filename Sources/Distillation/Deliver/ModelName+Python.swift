import HuggingFace
import JSON

extension ModelName {
  /// The arguments of `from_pretrained` that load this model, as Python writes them:
  /// `"org/name", revision="v1"`, and of a GGUF file also `gguf_file="name.gguf"`.
  package var pythonArguments: String {
    if file == nil, gguf != nil, let slash = identifier.lastIndex(of: "/") {
      let file = String(identifier[identifier.index(after: slash)...])
      return "\(Self.quoted(String(identifier[..<slash]))), gguf_file=\(Self.quoted(file))"
    }
    return Self.quoted(identifier)
      + (revision.map { ", revision=\(Self.quoted($0))" } ?? "")
      + (file.map { ", gguf_file=\(Self.quoted($0))" } ?? "")
  }

  /// What the identifier leaves open, behind it in a sentence: the revision and the GGUF file.
  var part: String {
    (revision.map { " at revision `\($0)`" } ?? "") + (file.map { ", file `\($0)`" } ?? "")
  }

  /// JSON's escapes are Python's too.
  private static func quoted(_ text: String) -> String { JSON.string(text).text() }
}
