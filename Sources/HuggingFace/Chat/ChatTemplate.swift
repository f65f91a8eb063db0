import Files
import Foundation
import JSON
import Jinja

/// The text format of a model's conversations: a template in the Jinja language, from
/// `chat_template` of `tokenizer_config.json` or from `chat_template.jinja`.
///
/// ``render(_:addingGenerationPrompt:variables:)`` writes the same text as `apply_chat_template` of
/// transformers.
package struct ChatTemplate: Sendable {
  /// The template's location: a file, or the name of a built-in template.
  package let location: String

  /// The source.
  package let source: String

  private let template: JinjaTemplate
  private let specialTokens: [String: String]
  private let now: Date

  /// Parses a template.
  ///
  /// - Parameters:
  ///   - source: the template.
  ///   - location: its location, for error messages.
  ///   - specialTokens: the variables `bos_token`, `eos_token` and so on.
  ///   - now: the time of `strftime_now`, in the time zone of this machine. It is the same for
  ///     every rendering, so that a run over midnight keeps its header.
  /// - Throws: where the source is not a template.
  package init(
    source: String, location: String, specialTokens: [String: String], now: Date = Date()
  ) throws(ChatTemplateError) {
    self.source = source
    self.location = location
    self.specialTokens = specialTokens
    self.now = now
    do {
      template = try JinjaTemplate(source)
    } catch {
      throw ChatTemplateError(location: location, line: error.line, reason: error.reason)
    }
  }

  /// The source in a file.
  ///
  /// - Throws: when there is no ordinary file that may be read, it is of another kind, or no text
  ///   in UTF-8.
  static func source(contentsOf url: URL) throws(ChatTemplateError) -> String {
    // Opening a pipe would wait for its writer, and a device may have no end.
    let special = SpecialFile(at: url.path)
    guard special == nil, let data = FileManager.default.contents(atPath: url.path) else {
      let found = special?.description ?? "one that may not be read"
      throw ChatTemplateError(
        location: url.path, line: nil, reason: "expected a file, found \(found)")
    }
    return try source([UInt8](data), file: url.path)
  }

  /// The source in the bytes of a file.
  ///
  /// - Throws: when the file is of another kind, or no text in UTF-8.
  static func source(_ bytes: [UInt8], file: String) throws(ChatTemplateError) -> String {
    // Empty templates and templates of XML are valid; their output is checked later.
    if let kind = FileKind(bytes), kind != .empty, kind != .xml {
      throw ChatTemplateError(
        location: file, line: nil, reason: "expected a chat template, found \(kind.description)")
    }
    guard let source = String(validating: bytes, as: UTF8.self) else {
      throw ChatTemplateError(location: file, line: nil, reason: "expected a text in UTF-8")
    }
    return source
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: the conversation.
  ///   - addingGenerationPrompt: whether the text ends at the start of the assistant's answer.
  ///   - variables: further variables of the template, for example `enable_thinking`.
  /// - Throws: the template's own refusal, or an error of the template with its line.
  package func render(
    _ messages: [ChatMessage], addingGenerationPrompt: Bool, variables: JSONObject = [:]
  ) throws(ChatTemplateError) -> String {
    var values: JSONObject = [
      "messages": .array(messages.map(\.json)),
      "add_generation_prompt": .bool(addingGenerationPrompt),
      "tools": .null, "documents": .null,
    ]
    for (name, token) in specialTokens { values[name] = .string(token) }
    for (name, value) in variables.members { values[name] = value }
    do {
      return try template.render(values, now: now)
    } catch {
      throw ChatTemplateError(
        location: location, line: error.isRaisedByTemplate ? nil : error.line,
        reason: error.isRaisedByTemplate
          ? "the template refuses the conversation: \(error.reason)" : error.reason)
    }
  }
}
