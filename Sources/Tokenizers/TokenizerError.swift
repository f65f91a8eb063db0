import JSON

/// Why a tokenizer.json cannot be used. Every case prints as one line that names the file, the
/// place in it, and what was expected there.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// The text is not JSON; `line` and `column` count from 1, `column` in bytes.
  case malformed(file: String, line: Int, column: Int, problem: String)
  /// The file is of another kind, such as a Git LFS pointer.
  case otherKind(file: String, FileKind)
  /// A member that is needed does not exist. `path` is like `model.vocab`.
  case missing(file: String, path: String, expected: String)
  /// A member has a value of another kind, an impossible value, or names a component that is not
  /// supported. `path` is like `pre_tokenizer.pretokenizers[1].type`.
  case unexpected(file: String, path: String, found: String, expected: String)
  /// A text costs more than any honest tokenizer takes.
  case tooCostly(file: String, reason: String)

  package var description: String {
    // Tokens may hold line feeds; a message is one line all the same.
    String(
      String.UnicodeScalarView(
        message.unicodeScalars.flatMap { scalar in
          scalar.properties.generalCategory == .control
            ? Array(scalar.escaped(asASCII: true).unicodeScalars) : [scalar]
        }))
  }

  private var message: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason)"
    case .malformed(let file, let line, let column, let problem):
      "\(file):\(line):\(column): not valid JSON: \(problem)"
    case .otherKind(let file, let kind):
      "\(file): expected a tokenizer in JSON, found \(kind)"
    case .missing(let file, let path, let expected):
      "\(file): \(path) is missing, expected \(expected)"
    case .unexpected(let file, let path, let found, let expected):
      "\(file): \(path) is \(found), expected \(expected)"
    case .tooCostly(let file, let reason):
      "\(file): the tokenizer is refused: \(reason)"
    }
  }
}
