import Tokenizers

/// Where the context, or the soft prompt in its place, stands in a text:
///
///     header | context or soft prompt | closing | prompt | response
///
/// Header and closing are the same for every example. A raw model's header is what its tokenizer
/// puts before any text, such as BOS, and its closing is empty. For a chat model the template is
/// rendered around a marker in the place of the system message's content: the header ends and the
/// closing begins there.
///
/// Every piece is tokenized by itself. Special tokens in it are recognised, and none are added: a
/// template writes its own BOS. The closing reaches as far as the tokenizer gives the same tokens
/// for closing and prompt apart as for both together; where no place is sure, it is empty, and all
/// of that text belongs to the prompt.
package struct Placement: Sendable {
  /// The tokens before the context, and those after it that every example shares.
  package let frame: Frame

  /// `raw`, the name of a built-in template, or the file of the model's own.
  package let templateName: String

  /// The token that ends an answer in the template, for example `<|im_end|>`; nil for a raw model,
  /// and for a template that writes none.
  package let endOfResponse: Int?

  /// The template's source; nil for a raw model.
  package let templateSource: String?

  /// Tokens that a built-in template writes and the tokenizer does not have: it takes them apart.
  package let missingTokens: [String]

  private let tokenizer: Tokenizer
  private let chat: ChatPlacement?

  /// The placement for a model that continues text.
  package init(raw tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    frame = Frame(header: tokenizer.leadingSpecialIdentifiers)
    templateName = "raw"
    templateSource = nil
    endOfResponse = nil
    missingTokens = []
    chat = nil
  }

  /// The placement for a model that follows a chat template.
  ///
  /// - Parameter variables: what the template is told in every rendering.
  /// - Throws: when the template does not mention a variable, or takes the context neither as system
  ///   message nor in the first user's message, once.
  package init(
    template: ChatTemplate, variables: TemplateVariables = TemplateVariables(),
    tokenizer: Tokenizer
  ) throws(PlacementError) {
    let chat = try ChatPlacement(template, variables, tokenizer)
    self.tokenizer = tokenizer
    self.chat = chat
    frame = Frame(
      header: try tokenizer.identifiers(of: chat.header),
      closing: try tokenizer.identifiers(of: chat.closing))
    templateName = template.place
    templateSource = template.source
    endOfResponse = try chat.endOfResponse(tokenizer)
    missingTokens = template.builtInTokens.filter { tokenizer.identifier(of: $0) == nil }
  }

  /// The placement for a model that follows a chat template and reads no context.
  package init(
    withoutContext template: ChatTemplate, variables: TemplateVariables, tokenizer: Tokenizer
  ) throws(PlacementError) {
    let chat = try ChatPlacement(withoutContext: template, variables)
    self.tokenizer = tokenizer
    self.chat = chat
    frame = Frame()
    templateName = template.place
    templateSource = template.source
    endOfResponse = try chat.endOfResponse(tokenizer)
    missingTokens = template.builtInTokens.filter { tokenizer.identifier(of: $0) == nil }
  }

  /// Where the template takes the context; nil for a raw model.
  package var contextPlace: ContextPlace? { chat?.place }

  /// Whether prompts are messages of a chat.
  package var isChat: Bool { chat != nil }

  /// The tokens of a context: of the text as it is for a raw model, of what the template makes of it for a chat model.
  ///
  /// - Throws: when something in the context makes the template write another text around it.
  package func contextIdentifiers(of text: String) throws(PlacementError) -> [Int] {
    try tokenizer.identifiers(of: chat?.context(text) ?? text)
  }

  /// The tokens of a prompt: of the text as it is for a raw model, of a user's message with
  /// everything up to the answer for a chat model.
  package func promptIdentifiers(of text: String) throws(PlacementError) -> [Int] {
    guard let chat else { return try tokenizer.identifiers(of: text) }
    let prompt = try chat.prompt(of: [ChatMessage(role: "user", content: text)])
    return try tokenizer.identifiers(of: prompt)
  }

  /// The tokens of a conversation up to where the assistant answers.
  ///
  /// - Parameter messages: without a system message, because the context takes its place, and
  ///   without the answer.
  package func promptIdentifiers(
    of messages: [ChatMessage]
  ) throws(PlacementError) -> [Int] {
    guard let chat else { throw .noTemplate }
    return try tokenizer.identifiers(of: chat.prompt(of: messages))
  }

  /// The tokens of an assistant's message with the one that ends it, where the message is more than its
  /// content, such as calls of tools.
  package func responseIdentifiers(
    of message: ChatMessage, after messages: [ChatMessage]
  ) throws(PlacementError) -> [Int] {
    guard let chat else { throw .noTemplate }
    let tokens = try tokenizer.identifiers(of: chat.response(message, after: messages))
    guard let end = endOfResponse, let last = tokens.firstIndex(of: end) else { return tokens }
    return Array(tokens[...last])
  }

  /// Whether the chat template mentions a member of messages.
  package func reads(_ key: String) -> Bool { chat?.reads(key) ?? false }

  /// The text of an answer, without special tokens.
  package func text(of identifiers: [Int]) throws(PlacementError) -> String {
    do {
      return try tokenizer.decode(identifiers, skippingSpecialTokens: true)
    } catch {
      throw .folder(.tokenizer("\(error)"))
    }
  }

  /// The tokens of an answer, without the token that ends it.
  package func responseIdentifiers(of text: String) throws(PlacementError) -> [Int] {
    try tokenizer.identifiers(of: text)
  }
}

extension Tokenizer {
  /// The tokens of a text without special tokens around it.
  func identifiers(of text: String) throws(PlacementError) -> [Int] {
    do {
      return try encode(text, addingSpecialTokens: false)
    } catch {
      throw .folder(.tokenizer("\(error)"))
    }
  }
}
