import Files
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
  /// What the line is to the run.
  package let use: Use

  /// What a line is to a run, which says how to go on without it.
  package enum Use: Sendable, Equatable {
    /// A part of its history, or behind what it reads.
    case history
    /// The run trains on it.
    case training
    /// A line of a study, which is its beginning.
    case study
    /// A line behind those of a study.
    case behindStudy
  }

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
    // What to do about a file of another kind does not hold for a line.
    case .unexpected("JSON", let found) where path.isEmpty:
      (nil, "expected JSON, found \(FileKind.title(found))")
    case .unexpected(let expected, let found):
      (nil, (path.isEmpty ? "" : "\(path): ") + "expected \(expected), found \(found)")
    }
  }
}
