import JSON
import Safetensors

/// An error of a LoRA adapter, in one line that names the file and the place.
package enum LoRAError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder is none, or not that of an adapter.
  case missing(folder: String)
  /// The settings are damaged, or of a kind that is not an update W + s B A.
  case configuration(JSONReadingError)
  /// The tensors are damaged, missing, or of another shape than the model's.
  case tensors(SafetensorsError)
  /// There is no tensor at all.
  case noUpdates(file: String)
  /// A tensor that is no part of an update.
  case otherTensor(file: String, name: String)
  /// An update of a module that the model does not have, or not as a matrix of its own.
  case otherModule(file: String, name: String)

  package var description: String {
    switch self {
    case .missing(let folder):
      "\(folder): expected the folder of a LoRA adapter, with adapter_config.json and "
        + "adapter_model.safetensors, found nothing of the kind"
    case .configuration(let error): error.description
    case .tensors(let error): error.description
    case .noUpdates(let file):
      "\(file): expected pairs of lora_A.weight and lora_B.weight, found no tensors"
    case .otherTensor(let file, let name):
      "\(file): \(name): expected pairs of lora_A.weight and lora_B.weight alone"
    case .otherModule(let file, let name):
      "\(file): \(name): expected a matrix of the model, found none of this name"
    }
  }
}
