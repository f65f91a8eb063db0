package import Compute
package import Transformer

/// A decoder with the keys and values of a prefix in its cache: each prompt after it costs its own
/// rows alone.
///
/// With the long context as prefix it is the teacher, with a learned prompt the student, without a
/// prefix the model without context. `Decoder.prefill(_:capacity:chunk:progress:)`
/// makes one.
package final class PrefixedDecoder {
  package let decoder: Decoder
  /// Capacity after the prefix.
  package let capacity: PrefixCapacity
  private let chunk: Int
  /// Precision of the activations that matrix multiplications read.
  private let precision: ActivationPrecision
  private let workspace: DecoderWorkspace
  private var prefix: Prefix
  /// The elements of the body's learned prompt; empty without one.
  private var prompt: DeviceBuffer<Float>
  /// The prompts before it.
  private let others: [StoredPrompt]
  /// The text length whose rotary frequencies the prefix's keys have.
  private var textLength = 0

  var device: Device { decoder.device }
  var activations: DecoderActivations { workspace.activations }
  /// Rows of the prefix.
  package var prefixRows: Int { prefix.rows }
  /// Whether the prefix's keys have the rotary frequencies of long texts.
  package var isLongPrefix: Bool { decoder.isLong(textLength) }

  /// A decoder whose prefix is not prefilled yet.
  ///
  /// - Parameters:
  ///   - decoder: the decoder.
  ///   - prefix: the prefix.
  ///   - capacity: the capacity after the prefix.
  ///   - chunk: the most rows of one run of the prefix.
  ///   - precision: of the activations that matrix multiplications read.
  ///   - workspace: memory that others may use between calls. They overwrite the prefix, which must
  ///     then be prefilled again.
  /// - Throws: for an id outside the vocabulary and for a prefix longer than the model's positions;
  ///   allocation and driver errors.
  package init(
    _ decoder: Decoder, prefix: Prefix, capacity: PrefixCapacity, chunk: Int = 512,
    precision: ActivationPrecision = .f32, workspace: DecoderWorkspace
  ) throws(TransformerError) {
    try decoder.check(prefix.tokens)
    try decoder.checkLength(prefix.rows, of: "prefix")
    self.decoder = decoder
    self.prefix = prefix
    self.capacity = capacity
    self.chunk = min(chunk, workspace.activations.capacity)
    self.precision = precision
    self.workspace = workspace
    others = try computing { () throws(ComputeError) in
      try prefix.others.map { (prompt) throws(ComputeError) in try StoredPrompt(decoder, prompt) }
    }
    prompt = try computing { () throws(ComputeError) in
      guard case .prompt(let prompt) = prefix.body else {
        return try decoder.device.buffer(count: 0)
      }
      return try decoder.device.buffer(
        prompt.form.cacheOrdered(prompt.values, in: decoder.configuration))
    }
  }

  /// Prefills the prefix. `progress` is called with the rows done so far.
  package func prefill(progress: (Int) -> Void = { _ in }) throws(TransformerError) {
    try read(textLength: prefixRows, progress: progress)
  }

  /// Prefills the prefix with other values of its learned prompt, from the device, keys in the
  /// order of its cache.
  ///
  /// - Throws: driver errors.
  package func prefill(prompt values: borrowing DeviceBuffer<Float>) throws(TransformerError) {
    try computing { () throws(ComputeError) in
      try device.copy(values, into: &prompt, count: prompt.count)
    }
    try prefill()
  }

  /// Prefills the prefix again where texts of this length have other rotary frequencies than its
  /// keys.
  func prefill(forTextLength length: Int) throws(TransformerError) {
    guard decoder.isLong(length) != decoder.isLong(textLength) else { return }
    try read(textLength: length) { _ in }
  }

  private func read(
    textLength: Int, progress: (Int) -> Void
  ) throws(TransformerError) {
    self.textLength = textLength
    try computing { () throws(ComputeError) in
      try workspace.read(
        upTo: prefix.rows, of: prefix, with: decoder, prompt: prompt, others: others,
        textLength: textLength, chunk: chunk, precision: precision, progress: progress)
    }
  }

  /// The keys and values of rows of the prefix, as a prompt. Waits for the device.
  ///
  /// - Throws: driver errors.
  package func keysValues(of rows: Range<Int>) throws(TransformerError) -> LearnedPrompt {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= prefixRows, "rows of the prefix")
    let values = try computing { () throws(ComputeError) in try workspace.cache.download(rows) }
    let form = decoder.configuration.keysValues(count: rows.count)
    return LearnedPrompt(
      form: form, values: form.checkpointOrdered(values, in: decoder.configuration))
  }

  /// The keys and values of the whole prefix, in the order of the cache: [2, L, rows, G, D]. Waits
  /// for the device.
  ///
  /// - Throws: driver errors.
  package func prefixRowsOfCache() throws(TransformerError) -> [Float] {
    try computing { () throws(ComputeError) in try workspace.cache.download(0..<prefixRows) }
  }

  /// The number of their elements.
  package var prefixElements: Int {
    KeyValueCache.rowByteCount(decoder.configuration) / MemoryLayout<Float>.size * prefixRows
  }

  /// Takes the keys and values of this prefix that the same model has computed elsewhere, in place
  /// of a prefill.
  ///
  /// - Throws: driver errors.
  package func take(prefixRowsOfCache values: [Float]) throws(TransformerError) {
    precondition(values.count == prefixElements, "the rows of this prefix")
    textLength = prefixRows
    try computing { () throws(ComputeError) in
      try workspace.cache.write(device.buffer(values), to: 0..<prefixRows)
    }
  }

  /// Runs the decoder over rows after the prefix, or of the prefix. `attention` reads that of every
  /// layer.
  func forward(
    _ run: RunLayout, attention: Decoder.AttentionReader = { _, _, _, _ in }
  ) throws(TransformerError) {
    try computing { () throws(ComputeError) in
      try workspace.forward(
        run, with: decoder, prompt: prompt, others: others, precision: precision,
        attention: attention)
    }
  }

  /// Runs sequences after the prefix, as many as fit at a time.
  ///
  /// - Parameters:
  ///   - sequences: token ids, and the number of their last rows that are response rows.
  ///   - body: called with the sequences of each run, the states of their response rows after the
  ///     final norm, [response rows, E], and the number of these rows.
  /// - Throws: what `body` throws; driver errors.
  package func run<Failure: Error>(
    _ sequences: [(tokens: [Int], responseRows: Int)],
    _ body: (Range<Int>, borrowing DeviceBuffer<Float>, Int) throws(Failure) -> Void
  ) throws(RunError<Failure>) {
    var first = 0
    while first < sequences.count {
      let end = endOfRun(sequences, from: first)
      guard end > first else {
        throw .model(
          .tooLong(
            what: "prompt and response", tokens: sequences[first].tokens.count,
            maximum: capacity.runRows))
      }
      do throws(TransformerError) {
        try forward(sequences[first..<end])
      } catch { throw .model(error) }
      do throws(Failure) {
        try body(first..<end, activations.states, workspace.batch.responseRows)
      } catch { throw .body(error) }
      first = end
    }
  }

  /// The end of the sequences from `first` on that fit into one run and have the same rotary
  /// frequencies.
  func endOfRun(
    _ sequences: [(tokens: [Int], responseRows: Int)], from first: Int
  ) -> Int {
    var (end, rows, responses) = (first, 0, 0)
    while end < sequences.count {
      rows += sequences[end].tokens.count
      responses += sequences[end].responseRows
      guard rows <= capacity.runRows, responses <= activations.responseCapacity,
        isLong(sequences[end].tokens.count) == isLong(sequences[first].tokens.count)
      else { break }
      end += 1
    }
    return end
  }

  /// Whether the prefix and this many tokens are a long text.
  func isLong(_ tokens: Int) -> Bool { decoder.isLong(prefixRows + tokens) }

  /// An error of the model, or of the body that read its states.
  package enum RunError<Failure: Error>: Error {
    case model(TransformerError)
    case body(Failure)
  }

  private func forward(
    _ sequences: ArraySlice<(tokens: [Int], responseRows: Int)>
  ) throws(TransformerError) {
    var run = RunLayout(afterPrefixRows: prefixRows)
    for sequence in sequences {
      try decoder.check(sequence.tokens)
      try decoder.checkLength(prefixRows + sequence.tokens.count, of: "prefix, prompt and response")
      run.append(sequence.tokens, responseRows: sequence.responseRows)
    }
    try prefill(forTextLength: run.textLength)
    try forward(run)
  }
}

extension Decoder {
  /// Prefills a prefix, `chunk` rows at a time. `progress` is called with the rows done so far.
  ///
  /// - Parameter capacity: the capacity after the prefix.
  package func prefill(
    _ prefix: Prefix, capacity: PrefixCapacity, chunk: Int = 512,
    precision: ActivationPrecision = .f32, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> PrefixedDecoder {
    let model = try PrefixedDecoder(
      self, prefix: prefix, capacity: capacity, chunk: chunk, precision: precision,
      workspace: try workspace(prefixRows: prefix.rows, capacity: capacity, chunk: chunk))
    try model.prefill(progress: progress)
    return model
  }
  /// Memory for prefixes of up to `prefixRows` rows, and for `capacity` after them.
  ///
  /// - Throws: allocation errors.
  package func workspace(
    prefixRows rows: Int, capacity: PrefixCapacity, chunk: Int = 512
  ) throws(TransformerError) -> DecoderWorkspace {
    try checkLength(rows, of: "prefix")
    return try computing { () throws(ComputeError) in
      try DecoderWorkspace(
        self, cacheRows: rows + capacity.rows, rows: max(capacity.runRows, min(chunk, rows), 1),
        responseRows: max(capacity.responseRows, 1), training: false)
    }
  }
}
