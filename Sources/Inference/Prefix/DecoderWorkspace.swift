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
  /// - Throws: allocation errors.
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

  /// Runs the decoder over the rows of a run: uploads indices, gathers embeddings, inserts those of
  /// learned prompts, and writes keys, values and states to this memory.
  ///
  /// - Parameters:
  ///   - run: the rows.
  ///   - decoder: the decoder.
  ///   - prompt: the values of the body's prompt, where rows of it are in the run.
  ///   - others: the prompts before the body.
  ///   - precision: of the activations that matrix multiplications read.
  ///   - attention: reads the attention of every layer.
  package func forward(
    _ run: RunLayout, with decoder: Decoder, prompt: borrowing DeviceBuffer<Float>,
    others: [StoredPrompt] = [], precision: ActivationPrecision,
    attention: Decoder.AttentionReader = { _, _, _, _ in }
  ) throws(ComputeError) {
    try layOut(run, with: decoder)
    try compute(
      run, with: decoder, prompt: prompt, others: others, precision: precision,
      attention: attention)
  }

  /// The first part of `forward`: uploads the indices of a run.
  ///
  /// - Throws: allocation and driver errors.
  package func layOut(_ run: RunLayout, with decoder: Decoder) throws(ComputeError) {
    try decoder.device.upload(run.tokens.map(Int32.init), into: &identifiers)
    try identifiers.check("layOut", below: decoder.embedding.rows)
    try batch.fill(run.sequences, prefixRows: run.prefixRows, textLength: run.textLength)
  }

  /// The second part: enqueues the commands of the run that was laid out last. They depend on its
  /// sequences and not on its tokens.
  package func compute(
    _ run: RunLayout, with decoder: Decoder, prompt: borrowing DeviceBuffer<Float>,
    others: [StoredPrompt], precision: ActivationPrecision,
    attention: Decoder.AttentionReader = { _, _, _, _ in }
  ) throws(ComputeError) {
    try decoder.embed(identifiers, count: run.tokens.count, into: &activations.embeddings)
    for rows in run.embeddedRows {
      if rows.prompt < others.count {
        try insert(others[rows.prompt].values, rows, decoder)
      } else {
        try insert(prompt, rows, decoder)
      }
    }
    try decoder.forward(
      batch, cache: cache, activations: activations, precision: precision, attention: attention)
  }

  private func insert(
    _ prompt: borrowing DeviceBuffer<Float>, _ rows: RunLayout.EmbeddedRows, _ decoder: Decoder
  ) throws(ComputeError) {
    let width = decoder.configuration.hiddenSize
    try decoder.device.copy(
      prompt, from: rows.firstRow * width, into: &activations.embeddings,
      at: rows.rows.lowerBound * width, count: rows.rows.count * width)
  }

  /// Brings the first rows of a prefix into the cache: copies the keys and values of prompts, and
  /// computes the other rows, `chunk` at a time.
  ///
  /// - Parameters:
  ///   - end: the end of the rows, at that of a prompt, of the header, or of the prefix.
  ///   - prefix: the prefix.
  ///   - decoder: the decoder.
  ///   - prompt: the values of the body's prompt.
  ///   - others: the prompts before the body.
  ///   - textLength: of the longest text, which decides the rotary frequencies.
  ///   - chunk: the most rows of one run; nil for what the memory holds.
  ///   - precision: of the activations that matrix multiplications read.
  ///   - progress: called with the end of the rows that are done.
  package func read(
    upTo end: Int, of prefix: Prefix, with decoder: Decoder,
    prompt: borrowing DeviceBuffer<Float>, others: [StoredPrompt], textLength: Int,
    chunk: Int? = nil, precision: ActivationPrecision, progress: (Int) -> Void = { _ in }
  ) throws(ComputeError) {
    for (index, learned) in prefix.learnedRows.enumerated() where learned.rows.upperBound <= end {
      if index < others.count {
        try insert(others[index].values, learned.form, at: learned.rows.lowerBound)
      } else {
        try insert(prompt, learned.form, at: learned.rows.lowerBound)
      }
    }
    let size = chunk ?? activations.capacity
    for range in prefix.computedRows.map({ $0.clamped(to: 0..<end) }) {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
        let rows = start..<min(start + size, range.upperBound)
        try forward(
          RunLayout(rows, of: prefix, textLength: textLength), with: decoder, prompt: prompt,
          others: others, precision: precision)
        progress(rows.upperBound)
      }
    }
  }

  /// Copies a prompt of keys and values into the cache, before the runs whose rows attend to it; a
  /// prompt of another form is left to these runs.
  ///
  /// - Parameters:
  ///   - prompt: the values of the prompt, keys in the order of the cache.
  ///   - form: its form.
  ///   - row: its first row of the cache.
  /// - Throws: driver errors.
  package func insert(
    _ prompt: borrowing DeviceBuffer<Float>, _ form: PromptForm, at row: Int
  ) throws(ComputeError) {
    guard case .keysValues(_, let count, _, _) = form else { return }
    try cache.write(prompt, to: row..<(row + count))
  }
}
