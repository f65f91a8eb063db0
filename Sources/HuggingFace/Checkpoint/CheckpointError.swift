import GGUF
import JSON
import Safetensors

/// An error of the tensors of a model, in one line that names the file and the tensor.
package enum CheckpointError: Error, Equatable, Sendable {
  /// The folder has no safetensors file under the expected names, with what there is instead.
  case noSafetensors(folder: String, found: String)
  /// A file is damaged or cannot be read, or a tensor is not as expected.
  case safetensors(SafetensorsError)
  /// A GGUF file is damaged or cannot be read, or a tensor is not as expected.
  case gguf(GGUFError)
  /// The list of shards is damaged.
  case index(JSONReadingError)
  /// The list names a shard that is not there, with what there is instead.
  case missingShard(index: String, tensor: String, shard: String, found: String)
  /// A shard lacks a tensor that the list puts there.
  case notInShard(index: String, tensor: String, shard: String)
  /// The model has no such tensor, with what it has instead.
  case missingTensor(name: String, source: String, found: String)
}

extension CheckpointError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch self {
    case .noSafetensors(let folder, let found):
      "\(folder): expected \(Checkpoint.singleName) or \(Checkpoint.indexName), found \(found)"
    case .safetensors(let error): error.description
    case .gguf(let error): error.description
    case .index(let error): error.description
    case .missingShard(let index, let tensor, let shard, let found):
      "\(index): weight_map.\(tensor): expected the shard \(shard) beside it, found \(found)"
    case .notInShard(let index, let tensor, let shard):
      "\(index): weight_map.\(tensor): expected the tensor in \(shard), found none of that name"
    case .missingTensor(let name, let source, let found):
      "\(source): expected a tensor \(name), found \(found)"
    }
  }
}
