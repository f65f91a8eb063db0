import Tokenizers

/// A chat template cut at the place of the context: the texts of ``Placement``.
struct ChatPlacement: Sendable {
  /// Stands for the context when a template is rendered. No template changes it, and nobody writes
  /// it.
  private static let contextMarker = "@@pith:context@@"

  /// Stands for the user's text.
  private static let promptMarker = "@@pith:prompt@@"

  /// Stands for a message before the user's.
  private static let openingMarker = "@@pith:opening@@"

  /// Roles of a first message beside the user's.
  private static let otherOpenings = ["assistant", "developer", "tool"]

  /// Roles that need no mention in a template: many write any role as it comes.
  private static let knownRoles: Set = ["user", "assistant", "developer", "tool", "function"]

  /// Stands for the assistant's answer.
  private static let responseMarker = "@@pith:response@@"

  /// The text before the context.
  let header: String

  /// The text after the context that belongs to every prompt.
  let closing: String

  private let writer: ChatWriter
  /// The text after the context in a conversation of the prompt marker alone.
  private let tail: String

  /// Renders the template around the marker and finds the header and the longest safe closing.
  init(
    _ template: ChatTemplate, _ variables: TemplateVariables, _ tokenizer: Tokenizer
  ) throws(PlacementError) {
    try Self.check(variables, template)
    let prompt = ChatMessage(role: "user", content: Self.promptMarker)
    let (writer, header, tail) = try Self.place(template, variables, prompt)
    self.writer = writer
    self.header = header
    self.tail = tail
    var common = tail.range(ofText: Self.promptMarker).map { String(tail[..<$0.lowerBound]) } ?? ""
    // Conversations that begin in another way have their place too, where the template takes them.
    for role in Self.otherOpenings {
      let opening = ChatMessage(role: role, content: Self.openingMarker)
      guard let other = try? Self.cut(writer, [opening, prompt]), other.header == header else {
        continue
      }
      common = common.commonBeginning(with: other.tail)
    }
    closing = try Self.longestClosing(common, writer, tokenizer)
  }

  /// A template without a context: header and closing are empty.
  init(
    withoutContext template: ChatTemplate, _ variables: TemplateVariables
  ) throws(PlacementError) {
    try Self.check(variables, template)
    writer = ChatWriter(template: template, variables: variables, place: .nowhere)
    (header, closing, tail) = ("", "", "")
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

  /// What the template writes of a context: many trim it.
  func context(_ text: String) throws(PlacementError) -> String {
    let whole: String
    do {
      whole = try writer.text(
        text, [ChatMessage(role: "user", content: Self.promptMarker)], addingGenerationPrompt: true)
    } catch { throw .template(error) }
    let (bytes, before, behind) = (whole.utf8, header.utf8.count, tail.utf8.count)
    guard bytes.count >= before + behind, bytes.starts(with: header.utf8),
      bytes.suffix(behind).elementsEqual(tail.utf8)
    else { throw .contextChangesTemplate(place: writer.template.place) }
    return String(decoding: bytes.dropFirst(before).dropLast(behind), as: UTF8.self)
  }

  /// The text of a conversation behind the closing, up to where the assistant answers.
  func prompt(of messages: [ChatMessage]) throws(PlacementError) -> String {
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
    guard header == self.header else { throw .movingHeader(place: name) }
    guard tail.utf8.starts(with: closing.utf8) else {
      throw .anotherOpening(messages.first?.role ?? "", place: name)
    }
    return String(decoding: tail.utf8.dropFirst(closing.utf8.count), as: UTF8.self)
  }

  /// What the template writes of an assistant's message that is more than its content, such as calls
  /// of tools, with what ends it.
  func response(
    _ message: ChatMessage, after messages: [ChatMessage]
  ) throws(PlacementError) -> String {
    let (before, whole): (String, String)
    do {
      before = try writer.text(Self.contextMarker, messages, addingGenerationPrompt: true)
      whole = try writer.text(
        Self.contextMarker, messages + [message], addingGenerationPrompt: false)
    } catch { throw .template(error) }
    guard whole.utf8.starts(with: before.utf8), whole.utf8.count > before.utf8.count else {
      throw .responseElsewhere(place: writer.template.place)
    }
    return String(decoding: whole.utf8.dropFirst(before.utf8.count), as: UTF8.self)
  }

  /// Whether the template reads a member of messages.
  func reads(_ key: String) -> Bool { writer.template.mentions(key) }

  /// The first special token that the template writes behind an answer.
  func endOfResponse(_ tokenizer: Tokenizer) throws(PlacementError) -> Int? {
    let messages = [
      ChatMessage(role: "user", content: Self.promptMarker),
      ChatMessage(role: "assistant", content: Self.responseMarker),
    ]
    guard
      let text = try? writer.text(Self.contextMarker, messages, addingGenerationPrompt: false),
      let marker = text.range(ofText: Self.responseMarker)
    else { return nil }
    let tokens = try tokenizer.identifiers(of: String(text[marker.upperBound...]))
    return tokens.first { tokenizer.specialIdentifiers.contains($0) }
  }

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
