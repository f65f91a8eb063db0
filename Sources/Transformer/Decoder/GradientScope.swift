internal import Compute

/// The rows whose gradient a backward pass through the decoder computes.
package enum GradientScope: Sendable {
  /// Embeddings of all rows.
  case all
  /// Embeddings of the prefix's rows in the run, which are its first.
  case prefixEmbeddings
  /// Keys and values of the prefix in every layer. Nothing below those of the bottom layer is
  /// computed.
  case prefixKeysValues

  /// The scope in the bottom layer's attention.
  var attention: AttentionGradientScope { self == .all ? .all : .prefixKeys }

  /// The first rows of the run whose embeddings have a gradient.
  func rows(of batch: PackedBatch) -> Int { self == .all ? batch.rows : batch.computedPrefixRows }
}
