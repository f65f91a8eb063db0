import Tokenizers

/// A chat template cut at the place of the context: the texts of ``Placement``.
struct ChatPlacement: Sendable {
  /// Stands for the context when a template is rendered. No template changes it, and nobody writes
  /// it.
  private static let contextMarker = "@@pith:context@@"

  /// Stands for the user's text.
  private static let promptMarker = "@@pith:prompt@@"

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
    for name in variables.values.keys where !template.mentions(name) {
      throw .unusedVariable(name, place: template.place)
    }
    writer = ChatWriter(template: template, variables: variables)
    let (header, tail) = try Self.cut(
      writer, [ChatMessage(role: "user", content: Self.promptMarker)])
    self.header = header
    self.tail = tail
    let common = tail.range(ofText: Self.promptMarker).map { String(tail[..<$0.lowerBound]) } ?? ""
    closing = try Self.longestClosing(common, writer, tokenizer)
  }

  /// What the template writes of a context: many trim it.
  func context(_ text: String) throws(PlacementError) -> String {
    let messages = [
      ChatMessage(role: "system", content: text),
      ChatMessage(role: "user", content: Self.promptMarker),
    ]
    let whole: String
    do {
      whole = try writer.text(messages, addingGenerationPrompt: true)
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
    let (header, tail) = try Self.cut(writer, messages)
    guard header == self.header, tail.utf8.starts(with: closing.utf8) else {
      throw .movingHeader(place: writer.template.place)
    }
    return String(decoding: tail.utf8.dropFirst(closing.utf8.count), as: UTF8.self)
  }

  /// The first special token that the template writes behind an answer.
  func endOfResponse(_ tokenizer: Tokenizer) throws(PlacementError) -> Int? {
    let messages = [
      ChatMessage(role: "system", content: Self.contextMarker),
      ChatMessage(role: "user", content: Self.promptMarker),
      ChatMessage(role: "assistant", content: Self.responseMarker),
    ]
    guard let text = try? writer.text(messages, addingGenerationPrompt: false),
      let marker = text.range(ofText: Self.responseMarker)
    else { return nil }
    let tokens = try tokenizer.identifiers(of: String(text[marker.upperBound...]))
    return tokens.first { tokenizer.specialIdentifiers.contains($0) }
  }

  /// The text before and after the context in a conversation that waits for an answer.
  private static func cut(
    _ writer: ChatWriter, _ messages: [ChatMessage]
  ) throws(PlacementError) -> (header: String, tail: String) {
    let system = ChatMessage(role: "system", content: contextMarker)
    let text: String
    do {
      text = try writer.text([system] + messages, addingGenerationPrompt: true)
    } catch {
      let isRefusedWithout = (try? writer.text(messages, addingGenerationPrompt: true)) == nil
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

  /// Beginnings of prompts that tokenizers like to join with what stands before them.
  private static let awkwardPrompts = ["A", "1", "é", " A", "\nA", "\n\nA", "\tA", ".A", "  "]

  /// The longest beginning of `common` after which every awkward prompt has the same tokens apart
  /// as in one piece.
  private static func longestClosing(
    _ common: String, _ writer: ChatWriter, _ tokenizer: Tokenizer
  ) throws(PlacementError) -> String {
    var tails: [String] = []
    for prompt in awkwardPrompts {
      let (_, tail) = try cut(writer, [ChatMessage(role: "user", content: prompt)])
      guard tail.utf8.starts(with: common.utf8) else { return "" }
      tails.append(tail)
    }
    func encode(_ text: Substring.UTF8View) throws(PlacementError) -> [Int] {
      try tokenizer.identifiers(of: String(decoding: text, as: UTF8.self))
    }
    var whole: [[Int]] = []
    for tail in tails { whole.append(try encode(Substring(tail).utf8)) }
    nextCut: for closing in cuts(of: common, tokenizer) {
      let length = closing.utf8.count
      let tokens = try encode(Substring(closing).utf8)
      for (tail, whole) in zip(tails, whole)
      where try whole != tokens + encode(Substring(tail).utf8.dropFirst(length)) {
        continue nextCut
      }
      return closing
    }
    return ""
  }

  /// The text itself, and its beginnings up to and including each special token, with and without
  /// the white space behind it; the longest first.
  private static func cuts(of text: String, _ tokenizer: Tokenizer) -> [String] {
    var cuts = [text]
    for identifier in tokenizer.specialIdentifiers {
      guard let token = tokenizer.token(of: identifier), !token.isEmpty else { continue }
      var rest = text[...]
      while let found = rest.range(ofText: token) {
        let cut = text[..<found.upperBound]
        let space = text[found.upperBound...].unicodeScalars.prefix(while: \.isPythonSpace)
        cuts += [String(cut), String(cut) + String(space)]
        rest = rest[found.upperBound...]
      }
    }
    return cuts.sorted { $0.utf8.count > $1.utf8.count }
  }
}

/// A template with what it is told in every rendering.
private struct ChatWriter: Sendable {
  let template: ChatTemplate
  let variables: TemplateVariables

  func text(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool
  ) throws(ChatTemplateError) -> String {
    try template.render(
      messages, addingGenerationPrompt: addingGenerationPrompt, variables: variables.values)
  }
}

extension StringProtocol {
  /// Where a text stands for the first time, compared scalar by scalar.
  fileprivate func range(ofText text: String) -> Range<Index>? {
    let (haystack, needle) = (unicodeScalars, text.unicodeScalars)
    var start = haystack.startIndex
    while start < haystack.endIndex {
      if haystack[start...].starts(with: needle) {
        return start..<haystack.index(start, offsetBy: needle.count)
      }
      start = haystack.index(after: start)
    }
    return nil
  }
}
