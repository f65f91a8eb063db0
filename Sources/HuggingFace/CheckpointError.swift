import Safetensors

/// Why the tensors of a model cannot be had, in one line that names the file and the place.
package enum CheckpointError: Error, Equatable, Sendable {
  /// The folder has no safetensors file under the expected names; with a file in another format,
  /// where there is one.
  case noSafetensors(folder: String, other: String?)
  /// A file is damaged or cannot be read, or a tensor is not as expected.
  case safetensors(SafetensorsError)
  /// The list of shards is damaged.
  case index(JSONValueError)
  /// The list names a shard that is not there.
  case missingShard(index: String, tensor: String, shard: String)
  /// A shard lacks a tensor that the list puts there.
  case notInShard(index: String, tensor: String, shard: String)
  /// The model has no such tensor.
  case missingTensor(name: String, source: String)
}

extension CheckpointError: CustomStringConvertible {
  /// The whole error in one line.
  package var description: String {
    switch self {
    case .noSafetensors(let folder, nil):
      "\(folder): expected \(Checkpoint.singleName) or \(Checkpoint.indexName), found neither"
    case .noSafetensors(let folder, let other?):
      "\(folder): expected \(Checkpoint.singleName) or \(Checkpoint.indexName), found \(other); "
        + "only the safetensors format is read, so convert the model or fetch its safetensors files"
    case .safetensors(let error): error.description
    case .index(let error): error.description
    case .missingShard(let index, let tensor, let shard):
      "\(index): weight_map.\(tensor): expected the shard \(shard) beside it, found no such file"
    case .notInShard(let index, let tensor, let shard):
      "\(index): weight_map.\(tensor): expected the tensor in \(shard), found none of that name"
    case .missingTensor(let name, let source): "\(source): expected a tensor \(name), found none"
    }
  }
}
