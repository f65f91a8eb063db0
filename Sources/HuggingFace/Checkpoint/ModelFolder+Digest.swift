import Files
import Synchronization

/// A digest that is computed once.
final class KnownDigest: Sendable {
  let value = Mutex<String?>(nil)
}

extension ModelFolder {
  /// The SHA-256 of all weights: of the name, type and shape of every tensor and of all its bytes,
  /// 64 hexadecimal digits. LoRA adapters do not count. It is computed once.
  ///
  /// A fingerprint cannot tell models apart that differ behind the beginnings of their tensors;
  /// this can. The bytes are hashed in blocks on all cores, so it takes as long as reading them,
  /// which loading the model does anyway, and then finds them in the system's cache.
  ///
  /// - Throws: where the weights cannot be read.
  package func weightsDigest() throws(ModelFolderError) -> String {
    if let known = knownWeights.value.withLock({ $0 }) { return known }
    let checkpoint = try checkpoint()
    var hash = BlockHash()
    do { try checkpoint.add(to: &hash) } catch { throw .checkpoint(error) }
    let digest = hash.digest()
    knownWeights.value.withLock { $0 = digest }
    return digest
  }

  /// The SHA-256 of all numbers of the LoRA adapters, in their order; nil where there are none.
  package func adaptersDigest() -> String? {
    guard !adapters.isEmpty else { return nil }
    var hash = BlockHash()
    for adapter in adapters { adapter.add(to: &hash) }
    return hash.digest()
  }

  /// The SHA-256 of all numbers that make the model: ``weightsDigest()``, with ``adaptersDigest()``
  /// where there are adapters.
  ///
  /// - Throws: where the weights cannot be read.
  package func contentsDigest() throws(ModelFolderError) -> String {
    let weights = try weightsDigest()
    return adaptersDigest().map { SHA256.hexadecimal(of: "\(weights)\n\($0)".utf8) } ?? weights
  }
}
