/// A prompt with its response, in token ids: one example whose response is known.
package struct AnsweredExample: Sendable, Equatable {
  package var prompt: [Int]
  package var response: [Int]

  package init(prompt: [Int], response: [Int]) {
    self.prompt = prompt
    self.response = response
  }

  /// What the model reads: the prompt and all of the response but its last token, which predicts nothing.
  package var inputs: [Int] { prompt + response.dropLast() }

  /// The positions that predict the response, the last rows of `inputs`; the first of them is the prompt's last token.
  package var responseRows: Int { response.count }
}
