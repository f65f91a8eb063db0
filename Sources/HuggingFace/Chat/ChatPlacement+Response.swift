import JSON
import Tokenizers

extension ChatPlacement {
  /// Marker of the assistant's answer.
  private static let responseMarker = "@@pith:response@@"

  /// The template's text of an assistant's message with more than its content, such as tool calls,
  /// including its end.
  func response(
    _ message: ChatMessage, after messages: [ChatMessage], tools: JSON?
  ) throws(PlacementError) -> String {
    let writer = writer.with(tools: tools ?? self.tools?.json)
    let (before, whole): (String, String)
    do {
      before = try writer.text(Self.contextMarker, messages, addingGenerationPrompt: true)
      whole = try writer.text(
        Self.contextMarker, messages + [message], addingGenerationPrompt: false)
    } catch { throw .template(error) }
    guard whole.utf8.starts(with: before.utf8), whole.utf8.count > before.utf8.count else {
      throw .responseElsewhere(template: writer.template.location)
    }
    return String(decoding: whole.utf8.dropFirst(before.utf8.count), as: UTF8.self)
  }

  /// White space between the start of the assistant's turn and its message; empty where there is
  /// other text.
  static func responseLead(_ writer: ChatWriter) -> String {
    let prompt = ChatMessage(role: "user", content: promptMarker)
    let response = ChatMessage(role: "assistant", content: responseMarker)
    guard
      let before = try? writer.text(contextMarker, [prompt], addingGenerationPrompt: true),
      let whole = try? writer.text(
        contextMarker, [prompt, response], addingGenerationPrompt: false),
      whole.utf8.starts(with: before.utf8)
    else { return "" }
    let rest = String(decoding: whole.utf8.dropFirst(before.utf8.count), as: UTF8.self)
    guard let marker = rest.range(ofText: responseMarker) else { return "" }
    let lead = rest[..<marker.lowerBound]
    return lead.unicodeScalars.allSatisfy(\.isPythonSpace) ? String(lead) : ""
  }

  /// The first special token that the template writes after an answer.
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
}
