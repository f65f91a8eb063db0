import JSON

extension Placement {
  /// The tokens of a context: of the text as it is for a raw model, of the template's form of it
  /// for a chat model, with the tools beside it.
  ///
  /// - Parameter text: the context; nil for the tools alone.
  /// - Throws: when something in the context changes the template's text around it.
  package func contextTokens(of text: String?) throws(PlacementError) -> PlacedContext {
    guard let chat else {
      return PlacedContext(
        header: frame.header, identifiers: try tokenizer.identifiers(of: text ?? ""),
        closing: frame.closing, isCut: false)
    }
    let (header, context, whole) = try chat.context(text)
    guard reading == .inPlace || hasTools else {
      return PlacedContext(
        header: frame.header, identifiers: try tokenizer.identifiers(of: context),
        closing: frame.closing, isCut: false)
    }
    let tokens = try tokenizer.identifiers(of: whole)
    let prompt = try tailIdentifiers(chat.tail, chat).dropFirst(frame.closing.count)
    if tokens.count >= prompt.count, tokens.suffix(prompt.count).elementsEqual(prompt) {
      let span = tokens.dropLast(prompt.count)
      let shared = hasTools ? span.commonBeginning(with: frame.header) : frame.header
      if span.starts(with: shared) {
        return PlacedContext(
          Array(span.dropFirst(shared.count)), after: shared, endingWith: frame.closing)
      }
    }
    let beginning = try tokenizer.identifiers(of: header + context)
    let shared = hasTools ? beginning[...].commonBeginning(with: frame.header) : frame.header
    return PlacedContext(
      header: shared,
      identifiers: beginning.starts(with: shared)
        ? Array(beginning.dropFirst(shared.count))
        : try chat.afterContext.identifiers(of: context),
      closing: frame.closing, isCut: true)
  }

  /// The list of the run's tools, which stand at the context's position too; nil for none.
  package var tools: JSON? { chat?.tools?.json }

  /// Whether tools stand at the context's position too.
  package var hasTools: Bool { tools != nil }

  /// The tokens of a prompt: of the text as it is for a raw model, of a user's message with
  /// everything up to the answer for a chat model.
  ///
  /// - Throws: where the template refuses the prompt.
  package func promptTokens(of text: String) throws(PlacementError) -> PlacedPrompt {
    guard chat != nil else {
      return PlacedPrompt(identifiers: try tokenizer.identifiers(of: text), isCut: false)
    }
    return try promptTokens(of: [ChatMessage(role: "user", content: text)])
  }

  /// The tokens of a conversation up to the assistant's answer.
  ///
  /// - Parameters:
  ///   - messages: without a system message, which the context replaces, and without the answer.
  ///   - tools: the conversation's tools for the template; nil where there are none.
  /// - Throws: where there is no template, or it refuses the conversation.
  package func promptTokens(
    of messages: [ChatMessage], tools: JSON? = nil
  ) throws(PlacementError) -> PlacedPrompt {
    guard let chat else { throw .noTemplate }
    let tail = try chat.tail(of: messages, tools: tools)
    let tokens = try tailIdentifiers(tail, chat)
    if tokens.starts(with: frame.closing) {
      return PlacedPrompt(identifiers: Array(tokens.dropFirst(frame.closing.count)), isCut: false)
    }
    guard !isClosingOfTokens else {
      throw tools == nil
        ? .anotherClosing(template: templateName) : .toolsBesideContext(template: templateName)
    }
    return PlacedPrompt(
      identifiers: try chat.afterContext.identifiers(of: chat.prompt(in: tail)), isCut: true)
  }

  /// The tokens of a text after the context, including the closing's.
  func tailIdentifiers(
    _ tail: String, _ chat: ChatPlacement
  ) throws(PlacementError) -> [Int] {
    guard reading == .apart else { return try chat.afterContext.identifiers(of: tail) }
    return try chat.afterContext.identifiers(of: chat.closing)
      + chat.afterContext.identifiers(of: chat.prompt(in: tail))
  }

  /// The tokens of an assistant's message, including its end, where it has more than its content,
  /// such as tool calls.
  ///
  /// - Throws: where there is no template, or it refuses the conversation.
  package func responseIdentifiers(
    of message: ChatMessage, after messages: [ChatMessage], tools: JSON? = nil
  ) throws(PlacementError) -> [Int] {
    guard let chat else { throw .noTemplate }
    let tokens = try responseIdentifiers(
      chat.response(message, after: messages, tools: tools), after: messages, tools, chat)
    guard let end = endOfResponse, let last = tokens.firstIndex(of: end) else { return tokens }
    return Array(tokens[...last])
  }

  /// The tokens of an answer in a chat, without the token that ends it.
  ///
  /// - Throws: where the template refuses the conversation.
  package func responseIdentifiers(
    of text: String, after messages: [ChatMessage], tools: JSON? = nil
  ) throws(PlacementError) -> [Int] {
    guard let chat else { throw .noTemplate }
    let lead = reading == .inPlace ? chat.responseLead : ""
    return try responseIdentifiers(lead + text, after: messages, tools, chat)
  }

  private func responseIdentifiers(
    _ text: String, after messages: [ChatMessage], _ tools: JSON?, _ chat: ChatPlacement
  ) throws(PlacementError) -> [Int] {
    guard reading == .inPlace else { return try tokenizer.identifiers(of: text) }
    return try chat.afterContext.identifiers(of: text, after: chat.tail(of: messages, tools: tools))
  }
}

extension ArraySlice<Int> {
  /// The first tokens that both lists have.
  fileprivate func commonBeginning(with other: [Int]) -> [Int] {
    zip(self, other).prefix { $0 == $1 }.map(\.0)
  }
}
