/// An example of an input file, as token ids: a prompt, and a response where the file has one.
package struct InputExample: Sendable, Equatable {
  /// Token ids that follow the context or the soft prompt and the closing; at least one.
  package var prompt: [Int]
  /// Token ids that training teaches to predict, at least one; nil where the teacher answers.
  package var response: [Int]?
  /// Whether reading added the end token to the response.
  package var isEndAdded: Bool
  /// Whether the chat template's whole text has other tokens at the beginning of the prompt.
  package var isCut: Bool
  /// What the teacher reads before the prompt.
  package var context: ContextPart
  /// Line number in the file, from 1, for messages.
  package var line: Int
  /// Path of the file, for messages.
  package var file: String

  /// An example of a line of a file.
  package init(
    prompt: [Int], response: [Int]?, isEndAdded: Bool = false, isCut: Bool = false,
    context: ContextPart = .whole, line: Int, file: String
  ) {
    self.prompt = prompt
    self.response = response
    self.isEndAdded = isEndAdded
    self.isCut = isCut
    self.context = context
    self.line = line
    self.file = file
  }
}
