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
/// The tokens of every piece are those that the whole text has there. Special tokens in it are
/// recognised, and none are added: a template writes its own BOS. Header and closing reach as far as
/// their tokens stay the same whatever context and prompt stand beside them; where no place is sure,
/// they are empty, and all of that text belongs to the context or the prompt.
package struct Placement: Sendable {
  /// The tokens before the context, and those after it that every example shares.
  package private(set) var frame: Frame

  /// `raw`, the name of a built-in template, or the file of the model's own.
  package let templateName: String

  /// The token that ends an answer in the template, for example `<|im_end|>`; nil for a raw model,
  /// and for a template that writes none.
  package let endOfResponse: Int?

  /// The template's source; nil for a raw model.
  package let templateSource: String?

  /// Tokens that a built-in template writes and the tokenizer does not have: it takes them apart.
  package let missingTokens: [String]

  let tokenizer: Tokenizer
  let chat: ChatPlacement?
  let reading: PieceReading
  /// Whether the closing is no text that prompts can be cut behind, but tokens alone.
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
  ///   - variables: what the template is told in every rendering.
  ///   - reading: how its texts become tokens.
  /// - Throws: when the template does not mention a variable, or takes the context neither as system
  ///   message nor in the first user's message, once.
  package init(
    template: ChatTemplate, variables: TemplateVariables = TemplateVariables(),
    tokenizer: Tokenizer, reading: PieceReading = .inPlace
  ) throws(PlacementError) {
    let chat = try ChatPlacement(template, variables, tokenizer, reading)
    self.tokenizer = tokenizer
    self.chat = chat
    self.reading = reading
    frame = Frame(
      header: try chat.headerIdentifiers(tokenizer, reading), closing: chat.closingIdentifiers)
    isClosingOfTokens = chat.closing.isEmpty
    templateName = template.place
    templateSource = template.source
    endOfResponse = try chat.endOfResponse(tokenizer)
    missingTokens = template.builtInTokens.filter { tokenizer.identifier(of: $0) == nil }
  }

  /// The placement for a model that follows a chat template and reads no context.
  package init(
    withoutContext template: ChatTemplate, variables: TemplateVariables, tokenizer: Tokenizer,
    reading: PieceReading = .inPlace
  ) throws(PlacementError) {
    let chat = try ChatPlacement(withoutContext: template, variables, tokenizer)
    self.tokenizer = tokenizer
    self.chat = chat
    self.reading = reading
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

  /// What stands for the context when the tokens of what follows it are made; nil where nothing has to.
  package var standIn: StandIn? { chat?.behind.standIn }

  /// This placement with another closing, for an adapter that was trained before it; nil where the
  /// tokens behind the context do not begin with it.
  package func with(closing: [Int]) throws(PlacementError) -> Placement? {
    guard let chat, try tailIdentifiers(chat.tail, chat).starts(with: closing) else { return nil }
    var placement = self
    placement.frame.closing = closing
    placement.isClosingOfTokens = isClosingOfTokens || closing != frame.closing
    return placement
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
