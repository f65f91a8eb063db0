extension Study {
  /// As the other, for a study by itself.
  ///
  /// - Throws: ``DistillationError/content(file:expected:found:)`` where the model writes no
  ///   question that can be used; ``DistillationError/file(_:)`` when a line cannot be written;
  ///   ``DistillationError/transformer(_:)`` with allocation and driver errors.
  package func perform(
    handle: @escaping (RunEvent) -> Void
  ) throws(DistillationError) -> StudyResult {
    try perform(
      measuring: { (_, _) throws(DistillationError) in },
      preparing: { () throws(DistillationError) in }, handle: handle)
  }

  /// What was written so far.
  package var result: StudyResult {
    let progress = record.progress
    return StudyResult(
      conversations: progress.count, heldOut: progress.count(.heldOut), lines: progress.lines,
      questions: progress.questions, drops: progress.drops, tokens: progress.tokens,
      seconds: progress.seconds, times: progress.times, windows: windows.count,
      heldOutShare: chunks.heldOutShare,
      heldOutSpans: chunks.flatMap { $0.spans(of: .heldOut) })
  }
}
