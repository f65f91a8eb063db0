import JSON

/// A whole line of a file that a run has written, which is no record.
package struct DamagedLine: Sendable, Equatable, CustomStringConvertible {
  /// The path of the file.
  package let file: String
  /// The line, from 1.
  package let line: Int
  /// The byte within the line, from 1, where its text stops being JSON; nil where it is JSON.
  package let column: Int?
  /// What was expected, and what was found.
  package let reason: String
  /// Whether the run cannot go on without the line: it trains on it.
  package let isNeeded: Bool

  /// The position once, and what is wrong there.
  package var description: String {
    "\(file):\(line):\(column.map { "\($0):" } ?? "") \(reason)"
  }
}

extension JSONReadingError {
  /// The column and the reason of the error of a line that was parsed as a whole text.
  var ofLine: (column: Int?, reason: String) {
    switch problem {
    case .unreadable(let reason): (nil, reason)
    case .syntax(let syntax):
      (syntax.column, syntax.reason.replacing("the end of the text", with: "the end of the line"))
    case .unexpected(let expected, let found):
      (nil, (path.isEmpty ? "" : "\(path): ") + "expected \(expected), found \(found)")
    }
  }
}
