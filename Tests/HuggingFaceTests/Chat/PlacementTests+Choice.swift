import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

/// Templates by name, and what cannot be placed.
extension PlacementTests {
  @Test("a built-in template names the tokens that the tokenizer lacks")
  func missingTokens() throws {
    let tokenizer = try Self.tokenizer()
    let chatML = try Placement(template: Self.template("chatml"), tokenizer: tokenizer)
    #expect(chatML.missingTokens == [])
    let tiny = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    #expect(
      try Placement(template: Self.template("llama3"), tokenizer: tiny).missingTokens
        .contains("<|eot_id|>"))
  }

  @Test("a context that cannot be placed is refused in one line")
  func refusals() throws {
    let tokenizer = try Self.tokenizer()
    func message(_ source: String) -> String {
      do {
        let template = try ChatTemplate(source: source, location: "t", specialTokens: [:])
        _ = try Placement(template: template, tokenizer: tokenizer)
        return "placed"
      } catch {
        return "\(error)"
      }
    }
    let refusing =
      "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    #expect(
      message(refusing + "{{ messages[0].content|length }}")
        == "t: the template refuses the conversation: no system: the template takes the context "
        + "neither as system message nor in front of the first user's message; give template the "
        + "file of one that does")
    #expect(
      message("no message")
        == "t: expected the template to print the system message once, found it 0 times; "
        + "give template the file of one that does")
    #expect(
      message("{{ messages[0].content }}{{ messages[0].content }}")
        == "t: expected the template to print the system message once, found it 2 times; "
        + "give template the file of one that does")
    #expect(message("{{ messages.x.y }}") == "t, line 1: 'list object' has no attribute 'x'")
    let placement = try Placement(template: Self.template("chatml"), tokenizer: tokenizer)
    #expect(throws: PlacementError.systemMessageTaken) {
      try placement.promptTokens(of: [
        ChatMessage(role: "system", content: "x"), ChatMessage(role: "user", content: "y"),
      ])
    }
  }

  @Test("a template by its name, by the model's choice, or from a file")
  func choice() throws {
    let folder = try TemporaryFolder()
    let model = try ModelFolder(at: folder.url)
    let tokenizer = try Self.tokenizer()
    func name(_ template: String) throws -> String {
      try model.placement(template: TemplateChoice(template), tokenizer: tokenizer).templateName
    }
    #expect(try name("auto") == "raw")
    #expect(try name("raw") == "raw")
    #expect(try name("chatml") == "template chatml")
    let file = try folder.write(
      "chat_template.jinja", "{{ bos_token }}{% for m in messages %}{{ m.content }}\n{% endfor %}")
    #expect(try name("auto") == file.path)
    #expect(try name(file.path) == file.path)
    #expect {
      try name("chatlm")
    } throws: { error in
      "\(error)"
        == "template chatlm: expected auto, raw, chatml, llama3 or the file of a template"
    }
    #expect(throws: PlacementError.variablesWithoutTemplate) {
      let variables = try TemplateVariables(argument: "a=1")
      _ = try model.placement(
        template: TemplateChoice("raw", variables: variables), tokenizer: tokenizer)
    }
    try folder.write("tokenizer_config.json", "{")
    #expect {
      try name("auto")
    } throws: { error in
      "\(error)" == "\(folder.url.path)/tokenizer_config.json: line 1, column 2: "
        + "expected a key in quotes, found the end of the text"
    }
  }
}
