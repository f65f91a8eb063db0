import HuggingFace
import Tokenizers

/// Turns prompts and completions into identifiers, once for teacher and student alike.
package struct PromptReader: Sendable {
  private enum Form {
    case identifiers
    case text(Tokenizer, Placement)
  }

  /// Why a line gives no example.
  enum Problem: Error {
    case line(JSONValueError)
    case placement(PlacementError)
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

  /// A reader of text, for a context that is text.
  package init(
    _ tokenizer: Tokenizer, placement: Placement, vocabularySize: Int, contextFile: String
  ) {
    form = .text(tokenizer, placement)
    self.vocabularySize = vocabularySize
    self.contextFile = contextFile
  }

  /// The identifiers of a line's prompt and response.
  ///
  /// - Throws: when the line has another form than the context, an identifier is outside the
  ///   vocabulary, nothing is left of a text, or the chat template refuses the conversation.
  func read(
    _ line: ExampleLine, at value: JSONValue
  ) throws(Problem) -> (prompt: [Int], response: [Int]?) {
    switch (form, line) {
    case (.identifiers, .identifiers(let prompt, let completion)):
      try check(prompt, "prompt_ids", at: value)
      if let completion { try check(completion, "completion_ids", at: value) }
      return (prompt, completion)
    case (.text(let tokenizer, let placement), .text(let text, let completion)):
      let prompt = try placing { () throws(PlacementError) in
        try placement.promptIdentifiers(of: text)
      }
      try requireTokens(prompt, "prompt", at: value)
      guard let completion else { return (prompt, nil) }
      let response =
        placement.isChat
        ? try answer(completion, placement)
        : try continuation(of: text, prompt, with: completion, tokenizer)
      try requireTokens(response, "completion", at: value)
      return (prompt, response)
    case (.text(_, let placement), .messages(let messages, let response)):
      let prompt = try placing { () throws(PlacementError) in
        try placement.promptIdentifiers(of: messages)
      }
      try requireTokens(prompt, "messages", at: value)
      guard let response else { return (prompt, nil) }
      let answer = try answer(response, placement)
      try requireTokens(answer, "messages", at: value)
      return (prompt, answer)
    case (.identifiers, _), (.text, .identifiers):
      let isText = if case .text = form { true } else { false }
      throw .line(
        value.failure(
          expected: (isText ? "prompt or messages" : "prompt_ids")
            + ", because \(contextFile) holds \(isText ? "text" : "ids")", found: line.kind))
    }
  }

  /// The tokens of an assistant's message with the one that ends it.
  private func answer(_ text: String, _ placement: Placement) throws(Problem) -> [Int] {
    let response = try placing { () throws(PlacementError) in
      try placement.responseIdentifiers(of: text)
    }
    return response + (placement.endOfResponse.map { [$0] } ?? [])
  }

  /// The tokens of a completion where it stands, behind its prompt: a tokenizer that puts a mark
  /// before the first word of a text must not put it before a completion. Where the last word of
  /// the prompt would go on into the completion, the completion is a text of its own.
  private func continuation(
    of text: String, _ prompt: [Int], with completion: String, _ tokenizer: Tokenizer
  ) throws(Problem) -> [Int] {
    do {
      let joint = try tokenizer.encode(text + completion, addingSpecialTokens: false)
      if joint.starts(with: prompt) { return Array(joint.dropFirst(prompt.count)) }
      return try tokenizer.encode(completion, addingSpecialTokens: false)
    } catch { throw .placement(.folder(.tokenizer("\(error)"))) }
  }

  private func placing<Value>(
    _ call: () throws(PlacementError) -> Value
  ) throws(Problem) -> Value {
    do { return try call() } catch { throw .placement(error) }
  }

  private func check(
    _ identifiers: [Int], _ key: String, at value: JSONValue
  ) throws(Problem) {
    for (place, identifier) in identifiers.enumerated()
    where !(0..<vocabularySize).contains(identifier) {
      throw .line(
        value.failure(
          expected: "an id from 0 to \(vocabularySize - 1)", found: "\(identifier)",
          at: "\(key)[\(place)]"))
    }
  }

  /// A normalizer may take away all of a text.
  private func requireTokens(
    _ identifiers: [Int], _ key: String, at value: JSONValue
  ) throws(Problem) {
    if identifiers.isEmpty {
      throw .line(
        value.failure(
          expected: "a text", found: "one that the tokenizer leaves nothing of", at: key))
    }
  }
}
