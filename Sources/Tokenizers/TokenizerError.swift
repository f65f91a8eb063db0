import JSON

/// An error of a tokenizer.json, in one line that names the file.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read, lacks something, or names a component that is not supported.
  case json(JSONReadingError)
  /// A text exceeds the budget that every published tokenizer keeps.
  case tooCostly(file: String, reason: String)

  /// The whole error in one line.
  package var description: String {
    switch self {
    case .json(let error): error.description
    case .tooCostly(let file, let reason):
      "\(file): the tokenizer is refused: \(reason)".escapingControls
    }
  }
}
