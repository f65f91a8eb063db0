import JSON

extension Dataset {
  /// Checks that every example fits the model's positions after its prefix.
  ///
  /// - Parameters:
  ///   - responseTokens: the most tokens of an answer, for examples without a response.
  ///   - positions: the model's longest text.
  ///   - prefix: tokens before the prompt of an example: header, context and closing.
  /// - Throws: at the first example that is too long, with its line.
  package func checkLengths(
    responseTokens: Int, positions: Int, prefix: (InputExample) -> Int
  ) throws(DistillationError) {
    for example in examples {
      let prefix = prefix(example)
      let response = example.response?.count ?? responseTokens
      // The difference may be below 0, but unlike the sum with a user's number it does not
      // overflow.
      guard response > positions - prefix - example.prompt.count else { continue }
      throw .line(
        file: example.file, line: example.line, column: nil,
        reason: "expected context, prompt and response to fit the model's "
          + "\(Counted(positions, "position")), "
          + "found \(prefix) + \(example.prompt.count) + \(response) tokens"
          + (example.context == .whole && prefix >= positions
            ? "; \(ContextPart.spanKey) names the part of a long context that a line is about" : "")
      )
    }
  }
}
