package import Compute
package import HuggingFace
package import JSON
import Weights

/// An error of loading or running a model, in one line.
package enum TransformerError: Error, Sendable, CustomStringConvertible {
  /// The `model_type` is not supported.
  case unsupportedFamily(file: String, found: String, supported: [String])
  /// A setting of config.json that Pith does not run.
  case unsupportedSetting(file: String, key: String, found: String, expected: String)
  /// config.json cannot be read.
  case configuration(JSONReadingError)
  /// The model folder lacks a file or holds one that cannot be read.
  case folder(ModelFolderError)
  /// A tensor is missing, of the wrong shape, or holds NaN.
  case checkpoint(CheckpointError)
  /// A LoRA adapter is damaged or of another model.
  case adapter(LoRAError)
  /// A tensor, with its file, whose rows are not whole blocks of the format that it is to be loaded
  /// in.
  case blocks(tensor: String, columns: Int, format: WeightFormat)
  /// A token id outside the vocabulary.
  case identifier(Int, vocabularySize: Int)
  /// More positions than the model was made for.
  case tooLong(what: String, tokens: Int, maximum: Int)
  /// The device failed.
  case compute(ComputeError)

  package var description: String {
    switch self {
    case .unsupportedFamily(let file, let found, let supported):
      return "\(file): model_type '\(found)' is not supported: expected one of "
        + supported.joined(separator: ", ")
    case .unsupportedSetting(let file, let key, let found, let expected):
      return "\(file): \(key) is \(found), which is not supported: expected \(expected)"
    case .configuration(let error): return error.description
    case .folder(let error): return "\(error)"
    case .checkpoint(let error): return error.description
    case .adapter(let error): return error.description
    case .blocks(let tensor, let columns, let format):
      return "\(tensor): rows of \(Counted(columns, "number")) cannot be stored as \(format): "
        + "expected a multiple of \(format.blockElements)"
    case .identifier(let identifier, let size):
      return "token id \(identifier) is outside the vocabulary: expected 0 to \(size - 1)"
    case .tooLong(let what, let tokens, let maximum):
      return
        "\(what): \(Counted(tokens, "token")), but the model has \(Counted(maximum, "position"))"
    case .compute(let error): return error.description
    }
  }
}

extension TransformerError {
  /// The error with what the file itself has in place of config.json's keys.
  func naming(_ origins: [String: String]) -> TransformerError {
    switch self {
    case .unsupportedSetting(let file, let key, let found, let expected):
      .unsupportedSetting(
        file: file, key: key.naming(origins), found: found, expected: expected.naming(origins))
    case .configuration(let error): .configuration(error.naming(origins))
    default: self
    }
  }
}

/// Runs a call of the layer below and gives its error the type of this layer.
@inline(__always)
package func computing<Result: ~Copyable>(
  _ call: () throws(ComputeError) -> Result
) throws(TransformerError) -> Result {
  do { return try call() } catch { throw .compute(error) }
}
