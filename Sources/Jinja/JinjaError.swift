/// Why a template cannot be parsed or rendered.
package struct JinjaError: Error, Equatable {
  /// The line of the template, counted from 1; nil until the line is known.
  package internal(set) var line: Int?

  /// What is wrong.
  package let reason: String

  /// Whether the template refused its input itself, with `raise_exception`.
  package let isRaisedByTemplate: Bool

  package init(_ reason: String, line: Int? = nil, isRaisedByTemplate: Bool = false) {
    self.reason = reason
    self.line = line
    self.isRaisedByTemplate = isRaisedByTemplate
  }
}
