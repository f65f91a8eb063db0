import Foundation
import HuggingFace

/// The golden files of chat templates, which `make.py` beside them wrote with Jinja for Python.
enum Golden {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden/chat-templates")

  /// The moment at which the clock stood, on the clocks of this machine's time zone.
  static let now: Date = {
    let parts = DateComponents(year: 2025, month: 3, day: 9, hour: 14, minute: 5, second: 7)
    return Calendar(identifier: .gregorian).date(from: parts) ?? .distantPast
  }()

  /// What came of a rendering.
  enum Outcome: Equatable {
    case text(String)
    /// The template refused its input by `raise_exception`.
    case raised(String)
    /// Any other error.
    case error
  }

  static func json(_ name: String) throws -> JSONValue {
    try JSONValue(contentsOf: folder.appending(path: "\(name).json"))
  }

  /// The member `expected` of a case.
  static func expected(_ value: JSONValue) throws -> Outcome {
    let outcome: JSONValue = try value.required("expected")
    if let text: String = try outcome.optional("text") { return .text(text) }
    if let message: String = try outcome.optional("raised") { return .raised(message) }
    return .error
  }
}
