import HuggingFace
import Tokenizers

/// Turns prompts and completions into identifiers, once for teacher and student alike.
package struct PromptReader: Sendable {
  private enum Form {
    case identifiers
    case text(Tokenizer)
  }

  private let form: Form
  /// V: identifiers are below it.
  private let vocabularySize: Int
  /// The file of the context, for messages.
  private let contextFile: String

  /// A reader of identifiers as they are, for a context that is given as identifiers too.
  package init(identifiersBelow vocabularySize: Int, contextFile: String) {
    form = .identifiers
    self.vocabularySize = vocabularySize
    self.contextFile = contextFile
  }

  /// A reader of text.
  package init(_ tokenizer: Tokenizer, vocabularySize: Int, contextFile: String) {
    form = .text(tokenizer)
    self.vocabularySize = vocabularySize
    self.contextFile = contextFile
  }

  /// The identifiers of a line's prompt and response.
  ///
  /// - Throws: when the line has another form than the context, an identifier is outside the
  ///   vocabulary, or nothing is left of a text.
  func read(
    _ line: ExampleLine, at value: JSONValue
  ) throws(JSONValueError) -> (prompt: [Int], response: [Int]?) {
    switch (form, line) {
    case (.identifiers, .identifiers(let prompt, let completion)):
      try check(prompt, "prompt_ids", at: value)
      if let completion { try check(completion, "completion_ids", at: value) }
      return (prompt, completion)
    case (.text(let tokenizer), .text(let text, let completion)):
      let prompt = tokenizer.encode(text, addingSpecialTokens: false)
      try requireTokens(prompt, "prompt", at: value)
      guard let completion else { return (prompt, nil) }
      let response = Self.continuation(of: text, prompt, with: completion, tokenizer)
      try requireTokens(response, "completion", at: value)
      return (prompt, response)
    case (.text, .messages):
      throw value.failure(
        expected: "prompt, because the model has no chat template", found: "messages")
    case (.identifiers, _), (.text, .identifiers):
      let isText = if case .text = form { true } else { false }
      throw value.failure(
        expected: (isText ? "prompt or messages" : "prompt_ids")
          + ", because \(contextFile) holds \(isText ? "text" : "ids")", found: line.key)
    }
  }

  /// The tokens of a completion where it stands, behind its prompt: a tokenizer that puts a mark
  /// before the first word of a text must not put it before a completion. Where the last word of
  /// the prompt would go on into the completion, the completion is a text of its own.
  private static func continuation(
    of text: String, _ prompt: [Int], with completion: String, _ tokenizer: Tokenizer
  ) -> [Int] {
    let joint = tokenizer.encode(text + completion, addingSpecialTokens: false)
    if joint.starts(with: prompt) { return Array(joint.dropFirst(prompt.count)) }
    return tokenizer.encode(completion, addingSpecialTokens: false)
  }

  private func check(
    _ identifiers: [Int], _ key: String, at value: JSONValue
  ) throws(JSONValueError) {
    for (place, identifier) in identifiers.enumerated()
    where !(0..<vocabularySize).contains(identifier) {
      throw value.failure(
        expected: "an id from 0 to \(vocabularySize - 1)", found: "\(identifier)",
        at: "\(key)[\(place)]")
    }
  }

  /// A normalizer may take away all of a text.
  private func requireTokens(
    _ identifiers: [Int], _ key: String, at value: JSONValue
  ) throws(JSONValueError) {
    if identifiers.isEmpty {
      throw value.failure(
        expected: "a text", found: "one that the tokenizer leaves nothing of", at: key)
    }
  }
}
