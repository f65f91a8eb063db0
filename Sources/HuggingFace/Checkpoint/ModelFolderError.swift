import GGUF
import JSON

/// An error of a model folder, in one line that names the file and the key path.
package enum ModelFolderError: Error, Equatable, Sendable {
  /// There is nothing at this path.
  case missing(String)
  /// There is a file at this path, with what it is.
  case notAFolder(String, found: String)
  /// The folder lacks a file that every model has, with what was found instead.
  case missingFile(folder: String, name: String, found: String)
  /// A JSON file is damaged, or not as expected.
  case json(JSONReadingError)
  /// A GGUF file is damaged, or its metadata are not as expected.
  case gguf(GGUFError)
  /// A choice among GGUF files that leaves none or several, with those that are there.
  case ggufChoice(GGUFChoiceError)
  /// A choice among the GGUF files of a folder, where a file itself is named.
  case choiceInFile(String, words: String)
  /// The weights are damaged or missing.
  case checkpoint(CheckpointError)
  /// `tokenizer.json` cannot be used, with the whole reason.
  case tokenizer(String)
  /// The chat template cannot be used.
  case chatTemplate(ChatTemplateError)
}

extension ModelFolderError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch self {
    case .missing(let path): "\(path): expected a model folder or a GGUF file, found nothing"
    case .notAFolder(let path, let found):
      "\(path): expected a model folder or a GGUF file, found \(found)"
    case .missingFile(let folder, let name, let found):
      "\(folder): expected \(name), found \(found)"
    case .json(let error): error.description
    case .gguf(let error): error.description
    case .ggufChoice(let error): error.description
    case .choiceInFile(let path, let words):
      "\(path):\(words): expected a folder or a repository before the colon, found a GGUF file; "
        + "name the file alone"
    case .checkpoint(let error): error.description
    case .tokenizer(let reason): reason
    case .chatTemplate(let error): error.description
    }
  }
}
