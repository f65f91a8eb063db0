/// How the model is made to write questions.
package enum QuestionerForm: String, Sendable, Codable, CaseIterable {
  /// It is told what to write, and answers with the question; of a model without a chat template,
  /// examples go before it.
  case instruct
  /// It is told to write a question about the text, and goes on with its own answer from the first
  /// words of the question.
  case lead
  /// It goes on with a user's message, whose first words are given.
  case complete
}
