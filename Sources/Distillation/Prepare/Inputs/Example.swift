/// One prompt and its response, as identifiers.
package struct Example: Sendable, Equatable {
  /// What stands behind the context or the soft prompt and the closing; at least one token.
  package var prompt: [Int]
  /// What training teaches to predict, at least one token; nil where the teacher is to answer.
  package var response: [Int]?
  /// Whether the response's last token was put there when it was read.
  package var isEndAdded: Bool
  /// Whether the chat template's whole text has other tokens at the beginning of the prompt.
  package var isCut: Bool
  /// Where it came from, for messages: the line counts from 1.
  package var line: Int
  /// The path of the file, for messages.
  package var file: String

  /// An example of a line of a file.
  package init(
    prompt: [Int], response: [Int]?, isEndAdded: Bool = false, isCut: Bool = false, line: Int,
    file: String
  ) {
    self.prompt = prompt
    self.response = response
    self.isEndAdded = isEndAdded
    self.isCut = isCut
    self.line = line
    self.file = file
  }
}
