import JSON
import Tokenizers

/// A chat template split at the context: the texts of ``Placement``.
struct ChatPlacement: Sendable {
  /// Marker of the context in a rendered template. No template changes it, and no text contains it.
  static let contextMarker = "@@pith:context@@"

  /// Marker of the user's text.
  static let promptMarker = "@@pith:prompt@@"

  /// Marker of a message before the user's.
  private static let openingMarker = "@@pith:opening@@"

  /// Roles of a first message besides the user's.
  private static let otherOpenings = ["assistant", "developer", "tool"]

  /// Roles that a template need not mention: many write any role as it is.
  private static let knownRoles: Set = ["user", "assistant", "developer", "tool", "function"]

  /// The text before the context.
  let header: String

  /// The text after the context that every prompt shares.
  let closing: String

  /// The tokens of the closing. Where a token of the text spans the beginning of some prompts, they
  /// are those before it, and the text is empty.
  let closingIdentifiers: [Int]

  /// The text after the context in a conversation of the prompt marker alone.
  let tail: String

  /// White space that the template writes between the start of the assistant's turn and its
  /// message.
  let responseLead: String

  /// Tokenizes the text after the context.
  let afterContext: TextAfterContext

  let writer: ChatWriter

  /// The tools of the run, which the context's text holds too; nil where there are none.
  let tools: PlacedTools?

  /// Renders the template around the marker and finds the header and the longest safe closing.
  ///
  /// - Parameters:
  ///   - template: the template.
  ///   - variables: variables of every rendering.
  ///   - tools: the tools of the run.
  ///   - hasContext: whether there is a context beside the tools.
  ///   - tokenizer: the model's tokenizer.
  ///   - reading: the tokenization of texts.
  init(
    _ template: ChatTemplate, _ variables: TemplateVariables, tools: ToolDefinitions? = nil,
    hasContext: Bool = true, _ tokenizer: Tokenizer, _ reading: PieceReading
  ) throws(PlacementError) {
    try Self.check(variables, template)
    let prompt = ChatMessage(role: "user", content: Self.promptMarker)
    let (writer, header, tail) = try Self.wrap(template, variables, prompt)
    self.writer = writer
    self.header = header
    self.tail = tail
    self.tools = try tools.map { (tools) throws(PlacementError) in
      try Self.place(tools, hasContext: hasContext, writer, prompt, tail: tail)
    }
    var tails: [String] = []
    for prompt in Self.awkwardPrompts {
      tails.append(try Self.cut(writer, [ChatMessage(role: "user", content: prompt)]).tail)
    }
    var openings: [String] = []
    var common = tail.range(ofText: Self.promptMarker).map { String(tail[..<$0.lowerBound]) } ?? ""
    // Conversations with another first role must fit too, where the template takes them.
    for role in Self.otherOpenings {
      let opening = ChatMessage(role: role, content: Self.openingMarker)
      guard let other = try? Self.cut(writer, [opening, prompt]), other.header == header else {
        continue
      }
      common = common.commonBeginning(with: other.tail)
      openings.append(other.tail)
    }
    afterContext =
      reading == .apart
      ? TextAfterContext(alone: tokenizer) : try TextAfterContext(tokenizer, before: tails)
    closing = try Self.longestClosing(common, tails, tokenizer, afterContext, reading)
    closingIdentifiers =
      closing.isEmpty && reading == .inPlace
      ? try afterContext.commonIdentifiers(of: tails + openings)
      : try afterContext.identifiers(of: closing)
    responseLead = Self.responseLead(writer)
  }

  /// A template without a context: header and closing are empty.
  init(
    withoutContext template: ChatTemplate, _ variables: TemplateVariables, _ tokenizer: Tokenizer
  ) throws(PlacementError) {
    try Self.check(variables, template)
    writer = ChatWriter(template: template, variables: variables, position: .nowhere)
    tools = nil
    (header, closing, tail) = ("", "", "")
    closingIdentifiers = []
    afterContext = TextAfterContext(alone: tokenizer)
    responseLead = Self.responseLead(writer)
  }

  private static func check(
    _ variables: TemplateVariables, _ template: ChatTemplate
  ) throws(PlacementError) {
    for name in variables.values.keys where !template.mentions(name) {
      throw .unusedVariable(name, template: template.location)
    }
  }

  /// The position of the context.
  var position: ContextPosition { writer.position }

