import Foundation
import HuggingFace
import JSON
import Tokenizers

/// Tokenizes prompts and completions, once for both teacher and student.
package struct PromptReader: Sendable {
  /// The form of the examples.
  enum Form {
    case identifiers
    case text(Tokenizer, Placement)
  }

  /// Why a line is not an example.
  enum Problem: Error {
    case line(JSONReadingError)
    case placement(PlacementError)
  }

  /// The form of the examples, with the tokenizer of texts.
  private(set) var form: Form
  /// V: token ids are below it.
  private let vocabularySize: Int
  /// The file of the context, for messages.
  private let contextFile: String
  /// The text of the context, with line ends as LF; nil where it is given as token ids.
  let contextText: String?
  /// Whether a line without a context of its own is about the run's, or about none.
  let hasContext: Bool
  private let ending: Ending?

  /// The end tokens of a raw model's completions.
  package struct Ending: Sendable {
    /// The token that is added.
    package var identifier: Int
    /// Other tokens that end a completion: nothing is added after them.
    package var others: Set<Int>

    /// An ending.
    package init(identifier: Int, others: Set<Int>) {
      self.identifier = identifier
      self.others = others
    }
  }

  /// An example's tokens.
  struct Tokens: Equatable {
    var prompt: [Int]
    var response: [Int]?
    /// Whether reading added the end token to the response.
    var isEndAdded = false
    /// Whether the whole text has other tokens at the beginning of the prompt.
    var isCut = false
  }

  /// A reader of token ids, for a context that is given as token ids.
  package init(identifiersBelow vocabularySize: Int, contextFile: String) {
    form = .identifiers
    contextText = nil
    hasContext = true
    ending = nil
    self.vocabularySize = vocabularySize
    self.contextFile = contextFile
  }

  /// A reader of text, for a context that is text.
  ///
  /// - Parameters:
  ///   - tokenizer: the model's tokenizer.
  ///   - placement: the placement of prompts in a text.
  ///   - vocabularySize: V.
  ///   - contextFile: the file of the context, for messages.
  ///   - contextText: the text of the context; nil where it is not known.
  ///   - hasContext: whether a line needs no context of its own.
  ///   - ending: the end tokens of a raw model's completions; nil adds none.
  package init(
    _ tokenizer: Tokenizer, placement: Placement, vocabularySize: Int, contextFile: String,
    contextText: String? = nil, hasContext: Bool = true, ending: Ending? = nil
  ) {
    self.hasContext = hasContext
    self.ending = ending
    form = .text(tokenizer, placement)
    self.contextText = contextText.map(TextFile.withLineFeeds)
    self.vocabularySize = vocabularySize
    self.contextFile = contextFile
  }

  /// This reader with another placement.
  func with(_ placement: Placement) -> PromptReader {
    var reader = self
    if case .text(let tokenizer, _) = form { reader.form = .text(tokenizer, placement) }
    return reader
  }

  /// The token ids of a line's prompt and response.
  ///
  /// - Parameters:
  ///   - part: what the teacher reads before the prompt.
  ///   - addsEnd: whether a completion without an end gets one; a teacher's answer stays as it is.
  /// - Throws: when the line has another form than the context, a token id is outside the
  ///   vocabulary, a text has no tokens, or the chat template refuses the conversation.
  func read(
    _ line: ExampleLine, at value: JSONNode, after part: ContextPart = .whole, addsEnd: Bool = true
  ) throws(Problem) -> Tokens {
    switch (form, line) {
    case (.identifiers, .identifiers(let prompt, let completion)):
      try check(prompt, "prompt_ids", at: value)
      if let completion { try check(completion, "completion_ids", at: value) }
      return Tokens(prompt: prompt, response: completion)
    case (.text(let tokenizer, let placement), .text(let text, let completion)):
      if placement.hasTools { _ = try tools(of: value, placement) }
      let placed = try placing { () throws(PlacementError) in
        try placement.promptTokens(of: text)
      }
      let prompt = placed.identifiers
      try requireTokens(prompt, "prompt", at: value)
      guard let completion else { return Tokens(prompt: prompt, isCut: placed.isCut) }
      var response =
        placement.isChat
        ? try answer(completion, to: [ChatMessage(role: "user", content: text)], placement)
        : try placing { () throws(PlacementError) in
          try continuation(of: text, prompt, with: completion, tokenizer)
        }
      try requireTokens(response, "completion", at: value)
      guard addsEnd, !placement.isChat, let ending, let last = response.last,
        last != ending.identifier, !ending.others.contains(last)
      else { return Tokens(prompt: prompt, response: response, isCut: placed.isCut) }
      response.append(ending.identifier)
      return Tokens(prompt: prompt, response: response, isEndAdded: true)
    case (.text(_, let placement), .messages(let all, let response)):
      let messages = try withoutContext(all, text(of: part), at: value)
      let tools = try tools(of: value, placement)
      try checkCalls(in: value, of: tools ?? placement.tools)
      let placed = try placing(value) { (completion) throws(PlacementError) in
        try placement.promptTokens(of: completed(messages, completion), tools: tools)
      }
      let (prompt, isCut) = (placed.identifiers, placed.isCut)
      try requireTokens(prompt, "messages", at: value)
      guard let response else { return Tokens(prompt: prompt, isCut: isCut) }
      let answer: [Int]
      if response.callsTools, placement.reads(ChatMessage.callsKey) {
        answer = try placing(value) { (completion) throws(PlacementError) in
          try placement.responseIdentifiers(
            of: completion?.applied(to: response) ?? response,
            after: completed(messages, completion), tools: tools)
        }
      } else {
        guard let content = response.content else {
          throw .line(
            value.failure(
              expected: response.callsTools
                ? "a response with content, because the chat template writes no tool_calls"
                : "a response with content or calls",
              found: response.callsTools ? "tool_calls alone" : "neither", at: "messages"))
        }
        answer = try self.answer(content, to: messages, tools: tools, placement)
      }
      try requireTokens(answer, "messages", at: value)
      return Tokens(prompt: prompt, response: answer, isCut: isCut)
    case (.identifiers, _), (.text, .identifiers):
      throw .line(
        value.failure(
          expected: (isText ? "prompt or messages" : "prompt_ids")
            + ", because \(contextFile) holds \(isText ? "text" : "ids")", found: line.kind))
    }
  }

  /// The tokens of an assistant's message, including its end token.
  private func answer(
    _ text: String, to messages: [ChatMessage], tools: JSON? = nil, _ placement: Placement
  ) throws(Problem) -> [Int] {
    let response = try placing { () throws(PlacementError) in
      try placement.responseIdentifiers(of: text, after: messages, tools: tools)
    }
    return response + (placement.endOfResponse.map { [$0] } ?? [])
  }

  private func placing<Value>(
    _ call: () throws(PlacementError) -> Value
  ) throws(Problem) -> Value {
    do { return try call() } catch { throw .placement(error) }
  }

  private func check(
    _ identifiers: [Int], _ key: String, at value: JSONNode
  ) throws(Problem) {
    for (index, identifier) in identifiers.enumerated()
    where !(0..<vocabularySize).contains(identifier) {
      throw .line(
        value.failure(
          expected: "an id from 0 to \(vocabularySize - 1)", found: "\(identifier)",
          at: "\(key)[\(index)]"))
    }
  }

  /// Throws where there are no tokens: a normalizer may remove a whole text.
  private func requireTokens(
    _ identifiers: [Int], _ key: String, at value: JSONNode
  ) throws(Problem) {
    if identifiers.isEmpty {
      throw .line(
        value.failure(
          expected: "a text", found: "one that the tokenizer leaves nothing of", at: key))
    }
  }
}

extension String {
  /// Without white space at both ends.
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
