import JSON

/// An error of a tokenizer, in one line that names its file.
package enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read, lacks something, or names a component that is not supported.
  case json(JSONReadingError)
  /// A value of a GGUF file's metadata is absent, or not as expected.
  case metadata(file: String, key: String, expected: String, found: String)
  /// A text exceeds the budget that every published tokenizer keeps.
  case tooCostly(file: String, reason: String)

  /// The whole error in one line.
  package var description: String {
    switch self {
    case .json(let error): error.description
    case .metadata(let file, let key, let expected, let found):
      "\(file): metadata \(key): expected \(expected), found \(found)".escapingControls
    case .tooCostly(let file, let reason):
      "\(file): the tokenizer is refused: \(reason)".escapingControls
    }
  }
}
