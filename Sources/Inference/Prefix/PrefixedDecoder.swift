package import Compute
package import Transformer

/// A decoder that has read a prefix once and keeps its keys and values: every prompt behind it costs
/// its own rows alone.
///
/// With the long context as prefix this is the teacher, with a learned prompt the student as it will
/// be used, with nothing the model without context. ``Decoder/prefill(_:capacity:chunk:progress:)``
/// makes one.
package final class PrefixedDecoder {
  package let decoder: Decoder
  /// Capacity behind the prefix.
  package let capacity: PrefixCapacity
  private let chunk: Int
  /// Of the activations that matrix multiplications read.
  private let precision: ActivationPrecision
  private let workspace: DecoderWorkspace
  private var prefix: Prefix
  /// The elements of the prefix's learned prompt; empty without one.
  private var prompt: DeviceBuffer<Float>
  /// The text length whose rotary frequencies the prefix's keys have.
  private var textLength = 0

  var device: Device { decoder.device }
  var activations: DecoderActivations { workspace.activations }
  /// Rows of the prefix.
  package var prefixRows: Int { prefix.rows }

  /// A decoder that is still to read its prefix.
  ///
  /// - Parameter workspace: memory that others may use between its calls. They overwrite the prefix,
  ///   which then must be read again.
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
    prompt = try computing { () throws(ComputeError) in
      guard case .prompt(let prompt) = prefix.body else {
        return try decoder.device.buffer(count: 0)
      }
      return try decoder.device.buffer(prompt.values)
    }
  }

  /// Reads the prefix. `progress` is called with the rows read so far.
  package func prefill(progress: (Int) -> Void = { _ in }) throws(TransformerError) {
    try read(textLength: prefixRows, progress: progress)
  }

  /// Reads the prefix with other values of its learned prompt, which are on the device.
  package func prefill(prompt values: borrowing DeviceBuffer<Float>) throws(TransformerError) {
    try computing { () throws(ComputeError) in
      try device.copy(values, into: &prompt, count: prompt.count)
    }
    try prefill()
  }

  /// Reads the prefix again where texts of this length take other rotary frequencies than those that
  /// it was read for.
  func prefill(forTextLength length: Int) throws(TransformerError) {
    guard decoder.isLong(length) != decoder.isLong(textLength) else { return }
    try read(textLength: length) { _ in }
  }

  private func read(
    textLength: Int, progress: (Int) -> Void
  ) throws(TransformerError) {
    self.textLength = textLength
    for start in stride(from: 0, to: prefixRows, by: chunk) {
      let rows = start..<min(start + chunk, prefixRows)
      try forward(RunLayout(rows, of: prefix, textLength: textLength))
      progress(rows.upperBound)
    }
  }

  /// Runs the decoder over rows that stand behind the prefix, or are part of it.
  func forward(_ run: RunLayout) throws(TransformerError) {
    try computing { () throws(ComputeError) in
      try workspace.forward(run, with: decoder, prompt: prompt, precision: precision)
    }
  }

  /// Runs sequences behind the prefix, as many as fit at a time.
  ///
  /// - Parameters:
  ///   - sequences: token ids, and how many of their last rows are response rows.
  ///   - body: called with the sequences of each run, the states of their response rows after the
  ///     final norm, [response rows, E], and the number of these rows.
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

  /// The end of the sequences from `first` on that fit into one run and share their rotary
  /// frequencies.
  private func endOfRun(
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

  /// Whether the prefix with this many tokens behind it is a long text.
  func isLong(_ tokens: Int) -> Bool { decoder.isLong(prefixRows + tokens) }

  /// An error of the model, or of what was done with its states.
  package enum RunError<Failure: Error>: Error {
    case model(TransformerError)
    case body(Failure)
  }

  private func forward(
    _ sequences: ArraySlice<(tokens: [Int], responseRows: Int)>
  ) throws(TransformerError) {
    var run = RunLayout(behindRows: prefixRows)
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
  /// Reads a prefix, `chunk` rows at a time, and returns what runs behind it. `progress` is called
  /// with the rows read so far.
  ///
  /// - Parameter capacity: the capacity behind the prefix.
  package func prefill(
    _ prefix: Prefix, capacity: PrefixCapacity, chunk: Int = 512,
    precision: ActivationPrecision = .f32, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> PrefixedDecoder {
    let rows = prefix.rows
    try checkLength(rows, of: "prefix")
    let workspace = try computing { () throws(ComputeError) in
      try DecoderWorkspace(
        self, cacheRows: rows + capacity.rows, rows: max(capacity.runRows, min(chunk, rows), 1),
        responseRows: max(capacity.responseRows, 1), training: false)
    }
    let model = try PrefixedDecoder(
      self, prefix: prefix, capacity: capacity, chunk: chunk, precision: precision,
      workspace: workspace)
    try model.prefill(progress: progress)
    return model
  }
}
