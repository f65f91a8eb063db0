/// Why a chat template cannot be used, in one line that names the place in it.
package struct ChatTemplateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where the template stands: a file, or the name of a built-in template.
  package let place: String

  /// The line of the template, counted from 1, where one is to blame.
  package let line: Int?

  /// What is wrong.
  package let reason: String

  /// The whole error in one line.
  package var description: String {
    line.map { "\(place), line \($0): \(reason)" } ?? "\(place): \(reason)"
  }
}