  /// The text around the context as system message, else at the beginning of the first user's
  /// message.
  private static func wrap(
    _ template: ChatTemplate, _ variables: TemplateVariables, _ prompt: ChatMessage
  ) throws(PlacementError) -> (writer: ChatWriter, header: String, tail: String) {
    let system = ChatWriter(template: template, variables: variables, position: .systemMessage)
    do {
      let (header, tail) = try cut(system, [prompt])
      return (system, header, tail)
    } catch {
      let merging = ChatWriter(
        template: template, variables: variables, position: .firstUserMessage)
      switch error {
      case .noSystemMessage, .systemMessageLost(_, count: 0):
        guard let (header, tail) = try? cut(merging, [prompt]) else { throw error }
        return (merging, header, tail)
      default: throw error
      }
    }
  }

  /// The template's text of a context, which many trim, with the tools beside it, and the whole
  /// text around it.
  ///
  /// - Parameter text: the context; nil for tools alone.
  /// - Returns: the text before it, which is shorter than the header where the template writes
  ///   tools before that, the text itself, and all of the text.
  func context(
    _ text: String?
  ) throws(PlacementError) -> (header: String, context: String, whole: String) {
    let whole: String
    do {
      whole = try writer.with(tools: tools?.json).text(
        text, [ChatMessage(role: "user", content: Self.promptMarker)], addingGenerationPrompt: true)
    } catch { throw .template(error) }
    let span = whole.droppingUTF8(tail)
    let (before, after) =
      text == nil ? (tools?.alone ?? "", tail) : (tools?.header ?? header, tools?.tail ?? tail)
    let bytes = whole.utf8
    guard bytes.count >= before.utf8.count + after.utf8.count, bytes.starts(with: before.utf8),
      bytes.suffix(after.utf8.count).elementsEqual(after.utf8)
    else { throw .contextChangesTemplate(template: writer.template.location) }
    let common = tools == nil ? header : span.commonBeginning(with: header)
    return (common, String(decoding: span.utf8.dropFirst(common.utf8.count), as: UTF8.self), whole)
  }

  /// The text of a conversation after the context, up to the assistant's answer; it begins with the
  /// closing.
  func tail(of messages: [ChatMessage], tools: JSON?) throws(PlacementError) -> String {
    let writer = writer.with(tools: tools)
    guard !messages.contains(where: { $0.role == "system" }) else { throw .systemMessageTaken }
    let name = writer.template.location
    for role in messages.map(\.role)
    where !Self.knownRoles.contains(role) && !writer.template.mentions(role) {
      throw .unknownRole(role, template: name)
    }
    if writer.position == .firstUserMessage, let first = messages.first, first.role != "user" {
      throw .needsUserFirst(first.role, template: name)
    }
    if writer.position == .nowhere {
      do { return try writer.text(nil, messages, addingGenerationPrompt: true) } catch {
        throw .template(error)
      }
    }
    let (header, tail): (String, String)
    do {
      (header, tail) = try Self.cut(writer, messages)
    } catch {
      // The position of the context has been checked, so the template refuses the conversation.
      guard case .noSystemMessage(let error) = error else { throw error }
      throw .template(error)
    }
    guard header == self.header, tail.utf8.starts(with: closing.utf8) else {
      if writer.tools != nil { throw .toolsBesideContext(template: name) }
      throw header == self.header
        ? .anotherOpening(messages.first?.role ?? "", template: name)
        : .movingHeader(template: name)
    }
    if let shared = self.tools { try checkTools(before: tail, of: messages, shared) }
    return tail
  }

  /// The text after the closing in a text after the context.
  func prompt(in tail: String) -> String {
    String(decoding: tail.utf8.dropFirst(closing.utf8.count), as: UTF8.self)
  }

  /// Whether the template reads a member of messages.
  func reads(_ key: String) -> Bool { writer.template.mentions(key) }

  /// The text before and after the context in a conversation without its answer.
  static func cut(
    _ writer: ChatWriter, _ messages: [ChatMessage]
  ) throws(PlacementError) -> (header: String, tail: String) {
    let text: String
    do {
      text = try writer.text(contextMarker, messages, addingGenerationPrompt: true)
    } catch {
      let isRefusedWithout =
        (try? writer.text(nil, messages, addingGenerationPrompt: true)) == nil
      throw isRefusedWithout ? .template(error) : .noSystemMessage(error)
    }
    guard let marker = text.range(ofText: contextMarker) else {
      throw .systemMessageLost(template: writer.template.location, count: 0)
    }
    let tail = String(text[marker.upperBound...])
    var (count, rest) = (1, tail)
    while let next = rest.range(ofText: contextMarker) {
      count += 1
      rest = String(rest[next.upperBound...])
    }
    guard count == 1 else {
      throw .systemMessageLost(template: writer.template.location, count: count)
    }
    return (String(text[..<marker.lowerBound]), tail)
  }
}
