import JSON

extension Dataset {
  /// Checks that every example fits the model's positions after a prefix.
  ///
  /// - Parameters:
  ///   - prefix: tokens before the prompt: header, context and closing.
  ///   - responseTokens: the most tokens of an answer, for examples without a response.
  ///   - positions: the model's longest text.
  /// - Throws: at the first example that is too long, with its line.
  package func checkLengths(
    prefix: Int, responseTokens: Int, positions: Int
  ) throws(DistillationError) {
    for example in examples {
      let response = example.response?.count ?? responseTokens
      // The difference may be below 0, but unlike the sum with a user's number it does not
      // overflow.
      guard response > positions - prefix - example.prompt.count else { continue }
      throw .line(
        file: example.file, line: example.line, column: nil,
        reason: "expected context, prompt and response to fit the model's "
          + "\(Counted(positions, "position")), "
          + "found \(prefix) + \(example.prompt.count) + \(response) tokens")
    }
  }
}
