/// Where a text stops being JSON, and what was expected there.
package struct JSONSyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The line, counted from 1.
  package let line: Int

  /// The byte within the line, counted from 1.
  package let column: Int

  /// What is wrong, for example `expected ":" after a key, found "}"`.
  package let reason: String

  /// One line: `line 3, column 14: expected ...`.
  package var description: String { "line \(line), column \(column): \(reason)" }
}
