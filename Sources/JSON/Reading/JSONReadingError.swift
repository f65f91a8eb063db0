import Files
import Foundation

/// An error in a JSON file, in one line that names the file, the key path, what was expected and
/// what was found.
package struct JSONReadingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path of the file, as the caller gave it.
  package let file: String

  /// The keys and indices from the root to the value; empty at the root.
  package let path: String

  /// What is wrong there.
  package let problem: Problem

  /// The closed set of things that can be wrong.
  package enum Problem: Equatable, Sendable {
    /// The file could not be read, with the reason.
    case unreadable(String)
    /// The text is not JSON.
    case syntax(JSONSyntaxError)
    /// A value is of another kind, or not one of those allowed.
    case unexpected(expected: String, found: String)
  }

  /// The whole error in one line.
  package var description: String { message.escapingControls }

  private var message: String {
    switch problem {
    case .unreadable(let reason): "\(file): \(reason)"
    case .syntax(let error): "\(file): \(error)"
    case .unexpected(let expected, let found):
      path.isEmpty
        ? "\(file): expected \(expected), found \(found)"
        : "\(file): \(path): expected \(expected), found \(found)"
    }
  }
}

extension JSONReadingError {
  /// The error with what the file itself has in place of keys (``JSONNode/origins``).
  package func naming(_ origins: [String: String]) -> JSONReadingError {
    guard case .unexpected(let expected, let found) = problem else { return self }
    return JSONReadingError(
      file: file, path: path.naming(origins),
      problem: .unexpected(expected: expected.naming(origins), found: found))
  }
}

extension String {
  /// The text with what a file has in place of keys: of each word that is a key, and of the keys
  /// behind it (`rope_scaling.factor`).
  package func naming(_ origins: [String: String]) -> String {
    guard !origins.isEmpty else { return self }
    return replacing(/[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/) { match in
      let words = match.output.split(separator: ".")
      for count in stride(from: words.count, to: 0, by: -1) {
        if let origin = origins[words.prefix(count).joined(separator: ".")] { return origin }
      }
      return String(match.output)
    }
  }

  /// The text with escapes for its control characters, so that a message stays one line.
  package var escapingControls: String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.properties.generalCategory == .control {
        text.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
      } else {
        text.append(scalar)
      }
    }
    return String(text)
  }
}

/// The reason why a file cannot be read, for a user: Foundation's own errors fill several lines.
func readFailure(of url: URL) -> String {
  guard FileManager.default.fileExists(atPath: url.path) else { return "there is no such file" }
  if let special = SpecialFile(at: url.path) { return "expected a file, found \(special)" }
  return FileManager.default.isReadableFile(atPath: url.path)
    ? "expected a file, found an input error"
    : "reading it is not permitted"
}
