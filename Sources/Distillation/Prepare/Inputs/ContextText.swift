import Foundation
import HuggingFace
import JSON

/// The context of a run: a text, or the token ids of a JSON file `{"ids": [...]}`.
package enum ContextText: Sendable, Equatable {
  /// A text, to be tokenized.
  case text(String, file: String)
  /// Token ids as they are.
  case identifiers([Int], file: String)

  /// The path of the file, as the user gave it.
  package var file: String {
    switch self {
    case .text(_, let file), .identifiers(_, let file): file
    }
  }

  /// Reads the file; a name with the extension `.json` means token ids.
  ///
  /// - Throws: when it cannot be read, is empty or not UTF-8, or has another form.
  package init(contentsOf url: URL) throws(DistillationError) {
    let bytes = try TextFile.bytes(of: url)
    guard url.pathExtension.lowercased() == "json" else {
      let text = try TextFile.text(bytes, file: url.path)
      if text.allSatisfy(\.isWhitespace) {
        throw .content(file: url.path, expected: "a context", found: "an empty file")
      }
      self = .text(text, file: url.path)
      return
    }
    let identifiers: [Int] = try reading { () throws(JSONReadingError) in
      let value = try JSONNode(parsing: bytes, file: url.path)
      guard case .object(let object) = value.json, object["ids"] != nil else {
        throw value.failure(
          expected: "{\"ids\": [...]}, token ids",
          found: "\(value.json.kind); a context that is a text needs another ending than .json")
      }
      let identifiers: [Int] = try value.required("ids")
      if identifiers.isEmpty {
        throw value.failure(expected: "token ids", found: "an empty array", at: "ids")
      }
      return identifiers
    }
    self = .identifiers(identifiers, file: url.path)
  }
}
