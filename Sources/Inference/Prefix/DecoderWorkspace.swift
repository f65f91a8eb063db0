package import Compute
package import Transformer

/// The memory of a decoder's runs, allocated once for the largest: KV cache, activations and
/// indices. Runs that do not overlap in time may share one, such as training steps and the
/// evaluations between them.
package final class DecoderWorkspace {
  package let cache: KeyValueCache
  package let activations: DecoderActivations
  package let batch: PackedBatch
  /// [rows]: the token ids of a run.
  private var identifiers: RowIndices

  /// Allocates the memory.
  ///
  /// - Parameters:
  ///   - decoder: the decoder.
  ///   - cacheRows: rows of the cache: the prefix and all sequences after it.
  ///   - rows: rows of the largest run.
  ///   - responseRows: response rows of the largest run.
  ///   - training: whether to keep the activations that the backward pass needs.
  package init(
    _ decoder: Decoder, cacheRows: Int, rows: Int, responseRows: Int, training: Bool
  ) throws(ComputeError) {
    let (device, configuration) = (decoder.device, decoder.configuration)
    cache = try KeyValueCache(device, configuration: configuration, capacity: cacheRows)
    activations = try DecoderActivations(
      device, configuration: configuration, rows: rows, responseRows: responseRows,
      cacheRows: cacheRows, training: training)
    batch = try PackedBatch(device, configuration: configuration, capacity: rows)
    identifiers = try device.rowIndices(capacity: rows)
  }

  /// Runs the decoder over the rows of a run: uploads indices, gathers embeddings, inserts the
  /// learned prompt, and writes keys, values and states to this memory.
  ///
  /// - Parameters:
  ///   - run: the rows.
  ///   - decoder: the decoder.
  ///   - prompt: the values of a prompt of embeddings, where rows of it are in the run.
  ///   - precision: of the activations that matrix multiplications read.
  ///   - attention: reads the attention of every layer.
  package func forward(
    _ run: RunLayout, with decoder: Decoder, prompt: borrowing DeviceBuffer<Float>,
    precision: ActivationPrecision, attention: Decoder.AttentionReader = { _, _, _, _ in }
  ) throws(ComputeError) {
    let device = decoder.device
    try device.upload(run.tokens.map(Int32.init), into: &identifiers)
    try decoder.embed(identifiers, count: run.tokens.count, into: &activations.embeddings)
    if !run.promptRows.isEmpty {
      let width = decoder.configuration.hiddenSize
      try device.copy(
        prompt, from: run.firstPromptRow * width, into: &activations.embeddings,
        at: run.promptRows.lowerBound * width, count: run.promptRows.count * width)
    }
    try batch.fill(run.sequences, prefixRows: run.prefixRows, textLength: run.textLength)
    try decoder.forward(
      batch, cache: cache, activations: activations, precision: precision, attention: attention)
  }

  /// Copies a prompt of keys and values into the cache, before the runs whose rows attend to it; a
  /// prompt of another form is left to these runs.
  ///
  /// - Parameters:
  ///   - prompt: the values of the prompt, keys in the order of the cache.
  ///   - form: its form.
  ///   - row: its first row of the cache.
  package func insert(
    _ prompt: borrowing DeviceBuffer<Float>, _ form: PromptForm, at row: Int
  ) throws(ComputeError) {
    guard case .keysValues(_, let count, _, _) = form else { return }
    try cache.write(prompt, to: row..<(row + count))
  }
}
