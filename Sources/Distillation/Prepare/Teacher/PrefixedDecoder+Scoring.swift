package import Compute
package import Inference
package import Transformer

extension PrefixedDecoder {
  /// Scores every response token of the examples once, as the teacher. The cached values stay on
  /// the device.
  ///
  /// - Parameters:
  ///   - examples: examples of one span, the one before them.
  ///   - kind: what is kept of a row.
  ///   - temperature: of `projected`, whose values are for one temperature alone.
  ///   - targetShare: the share of the response's own token in the teacher's distribution.
  ///   - student: the model that is trained; nil for the teacher's own.
  /// - Throws: allocation and driver errors.
  package func score(
    _ examples: [Example], kind: TeacherCacheKind, temperature: Float, targetShare: Float = 0,
    for student: Decoder? = nil
  ) throws(TransformerError) -> TeacherCache {
    let cache = try TeacherCache(
      of: examples, for: student ?? decoder, kind: kind, temperature: temperature,
      targetShare: targetShare)
    for span in cache.spans { try score(cache, span: span) }
    return cache
  }

  /// Fills the rows of a cache that belong to the span before the prompts.
  ///
  /// - Parameters:
  ///   - cache: the cache.
  ///   - span: the span.
  ///   - progress: called with the response tokens scored so far.
  ///   - reading: called with some examples and the teacher's states of their response rows.
  func score(
    _ cache: TeacherCache, span: Int, progress: (Int) -> Void = { _ in },
    reading: (
      _ examples: ArraySlice<Int>, _ states: borrowing DeviceBuffer<Float>
    ) throws(ComputeError) -> Void = { _, _ in }
  ) throws(TransformerError) {
    try score(cache, cache.indices(ofSpan: span), progress: progress, reading: reading)
  }

  /// Fills the rows of examples of one span, the one before them; their rows are next to each
  /// other.
  func score(
    _ cache: TeacherCache, _ examples: [Int], progress: (Int) -> Void = { _ in },
    reading: (
      _ examples: ArraySlice<Int>, _ states: borrowing DeviceBuffer<Float>
    ) throws(ComputeError) -> Void = { _, _ in }
  ) throws(TransformerError) {
    let student = cache.student === decoder ? nil : cache.student.logitHead
    var scored = 0
    try forEachRun(
      examples.map { (cache[$0].inputs, cache[$0].responseRows) }
    ) { chosen, states, count throws(ComputeError) in
      try decoder.device.storeTeacher(
        states, rows: count, head: decoder.head, shape: decoder.configuration.logitShape,
        student: student, in: cache.rows,
        at: cache.rows(of: examples[chosen.lowerBound]).lowerBound)
      try reading(examples[chosen], states)
      scored += count
      progress(scored)
    }
  }

  /// As `run`, for a `body` that throws errors of the device alone.
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
