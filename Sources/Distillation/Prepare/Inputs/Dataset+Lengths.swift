internal import Inference
import JSON
internal import Transformer

extension Dataset {
  /// Checks that every example has a response, where there is no context that answers follow from.
  ///
  /// - Throws: ``DistillationError/line(file:line:column:reason:)`` for the first without one.
  package func checkResponses() throws(DistillationError) {
    guard let open = examples.first(where: { $0.response == nil }) else { return }
    throw .line(
      file: open.file, line: open.line, column: nil,
      reason:
        "expected a response, because there is no context that answers follow from, found none")
  }

  /// Checks that every example fits the model's positions after its prefix.
  ///
  /// - Parameters:
  ///   - responseTokens: the most tokens of an answer, for examples without a response.
  ///   - positions: the model's longest text.
  ///   - model: what the model is, for the message.
  ///   - prefix: tokens before the prompt of an example: header, context and closing.
  /// - Throws: at the first example that is too long, with its line.
  package func checkLengths(
    responseTokens: Int, positions: Int, of model: String = "the model",
    prefix: (InputExample) -> Int
  ) throws(DistillationError) {
    for example in examples {
      let prefix = prefix(example)
      let response = example.response?.count ?? responseTokens
      // The difference may be below 0, but unlike the sum with a user's number it does not
      // overflow.
      guard response > positions - prefix - example.prompt.count else { continue }
      throw .line(
        file: example.file, line: example.line, column: nil,
        reason: "expected context, prompt and response to fit \(model)'s "
          + "\(Counted(positions, "position")), "
          + "found \(prefix) + \(example.prompt.count) + \(response) tokens"
          + (example.context == .whole && prefix >= positions
            ? "; \(ContextPart.spanKey) names the part of a long context that a line is about" : "")
      )
    }
  }

  /// Checks that every example fits after what its teacher reads, and after what its student does.
  ///
  /// - Parameters:
  ///   - responseTokens: the most tokens of an answer, for examples without a response.
  ///   - student: of the student.
  ///   - rows: tokens before a prompt of the student.
  ///   - teacher: of a teacher that is another model; nil where both are one.
  ///   - spans: what the teacher reads.
  func checkLengths(
    responseTokens: Int, student: DecoderConfiguration, rows: Int, teacher: DecoderConfiguration?,
    _ spans: ContextSpans
  ) throws(DistillationError) {
    func read(_ example: InputExample) -> Int { spans.prefixes[spans[example.context]].rows }
    guard let teacher else {
      return try checkLengths(
        responseTokens: responseTokens, positions: student.maximumPositions
      ) { max(read($0), rows) }
    }
    try checkLengths(
      responseTokens: responseTokens, positions: teacher.maximumPositions, of: "the teacher",
      prefix: read)
    try checkLengths(
      responseTokens: responseTokens, positions: student.maximumPositions, of: "the student"
    ) { _ in rows }
  }
}
