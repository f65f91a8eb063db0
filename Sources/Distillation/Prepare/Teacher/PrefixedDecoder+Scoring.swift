package import Compute
package import Inference
package import Transformer

extension PrefixedDecoder {
  /// Scores every response token of the examples once, as the teacher. The cached values stay on
  /// the device.
  ///
  /// - Parameters:
  ///   - temperature: of `projected`, whose values are for one temperature alone.
  ///   - progress: called with the response tokens scored so far.
  package func score(
    _ examples: [Example], kind: TeacherCacheKind, temperature: Float,
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
    try forEachRun(examples.map { ($0.inputs, $0.responseRows) }) {
      _, states, count throws(ComputeError) in
      try decoder.device.storeTeacher(
        states, rows: count, head: decoder.head, shape: configuration.logitShape, in: rows,
        at: scored)
      scored += count
      progress(scored)
    }
    return TeacherCache(examples: examples, rows: rows)
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
