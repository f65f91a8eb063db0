import Foundation
internal import HuggingFace
internal import JSON

/// Checks of a checkpoint against its config.json.
extension CheckpointWeights {
  /// The separate head of a model that config.json calls tied; transformers then ties nothing. Nil
  /// where there is none, or where it is a copy of the embeddings.
  func ownHead() throws(TransformerError) -> String? {
    let (embedding, head) = (resolved(tensors.embedding), resolved(tensors.head))
    guard head != embedding, checkpoint.contains(head), checkpoint.contains(embedding) else {
      return nil
    }
    let isCopy = try loading { () throws(CheckpointError) in
      let (left, right) = (
        try checkpoint.tensor(named: embedding), try checkpoint.tensor(named: head)
      )
      guard left.typeName == right.typeName, left.shape == right.shape else { return false }
      let (one, other) = (try checkpoint.stored(embedding), try checkpoint.stored(head))
      guard let first = unsafe one.bytes.baseAddress, let second = unsafe other.bytes.baseAddress
      else { return true }
      return unsafe memcmp(first, second, one.bytes.count) == 0
    }
    if isCopy { checkpoint.releasePages(of: head) }
    return isCopy ? nil : head
  }

  /// Throws where the file holds layers beyond config.json's count: the model would lose them.
  func checkLayerCount(
    statedIn config: JSONNode, as key: String
  ) throws(TransformerError) {
    let stated = configuration.layerCount
    var held = stated
    while checkpoint.contains(resolved(tensors.layer(held).output.weight)) { held += 1 }
    guard held == stated else {
      throw .unsupportedSetting(
        file: config.file, key: config.path(of: key), found: "\(stated)",
        expected: "\(held), the layers that the weights hold")
    }
  }
}
