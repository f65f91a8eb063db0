package import Compute
package import Transformer

/// The frozen model that has read the long context: it answers prompts that have no response and scores every response once.
package final class Teacher {
  package let model: PrefixedDecoder
  private var decoder: Decoder { model.decoder }

  /// Reads the context once and keeps its keys and values.
  ///
  /// - Parameters:
  ///   - room: what there is to be room for behind the context; in a run at least the longest prompt with its response.
  ///   - progress: called with the tokens of the prefix read so far.
  package init(
    _ decoder: Decoder, header: [Int], context: [Int], closing: [Int], room: PrefixRoom,
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) {
    model = try PrefixedDecoder(
      decoder, prefix: Prefix(header: header, body: .context(context), closing: closing),
      room: room, progress: progress)
  }

  /// Scores every response token of the examples once. The cache's values stay on the device.
  ///
  /// - Parameters:
  ///   - temperature: of `projected`, whose values hold for one temperature alone.
  ///   - progress: called with the response tokens scored so far.
  package func score(
    _ examples: [AnsweredExample], kind: TeacherCacheKind, temperature: Float,
    progress: (Int) -> Void = { _ in }
  ) throws(TransformerError) -> TeacherCache {
    let configuration = decoder.configuration
    let rows = try computing { () throws(ComputeError) in
      try TeacherRows(
        decoder.device, kind: kind, capacity: TeacherCache.rowCount(examples),
        vocabulary: configuration.vocabularySize, width: configuration.hiddenSize,
        temperature: temperature)
    }
    var scored = 0
    try model.forEachRun(examples.map { ($0.inputs, $0.responseRows) }) {
      _, states, count throws(ComputeError) in
      try decoder.device.storeTeacher(
        states, rows: count, head: decoder.head, shape: configuration.logitShape, in: rows,
        at: scored)
      scored += count
      progress(scored)
    }
    return TeacherCache(examples: examples, rows: rows)
  }
}

extension PrefixedDecoder {
  /// As `run`, where what is done with the states fails as the device fails.
  func forEachRun(
    _ sequences: [(tokens: [Int], responseRows: Int)],
    _ body: (Range<Int>, borrowing DeviceBuffer<Float>, Int) throws(ComputeError) -> Void
  ) throws(TransformerError) {
    do throws(RunError<ComputeError>) {
      try run(sequences, body)
    } catch {
      switch error {
      case .model(let error): throw error
      case .body(let error): throw .compute(error)
      }
    }
  }
}
