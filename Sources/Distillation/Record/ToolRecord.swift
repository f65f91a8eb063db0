import JSON

/// The tools for which a prompt stands beside its context.
package struct ToolRecord: Sendable, Equatable, Codable {
  /// The names of their functions.
  package var names: [String]
  /// The SHA-256 of their list.
  package var digest: String

  /// A record.
  package init(names: [String], digest: String) {
    self.names = names
    self.digest = digest
  }

  private enum CodingKeys: String, CodingKey {
    case names
    case digest = "sha256"
  }

  /// The record in the metadata of an adapter.
  init(_ text: String, file: String) throws(DistillationError) {
    guard let json = try? JSON(parsing: Array(text.utf8)),
      let record = try? json.decode(ToolRecord.self)
    else {
      throw .content(
        file: file, expected: "\(Adapter.toolsKey) with the names and the SHA-256 of tools",
        found: text)
    }
    self = record
  }

  /// The text in the metadata of an adapter.
  var text: String {
    JSON.object(["names": .array(names.map(JSON.string)), "sha256": .string(digest)]).text()
  }

  /// The names in a sentence of Markdown: "the tools `a` and `b`".
  var title: String {
    let quoted = names.map { "`\($0)`" }
    return "the tool\(names.count == 1 ? "" : "s") \(Listed(quoted, "and"))"
  }
}
