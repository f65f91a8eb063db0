/// Why a template cannot be parsed or rendered.
struct JinjaError: Error, Equatable {
  /// The line of the template, counted from 1; nil until the place is known.
  var line: Int?

  /// What is wrong.
  let reason: String

  /// Whether the template itself refused its input, by `raise_exception`.
  let isRaisedByTemplate: Bool

  init(_ reason: String, line: Int? = nil, isRaisedByTemplate: Bool = false) {
    self.reason = reason
    self.line = line
    self.isRaisedByTemplate = isRaisedByTemplate
  }
}
