import Tokenizers

/// The position of the context, or of the soft prompt that replaces it, in a text:
///
///     header | context or soft prompt | closing | prompt | response
///
/// Header and closing are the same for every example. A raw model's header is the tokenizer's
/// special tokens before a text, such as BOS, and its closing is empty. For a chat model the
/// template is rendered with a marker as the system message: the header ends and the closing begins
/// there.
///
/// The tools of a run are part of the context: the frame is that of the template without tools.
///
/// Every part has the tokens of the whole text. Special tokens in it are recognised, and none are
/// added: a template writes its own BOS. Header and closing are as long as their tokens are the
/// same for every context and prompt; where there is no such boundary, they are empty, and the text
/// is part of the context or the prompt.
package struct Placement: Sendable {
  /// The tokens before the context, and those after it that every example shares.
  package private(set) var frame: Frame

  /// `raw`, the name of a built-in template, or the file of the model's own.
  package let templateName: String

  /// The token that ends an answer in the template, for example `<|im_end|>`; nil for a raw model,
  /// and for a template without one.
  package let endOfResponse: Int?

  /// The template's source; nil for a raw model.
  package let templateSource: String?

  /// Tokens that a built-in template writes and the tokenizer lacks, so that it splits them.
  package let missingTokens: [String]

  let tokenizer: Tokenizer
  let chat: ChatPlacement?
  let reading: PieceReading
  /// Whether the closing is defined by its tokens alone, because no prompt can be split from its
  /// text.
  private(set) var isClosingOfTokens = false

  /// The placement for a model that continues text.
  package init(raw tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    frame = Frame(header: tokenizer.leadingSpecialIdentifiers)
    templateName = "raw"
    templateSource = nil
    endOfResponse = nil
    missingTokens = []
    chat = nil
    reading = .apart
  }

  /// The placement for a model that follows a chat template.
  ///
  /// - Parameters:
  ///   - template: the chat template.
  ///   - variables: variables of every rendering.
  ///   - tools: the tools of the run, for which the soft prompt stands too.
  ///   - hasContext: whether there is a context beside the tools.
  ///   - tokenizer: the model's tokenizer.
  ///   - reading: the tokenization of its texts.
  /// - Throws: when the template does not mention a variable, does not print the context exactly
  ///   once, as system message or in the first user's message, or does not print the tools beside
  ///   it.
  package init(
    template: ChatTemplate, variables: TemplateVariables = TemplateVariables(),
    tools: ToolDefinitions? = nil, hasContext: Bool = true,
    tokenizer: Tokenizer, reading: PieceReading = .inPlace
  ) throws(PlacementError) {
    let chat = try ChatPlacement(
      template, variables, tools: tools, hasContext: hasContext, tokenizer, reading)
    self.tokenizer = tokenizer
    self.chat = chat
    self.reading = reading
    frame = Frame(
      header: try chat.headerIdentifiers(tokenizer, reading), closing: chat.closingIdentifiers)
    isClosingOfTokens = chat.closing.isEmpty
    templateName = template.location
    templateSource = template.source
    endOfResponse = try chat.endOfResponse(tokenizer)
    missingTokens = template.builtInTokens.filter { tokenizer.identifier(of: $0) == nil }
  }

  /// The placement for a model that follows a chat template and reads no context.
  ///
  /// - Throws: where the template does not mention a variable, or refuses a prompt.
  package init(
    withoutContext template: ChatTemplate, variables: TemplateVariables, tokenizer: Tokenizer,
    reading: PieceReading = .inPlace
  ) throws(PlacementError) {
    let chat = try ChatPlacement(withoutContext: template, variables, tokenizer)
    self.tokenizer = tokenizer
    self.chat = chat
    self.reading = reading
    frame = Frame()
    templateName = template.location
    templateSource = template.source
    endOfResponse = try chat.endOfResponse(tokenizer)
    missingTokens = template.builtInTokens.filter { tokenizer.identifier(of: $0) == nil }
  }

  /// The position of the context in the template; nil for a raw model.
  package var contextPosition: ContextPosition? { chat?.position }

  /// Whether prompts are messages of a chat.
  package var isChat: Bool { chat != nil }

  /// The substitute for the context when the following text is tokenized; nil where none is needed.
  package var substitute: ContextSubstitute? { chat?.afterContext.substitute }

  /// This placement with another closing, for an adapter of an earlier training; nil where the
  /// tokens after the context do not begin with it.
  ///
  /// - Throws: where the tokenizer cannot read the text.
  package func with(closing: [Int]) throws(PlacementError) -> Placement? {
    guard let chat, try tailIdentifiers(chat.tail, chat).starts(with: closing) else { return nil }
    var placement = self
    placement.frame.closing = closing
    placement.isClosingOfTokens = isClosingOfTokens || closing != frame.closing
    return placement
  }

  /// Whether the chat template mentions a member of messages.
  package func reads(_ key: String) -> Bool { chat?.reads(key) ?? false }

  /// The text of an answer.
  ///
  /// - Parameters:
  ///   - identifiers: its tokens.
  ///   - skippingSpecialTokens: whether special tokens are left out.
  /// - Throws: where the tokenizer's decoder exceeds its budget.
  package func text(
    of identifiers: [Int], skippingSpecialTokens: Bool = true
  ) throws(PlacementError) -> String {
    do {
      return try tokenizer.decode(identifiers, skippingSpecialTokens: skippingSpecialTokens)
    } catch {
      throw .folder(.tokenizer("\(error)"))
    }
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
