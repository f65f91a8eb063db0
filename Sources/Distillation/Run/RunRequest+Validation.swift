extension RunRequest {
  /// Checks that nothing is asked of held-out examples, for a run without any.
  func checkWithoutValidation() throws(DistillationError) {
    if options.patience != nil { throw .withoutValidation(.patience) }
    if !kept.contains(.evaluateEvery) { throw .withoutValidation(.evaluateEvery) }
    if let unrelated {
      throw .option(
        .unrelated, expected: "held-out examples, with which drift is measured, beside it",
        found: "\(unrelated.path) without any")
    }
  }
}
