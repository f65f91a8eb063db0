import Foundation
import JSON

/// The golden files of chat templates, which `make.py` beside them wrote with Jinja for Python.
package enum TemplateGolden {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/chat-templates")

  /// The time of the renderings, in the time zone of this machine.
  package static let now: Date = {
    let parts = DateComponents(year: 2025, month: 3, day: 9, hour: 14, minute: 5, second: 7)
    return Calendar(identifier: .gregorian).date(from: parts) ?? .distantPast
  }()

  /// The result of a rendering.
  package enum Outcome: Equatable {
    case text(String)
    /// The template refused its input by `raise_exception`.
    case raised(String)
    /// Any other error.
    case error
  }

  /// A golden file.
  package static func json(_ name: String) throws -> JSONNode {
    try JSONNode(contentsOf: folder.appending(path: "\(name).json"))
  }

  /// The source of a chat template.
  package static func template(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: "\(name).jinja"), encoding: .utf8)
  }

  /// The names of the chat templates.
  package static let names: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
    .filter { $0.hasSuffix(".jinja") }.map { String($0.dropLast(6)) }.sorted() ?? []

  /// The further variables of a case.
  package static func variables(_ value: JSONNode) throws -> JSONObject {
    let variables: JSONNode? = try value.optional("variables")
    guard case .object(let members)? = variables?.json else { return JSONObject() }
    return members
  }

  /// The member `expected` of a case.
  package static func expected(_ value: JSONNode) throws -> Outcome {
    let outcome: JSONNode = try value.required("expected")
    if let text: String = try outcome.optional("text") { return .text(text) }
    if let message: String = try outcome.optional("raised") { return .raised(message) }
    return .error
  }
}
