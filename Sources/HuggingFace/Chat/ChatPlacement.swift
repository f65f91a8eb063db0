import JSON
import Tokenizers

/// A chat template cut at the place of the context: the texts of ``Placement``.
struct ChatPlacement: Sendable {
  /// Stands for the context when a template is rendered. No template changes it, and nobody writes
  /// it.
  static let contextMarker = "@@pith:context@@"

  /// Stands for the user's text.
  static let promptMarker = "@@pith:prompt@@"

  /// Stands for a message before the user's.
  private static let openingMarker = "@@pith:opening@@"

  /// Roles of a first message beside the user's.
  private static let otherOpenings = ["assistant", "developer", "tool"]

  /// Roles that need no mention in a template: many write any role as it comes.
  private static let knownRoles: Set = ["user", "assistant", "developer", "tool", "function"]

  /// The text before the context.
  let header: String

  /// The text after the context that belongs to every prompt.
  let closing: String

  /// The tokens of the closing. Where a token of the text reaches into some prompts, they are those
  /// before it, and the text is empty.
  let closingIdentifiers: [Int]

  /// The text after the context in a conversation of the prompt marker alone.
  let tail: String

  /// White space that the template writes between where the assistant begins and its message.
  let responseLead: String

  /// Makes tokens of what stands behind the context.
  let behind: TextBehindContext

  let writer: ChatWriter

  /// Renders the template around the marker and finds the header and the longest safe closing.
  init(
    _ template: ChatTemplate, _ variables: TemplateVariables, _ tokenizer: Tokenizer,
    _ reading: PieceReading
  ) throws(PlacementError) {
    try Self.check(variables, template)
    let prompt = ChatMessage(role: "user", content: Self.promptMarker)
    let (writer, header, tail) = try Self.place(template, variables, prompt)
    self.writer = writer
    self.header = header
    self.tail = tail
    var tails: [String] = []
    for prompt in Self.awkwardPrompts {
      tails.append(try Self.cut(writer, [ChatMessage(role: "user", content: prompt)]).tail)
    }
    var openings: [String] = []
    var common = tail.range(ofText: Self.promptMarker).map { String(tail[..<$0.lowerBound]) } ?? ""
    // Conversations that begin in another way have their place too, where the template takes them.
    for role in Self.otherOpenings {
      let opening = ChatMessage(role: role, content: Self.openingMarker)
      guard let other = try? Self.cut(writer, [opening, prompt]), other.header == header else {
        continue
      }
      common = common.commonBeginning(with: other.tail)
      openings.append(other.tail)
    }
    behind =
      reading == .apart
      ? TextBehindContext(alone: tokenizer) : try TextBehindContext(tokenizer, before: tails)
    closing = try Self.longestClosing(common, tails, tokenizer, behind, reading)
    closingIdentifiers =
      closing.isEmpty && reading == .inPlace
      ? try behind.commonIdentifiers(of: tails + openings) : try behind.identifiers(of: closing)
    responseLead = Self.responseLead(writer)
  }

  /// A template without a context: header and closing are empty.
  init(
    withoutContext template: ChatTemplate, _ variables: TemplateVariables, _ tokenizer: Tokenizer
  ) throws(PlacementError) {
    try Self.check(variables, template)
    writer = ChatWriter(template: template, variables: variables, place: .nowhere)
    (header, closing, tail) = ("", "", "")
    closingIdentifiers = []
    behind = TextBehindContext(alone: tokenizer)
    responseLead = Self.responseLead(writer)
  }

  private static func check(
    _ variables: TemplateVariables, _ template: ChatTemplate
  ) throws(PlacementError) {
    for name in variables.values.keys where !template.mentions(name) {
      throw .unusedVariable(name, place: template.place)
    }
  }

  /// Where the context stands.
  var place: ContextPlace { writer.place }

  /// The text around the context as system message, else as beginning of the first user's message.
  private static func place(
    _ template: ChatTemplate, _ variables: TemplateVariables, _ prompt: ChatMessage
  ) throws(PlacementError) -> (writer: ChatWriter, header: String, tail: String) {
    let system = ChatWriter(template: template, variables: variables, place: .systemMessage)
    do {
      let (header, tail) = try cut(system, [prompt])
      return (system, header, tail)
    } catch {
      let merging = ChatWriter(template: template, variables: variables, place: .firstUserMessage)
      switch error {
      case .noSystemMessage, .systemMessageLost(_, count: 0):
        guard let (header, tail) = try? cut(merging, [prompt]) else { throw error }
        return (merging, header, tail)
      default: throw error
      }
    }
  }

  /// What the template writes of a context, which many trim, and the whole text around it.
  func context(_ text: String) throws(PlacementError) -> (context: String, whole: String) {
    let whole: String
    do {
      whole = try writer.text(
        text, [ChatMessage(role: "user", content: Self.promptMarker)], addingGenerationPrompt: true)
    } catch { throw .template(error) }
    let (bytes, before, behind) = (whole.utf8, header.utf8.count, tail.utf8.count)
    guard bytes.count >= before + behind, bytes.starts(with: header.utf8),
      bytes.suffix(behind).elementsEqual(tail.utf8)
    else { throw .contextChangesTemplate(place: writer.template.place) }
    return (String(decoding: bytes.dropFirst(before).dropLast(behind), as: UTF8.self), whole)
  }

  /// The text of a conversation behind the context, up to where the assistant answers: it begins with
  /// the closing.
  func tail(of messages: [ChatMessage], tools: JSON?) throws(PlacementError) -> String {
    let writer = writer.with(tools: tools)
    guard !messages.contains(where: { $0.role == "system" }) else { throw .systemMessageTaken }
    let name = writer.template.place
    for role in messages.map(\.role)
    where !Self.knownRoles.contains(role) && !writer.template.mentions(role) {
      throw .unknownRole(role, place: name)
    }
    if writer.place == .firstUserMessage, let first = messages.first, first.role != "user" {
      throw .needsUserFirst(first.role, place: name)
    }
    if writer.place == .nowhere {
      do { return try writer.text(nil, messages, addingGenerationPrompt: true) } catch {
        throw .template(error)
      }
    }
    let (header, tail): (String, String)
    do {
      (header, tail) = try Self.cut(writer, messages)
    } catch {
      // The place of the context is known to be right, so it is the conversation that is refused.
      guard case .noSystemMessage(let error) = error else { throw error }
      throw .template(error)
    }
    guard header == self.header, tail.utf8.starts(with: closing.utf8) else {
      if writer.tools != nil { throw .toolsBesideContext(place: name) }
      throw header == self.header
        ? .anotherOpening(messages.first?.role ?? "", place: name) : .movingHeader(place: name)
    }
    return tail
  }

  /// What follows the closing in a text behind the context.
  func prompt(in tail: String) -> String {
    String(decoding: tail.utf8.dropFirst(closing.utf8.count), as: UTF8.self)
  }

  /// Whether the template reads a member of messages.
  func reads(_ key: String) -> Bool { writer.template.mentions(key) }

  /// The text before and after the context in a conversation that waits for an answer.
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
      throw .systemMessageLost(place: writer.template.place, count: 0)
    }
    let tail = String(text[marker.upperBound...])
    var (count, rest) = (1, tail)
    while let next = rest.range(ofText: contextMarker) {
      count += 1
      rest = String(rest[next.upperBound...])
    }
    guard count == 1 else {
      throw .systemMessageLost(place: writer.template.place, count: count)
    }
    return (String(text[..<marker.lowerBound]), tail)
  }
}
