package import Compute

/// A decoder that has read a prefix once and keeps its keys and values: every prompt after it costs its own rows alone.
///
/// With the long context as prefix this is the teacher, with a soft prompt the student as it will be used, with nothing the model
/// without context.
package final class PrefixedDecoder {
  package let decoder: Decoder
  /// Rows of the prefix.
  package let prefixRows: Int
  /// What there is room for behind the prefix.
  package let room: PrefixRoom
  private let chunk: Int
  let device: Device
  let cache: KeyValueCache
  let activations: DecoderActivations
  let batch: PackedBatch
  var identifiers: DeviceBuffer<Int32>
  private var prefix: Prefix
  /// The length of text whose angles turned the prefix's keys.
  private var textLength = 0

  /// Reads the prefix, `chunk` rows at a time. `progress` is called with the rows read so far.
  ///
  /// - Parameters:
  ///   - room: what there is to be room for behind the prefix.
  package init(
    _ decoder: Decoder, prefix: Prefix, room: PrefixRoom, chunk: Int = 512,
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    let configuration = decoder.configuration
    let rows = prefix.rows(width: configuration.hiddenSize)
    let runRows = max(room.runRows, min(chunk, rows), 1)
    self.decoder = decoder
    self.prefix = prefix
    device = decoder.device
    prefixRows = rows
    self.room = room
    do throws(ComputeError) {
      cache = try KeyValueCache(device, configuration: configuration, capacity: rows + room.rows)
      activations = try DecoderActivations(
        device, configuration: configuration, rows: runRows,
        responseRows: max(room.responseRows, 1),
        training: false)
      batch = try PackedBatch(device, configuration: configuration, capacity: runRows)
      identifiers = try device.buffer(count: runRows)
    } catch { throw .compute(error) }
    self.chunk = chunk
    try read(prefix, progress: progress)
  }

  /// Reads another prefix of the same length in the place of the first, such as the soft prompt some steps later.
  package func read(
    _ prefix: Prefix, progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    precondition(
      prefix.rows(width: decoder.configuration.hiddenSize) == prefixRows,
      "a prefix of another length")
    self.prefix = prefix
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
    let width = decoder.configuration.hiddenSize
    let all = prefix.identifiers(width: width)
    try decoder.check(all)
    try decoder.checkLength(prefixRows, of: "prefix")
    var start = 0
    while start < all.count {
      let end = min(start + chunk, all.count)
      try computing { () throws(ComputeError) in
        try load(Array(all[start..<end]))
        if case .softPrompt(let values) = prefix.body {
          try write(values, ofRows: start..<end, from: prefix.header.count)
        }
        let sequence = PackedBatch.Sequence(
          rows: end - start, responseRows: 0, keyStart: 0, earlierKeys: start,
          followsPrefix: false)
        try batch.fill([sequence], prefixRows: 0, textLength: textLength)
        try decoder.forward(batch, cache: cache, activations: activations)
      }
      progress(end)
      start = end
    }
  }

  /// Puts the part of the soft prompt that falls into a chunk of the prefix over the embeddings of its rows.
  private func write(
    _ values: [Float], ofRows rows: Range<Int>, from first: Int
  ) throws(ComputeError) {
    let width = decoder.configuration.hiddenSize
    let inside = rows.clamped(to: first..<(first + values.count / width))
    guard !inside.isEmpty else { return }
    let part = Array(
      values[((inside.lowerBound - first) * width)..<((inside.upperBound - first) * width)])
    try device.upload(
      part, into: &activations.embeddings, at: (inside.lowerBound - rows.lowerBound) * width)
  }

  /// Uploads token ids and gathers their embeddings.
  func load(_ tokens: [Int]) throws(ComputeError) {
    try device.upload(tokens.map(Int32.init), into: &identifiers)
    try decoder.embed(identifiers, count: tokens.count, into: &activations.embeddings)
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
      try decoder.forward(batch, cache: cache, activations: activations)
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
