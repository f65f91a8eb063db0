package import Compute

/// The memory of a decoder's runs, allocated once for the largest: keys and values, activations
/// and indices. Runs that do not overlap in time may share one, such as training steps and the
/// evaluations between them.
package final class DecoderWorkspace {
  package let cache: KeyValueCache
  package let activations: DecoderActivations
  package let batch: PackedBatch
  /// [rows]: the token ids of a run.
  package var identifiers: RowIndices

  /// - Parameters:
  ///   - cacheRows: rows of the cache: the prefix and all that is kept behind it.
  ///   - rows: rows of the largest run.
  ///   - responseRows: response rows of the largest run.
  ///   - training: whether to keep what the backward pass needs.
  package init(
    _ decoder: Decoder, cacheRows: Int, rows: Int, responseRows: Int, training: Bool
  ) throws(ComputeError) {
    let (device, configuration) = (decoder.device, decoder.configuration)
    cache = try KeyValueCache(device, configuration: configuration, capacity: cacheRows)
    activations = try DecoderActivations(
      device, configuration: configuration, rows: rows, responseRows: responseRows,
      training: training)
    batch = try PackedBatch(device, configuration: configuration, capacity: rows)
    identifiers = try device.rowIndices(capacity: rows)
  }

  /// Uploads token ids and gathers their embeddings into the first rows of the activations.
  package func embed(_ tokens: [Int], with decoder: Decoder) throws(ComputeError) {
    try decoder.device.upload(tokens.map(Int32.init), into: &identifiers)
    try decoder.embed(identifiers, count: tokens.count, into: &activations.embeddings)
  }
}
