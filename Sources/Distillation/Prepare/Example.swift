/// A prompt and its response, as token ids.
package struct Example: Sendable, Equatable {
  /// Token ids that follow the context or the soft prompt and the closing; at least one.
  package var prompt: [Int]
  /// Token ids that training teaches to predict; at least one.
  package var response: [Int]
  /// The index of the span of the context that the teacher reads before the prompt.
  package var span: Int

  /// An example of these token ids.
  package init(prompt: [Int], response: [Int], span: Int = 0) {
    self.prompt = prompt
    self.response = response
    self.span = span
  }

  /// The input tokens: the prompt and the response without its last token, which predicts nothing.
  package var inputs: [Int] { prompt + response.dropLast() }

  /// Number of rows that predict the response: the last rows of `inputs`, from the prompt's last.
  package var responseRows: Int { response.count }
}
