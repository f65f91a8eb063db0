package import Compute

/// A decoder that has read a prefix once and keeps its keys and values: every prompt after it costs its own rows alone.
///
/// With the long context as prefix this is the teacher, with a soft prompt the student as it will be used, with nothing the model
/// without context.
package final class PrefixedDecoder {
  package let decoder: Decoder
  /// Rows of the prefix.
  package let prefixRows: Int
  /// Capacity behind the prefix.
  package let room: PrefixRoom
  private let chunk: Int
  /// Of the activations that matrix multiplications read.
  private let precision: ActivationPrecision
  private let workspace: DecoderWorkspace
  var device: Device { decoder.device }
  var cache: KeyValueCache { workspace.cache }
  var activations: DecoderActivations { workspace.activations }
  var batch: PackedBatch { workspace.batch }
  /// The prefix's token ids by row; 0 in the rows of a soft prompt.
  private var prefixIdentifiers: [Int] = []
  /// The soft prompt, [k, E], and the rows of the prefix that it takes.
  private var softPrompt: DeviceBuffer<Float>
  private var softPromptRows = 0..<0
  /// The length of text whose angles turned the prefix's keys.
  private var textLength = 0

  /// Reads the prefix, `chunk` rows at a time. `progress` is called with the rows read so far.
  ///
  /// - Parameters:
  ///   - room: the capacity behind the prefix.
  package convenience init(
    _ decoder: Decoder, prefix: Prefix, room: PrefixRoom, chunk: Int = 512,
    precision: ActivationPrecision = .f32, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    let rows = prefix.rows(width: decoder.configuration.hiddenSize)
    let runRows = max(room.runRows, min(chunk, rows), 1)
    let workspace = try computing { () throws(ComputeError) in
      try DecoderWorkspace(
        decoder, cacheRows: rows + room.rows, rows: runRows,
        responseRows: max(room.responseRows, 1), training: false)
    }
    try self.init(
      decoder, prefixRows: rows, room: room, chunk: chunk, precision: precision,
      workspace: workspace)
    try read(prefix, progress: progress)
  }

  /// A decoder that is still to read a prefix of `prefixRows` rows, in memory that others may use
  /// between its calls; they overwrite the prefix, which then must be read again.
  package init(
    _ decoder: Decoder, prefixRows: Int, room: PrefixRoom, chunk: Int = 512,
    precision: ActivationPrecision = .f32, workspace: DecoderWorkspace
  ) throws(TransformerError) {
    self.decoder = decoder
    self.prefixRows = prefixRows
    self.room = room
    self.chunk = min(chunk, workspace.activations.capacity)
    self.precision = precision
    self.workspace = workspace
    softPrompt = try computing { () throws(ComputeError) in try decoder.device.buffer(count: 0) }
  }

  /// Reads another prefix of the same length in the place of the first.
  package func read(
    _ prefix: Prefix, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    let width = decoder.configuration.hiddenSize
    guard case .softPrompt(let values) = prefix.body else {
      try read(prefix.identifiers(width: width), softPromptRows: 0..<0, progress: progress)
      return
    }
    let staged = try computing { () throws(ComputeError) in try device.buffer(values) }
    try read(
      header: prefix.header, softPrompt: staged, count: values.count / width,
      closing: prefix.closing, progress: progress)
  }

  /// As `read`, where the soft prompt is on the device: the first `count` rows of `softPrompt`, [k, E].
  package func read(
    header: [Int], softPrompt values: borrowing DeviceBuffer<Float>, count: Int, closing: [Int],
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    let elements = count * decoder.configuration.hiddenSize
    try computing { () throws(ComputeError) in
      if softPrompt.count != elements { softPrompt = try device.buffer(count: elements) }
      try device.copy(values, into: &softPrompt, count: elements)
    }
    try read(
      header + [Int](repeating: 0, count: count) + closing,
      softPromptRows: header.count..<(header.count + count), progress: progress)
  }

  private func read(
    _ identifiers: [Int], softPromptRows rows: Range<Int>, progress: (Int) -> Void
  ) throws(TransformerError) {
    precondition(identifiers.count == prefixRows, "a prefix of another length")
    try decoder.check(identifiers)
    try decoder.checkLength(prefixRows, of: "prefix")
    prefixIdentifiers = identifiers
    softPromptRows = rows
    try read(textLength: prefixRows, progress: progress)
  }

  /// Reads the prefix again where texts of this length turn its keys otherwise than those that it was read for.
  func turnPrefix(textLength: Int) throws(TransformerError) {
    guard decoder.isLong(textLength) != decoder.isLong(self.textLength) else { return }
    try read(textLength: textLength) { _ in }
  }

  private func read(
    textLength: Int, progress: (Int) -> Void
  ) throws(TransformerError) {
    self.textLength = textLength
    var start = 0
    while start < prefixRows {
      let end = min(start + chunk, prefixRows)
      try computing { () throws(ComputeError) in
        try load(Array(prefixIdentifiers[start..<end]))
        try insertSoftPrompt(intoRows: start..<end)
        let sequence = PackedBatch.Sequence(
          rows: end - start, responseRows: 0, keyStart: 0, earlierKeys: start,
          followsPrefix: false)
        try batch.fill([sequence], prefixRows: 0, textLength: textLength)
        try decoder.forward(
          batch, cache: cache, activations: activations, precision: precision)
      }
      progress(end)
      start = end
    }
  }

  /// Copies the part of the soft prompt that is in a chunk of the prefix over the embeddings there.
  private func insertSoftPrompt(intoRows rows: Range<Int>) throws(ComputeError) {
    let width = decoder.configuration.hiddenSize
    let inside = rows.clamped(to: softPromptRows)
    guard !inside.isEmpty else { return }
    try device.copy(
      softPrompt, from: (inside.lowerBound - softPromptRows.lowerBound) * width,
      into: &activations.embeddings, at: (inside.lowerBound - rows.lowerBound) * width,
      count: inside.count * width)
  }

  /// Uploads token ids and gathers their embeddings.
  func load(_ tokens: [Int]) throws(ComputeError) {
    try workspace.embed(tokens, with: decoder)
  }

  /// Runs sequences behind the prefix, as many as fit at a time, and hands over the states of their response rows:
  /// [response rows, E] after the final norm, and which sequences they belong to.
  ///
  /// - Parameter sequences: token ids, and how many of their last rows are response rows.
  package func run<Failure: Error>(
    _ sequences: [(tokens: [Int], responseRows: Int)],
    _ body: (Range<Int>, borrowing DeviceBuffer<Float>, Int) throws(Failure) -> Void
  ) throws(RunError<Failure>) {
    var first = 0
    while first < sequences.count {
      var end = first
      var rows = 0
      var responses = 0
      while end < sequences.count, rows + sequences[end].tokens.count <= room.runRows,
        responses + sequences[end].responseRows <= activations.responseCapacity,
        isLong(sequences[end].tokens.count) == isLong(sequences[first].tokens.count)
      {
        rows += sequences[end].tokens.count
        responses += sequences[end].responseRows
        end += 1
      }
      guard end > first else {
        throw .model(
          .tooLong(
            what: "prompt and response", tokens: sequences[first].tokens.count,
            maximum: room.runRows))
      }
      do throws(TransformerError) {
        try forward(sequences[first..<end])
      } catch { throw .model(error) }
      do throws(Failure) {
        try body(first..<end, activations.states, batch.responseRows)
      } catch { throw .body(error) }
      first = end
    }
  }

  /// Whether the prefix with this many tokens behind it is a long text.
  func isLong(_ tokens: Int) -> Bool { decoder.isLong(prefixRows + tokens) }

  /// A failure of the model, or of what was done with its states.
  package enum RunError<Failure: Error>: Error {
    case model(TransformerError)
    case body(Failure)
  }

  private func forward(
    _ sequences: ArraySlice<(tokens: [Int], responseRows: Int)>
  ) throws(TransformerError) {
    var packed: [PackedBatch.Sequence] = []
    var tokens: [Int] = []
    for sequence in sequences {
      try decoder.check(sequence.tokens)
      try decoder.checkLength(prefixRows + sequence.tokens.count, of: "prefix, prompt and response")
      packed.append(
        PackedBatch.Sequence(
          rows: sequence.tokens.count, responseRows: sequence.responseRows,
          keyStart: prefixRows + tokens.count, followsPrefix: true))
      tokens += sequence.tokens
    }
    let longest = prefixRows + (sequences.map(\.tokens.count).max() ?? 0)
    try turnPrefix(textLength: longest)
    try computing { () throws(ComputeError) in
      try load(tokens)
      try batch.fill(packed, prefixRows: prefixRows, textLength: longest)
      try decoder.forward(
        batch, cache: cache, activations: activations, precision: precision)
    }
  }
}

extension Decoder {
  /// Throws where an id is outside the vocabulary.
  package func check(_ identifiers: [Int]) throws(TransformerError) {
    let size = configuration.vocabularySize
    if let wrong = identifiers.first(where: { $0 < 0 || $0 >= size }) {
      throw .identifier(wrong, vocabularySize: size)
    }
  }

  /// Whether a text of this length turns its queries and keys by the angles of long texts.
  package func isLong(_ textLength: Int) -> Bool {
    rotations.contains { $0.parameters?.isLong(textLength) ?? false }
  }

  /// Throws where a text is longer than the positions that the model was made for.
  package func checkLength(_ tokens: Int, of what: String) throws(TransformerError) {
    if tokens > configuration.maximumPositions {
      throw .tooLong(what: what, tokens: tokens, maximum: configuration.maximumPositions)
    }
  }
}
