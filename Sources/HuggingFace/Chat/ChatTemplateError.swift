/// The reason why a chat template cannot be used, in one line with its location.
package struct ChatTemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The template's location: a file, or the name of a built-in template.
  package let location: String

  /// The line of the template, counted from 1; nil where no line is at fault.
  package let line: Int?

  /// The reason.
  package let reason: String

  /// The whole error in one line.
  package var description: String {
    line.map { "\(location), line \($0): \(reason)" } ?? "\(location): \(reason)"
  }
}
