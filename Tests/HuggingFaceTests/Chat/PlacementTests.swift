import Foundation
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import HuggingFace

@Suite("Placement")
struct PlacementTests {
  private static func template(_ name: String) throws -> ChatTemplate {
    if let builtIn = try ChatTemplate.builtIn(named: name) { return builtIn }
    return try ChatTemplate(
      source: TemplateGolden.template(name), place: name,
      specialTokens: ["bos_token": "<s>", "eos_token": "</s>"], now: TemplateGolden.now)
  }

  private static let chatNames =
    ChatTemplate.builtInNames + TemplateGolden.names.filter { $0 != "gemma-2" && $0 != "macros" }

  @Test("a raw model: what the tokenizer puts before a text, and the prompt as it is")
  func raw() throws {
    let plain = Placement(raw: try Self.tokenizer())
    #expect(plain.frame.header == [] && plain.frame.closing == [] && !plain.isChat)
    #expect(plain.templateName == "raw" && plain.endOfResponse == nil)
    let tokenizer = try Self.tokenizer(addsBOS: true)
    let placement = Placement(raw: tokenizer)
    #expect(placement.frame.header == [try #require(tokenizer.identifier(of: "<s>"))])
    #expect(
      try placement.promptTokens(of: "Hi").identifiers
        == tokenizer.encode("Hi", addingSpecialTokens: false))
    #expect(throws: PlacementError.noTemplate) {
      try placement.promptTokens(of: [ChatMessage(role: "user", content: "Hi")])
    }
  }

  @Test("header, closing and prompt in the built-in templates")
  func builtIn() throws {
    let tokenizer = try Self.tokenizer(addsBOS: true)
    func text(_ ids: [Int]) throws -> String { try tokenizer.decode(ids) }
    let chatML = try Placement(template: Self.template("chatml"), tokenizer: tokenizer)
    #expect(try text(chatML.frame.header) == "<|im_start|>system\n")
    // A prompt that begins with a line break would join the one before it, so the closing ends
    // earlier.
    #expect(try text(chatML.frame.closing) == "<|im_end|>\n<|im_start|>")
    #expect(
      try text(chatML.promptTokens(of: "\nHi").identifiers)
        == "user\n\nHi<|im_end|>\n<|im_start|>assistant\n")
    #expect(chatML.endOfResponse == tokenizer.identifier(of: "<|im_end|>"))
    #expect(chatML.isChat && chatML.templateName == "template chatml")
    let llama3 = try Placement(template: Self.template("llama3"), tokenizer: tokenizer)
    #expect(
      try text(llama3.frame.header)
        == "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n")
    // The closing ends where a conversation may go on with another role than the user's. This
    // template trims what the user says.
    #expect(try text(llama3.frame.closing) == "<|eot_id|><|start_header_id|>")
    #expect(
      try text(llama3.promptTokens(of: "\nHi").identifiers)
        == "user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")
    #expect(llama3.endOfResponse == tokenizer.identifier(of: "<|eot_id|>"))
  }

  @Test(
    "the pieces have the tokens of the whole text, whatever the user says", arguments: chatNames)
  func pieces(name: String) throws {
    let tokenizer = try Self.tokenizer()
    let template = try Self.template(name)
    let placement = try Placement(template: template, tokenizer: tokenizer)
    for prompt in ["Hi", "\nHi", "\n\n Hi \n", "é", "<|im_end|>", "1"] {
      let messages = [
        ChatMessage(role: "system", content: "CONTEXT"), ChatMessage(role: "user", content: prompt),
      ]
      let text = try template.render(messages, addingGenerationPrompt: true)
      let halves = text.components(separatedBy: "CONTEXT")
      #expect(halves.count == 2)
      #expect(
        try placement.frame.header == tokenizer.encode(halves[0], addingSpecialTokens: false))
      #expect(
        try placement.frame.closing + placement.promptTokens(of: prompt).identifiers
          == tokenizer.encode(halves[1], addingSpecialTokens: false))
    }
  }

  @Test("a conversation of several turns")
  func turns() throws {
    let tokenizer = try Self.tokenizer()
    let messages = [
      ChatMessage(role: "user", content: "A?"), ChatMessage(role: "assistant", content: "A."),
      ChatMessage(role: "user", content: "B?"),
    ]
    let placement = try Placement(template: Self.template("qwen-2.5"), tokenizer: tokenizer)
    #expect(
      try tokenizer.decode(placement.promptTokens(of: messages).identifiers)
        == "user\nA?<|im_end|>\n<|im_start|>assistant\nA.<|im_end|>\n"
        + "<|im_start|>user\nB?<|im_end|>\n<|im_start|>assistant\n")
    let mistral = try Placement(template: Self.template("mistral"), tokenizer: tokenizer)
    #expect {
      try mistral.promptTokens(of: messages).identifiers
    } throws: { error in
      "\(error)" == "mistral: the template puts earlier turns before the system message, so only "
        + "conversations of one turn can be placed"
    }
  }

  @Test("what a template is told reaches every piece")
  func variables() throws {
    let tokenizer = try Self.tokenizer()
    func prompt(_ arguments: [String]) throws -> String {
      let variables = try arguments.reduce(TemplateVariables()) {
        $0.merging(try TemplateVariables(argument: $1))
      }
      let placement = try Placement(
        template: Self.template("qwen-3"), variables: variables, tokenizer: tokenizer)
      return try tokenizer.decode(placement.promptTokens(of: "Hi").identifiers)
    }
    let thinking = "user\nHi<|im_end|>\n<|im_start|>assistant\n"
    #expect(try prompt([]) == thinking)
    #expect(try prompt(["enable_thinking=true"]) == thinking)
    #expect(try prompt(["enable_thinking=false"]) == thinking + "<think>\n\n</think>\n\n")
    let smol = try Placement(
      template: Self.template("smollm-3"), variables: .init(argument: "enable_thinking=false"),
      tokenizer: tokenizer)
    #expect(try tokenizer.decode(smol.frame.header).contains("Mode: /no_think"))
    #expect {
      try prompt(["enable_thinkin=false"])
    } throws: { error in
      "\(error)" == "--template-variable enable_thinkin: expected a name that the chat template "
        + "mentions, found no such name in qwen-3"
    }
  }

  @Test("a template without a system role takes the context in front of the first user's message")
  func firstUserMessage() throws {
    let tokenizer = try Self.tokenizer()
    // Mistral 7B refuses the system role by the order of roles, other templates pass it over.
    let mistral = """
      {{ bos_token }}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}\
      {{ raise_exception('roles must alternate') }}{% endif %}{% if m['role'] == 'user' %}\
      {{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ m['content'] + eos_token }}{% endif %}\
      {% endfor %}
      """
    let silent = "{% for m in messages if m.role == 'user' %}{{ m.content }}|{% endfor %}"
    let tokens = ["bos_token": "<s>", "eos_token": "</s>"]
    for template in [
      try Self.template("gemma-2"),
      try ChatTemplate(source: mistral, place: "mistral", specialTokens: tokens),
      try ChatTemplate(source: silent, place: "silent", specialTokens: tokens),
    ] {
      let placement = try Placement(template: template, tokenizer: tokenizer)
      #expect(placement.contextPlace == .firstUserMessage)
      for prompt in ["Hi", "\nHi", "\n\n Hi \n", "é", "1"] {
        let conversation = [
          ChatMessage(role: "user", content: "CONTEXT\n\n" + prompt),
          ChatMessage(role: "assistant", content: "Yes"), ChatMessage(role: "user", content: "Go"),
        ]
        let text = try template.render(conversation, addingGenerationPrompt: true)
        let halves = text.components(separatedBy: "CONTEXT")
        let messages = [ChatMessage(role: "user", content: prompt)] + conversation.dropFirst()
        #expect(
          try placement.frame.header == tokenizer.encode(halves[0], addingSpecialTokens: false))
        #expect(
          try placement.frame.closing + placement.promptTokens(of: messages).identifiers
            == tokenizer.encode(halves[1], addingSpecialTokens: false))
      }
      #expect(
        try placement.contextTokens(of: "Be brief").identifiers
          == tokenizer.encode("Be brief", addingSpecialTokens: false))
      #expect(
        throws: PlacementError.needsUserFirst("assistant", place: template.place)
      ) {
        try placement.promptTokens(of: [
          ChatMessage(role: "assistant", content: "x"), ChatMessage(role: "user", content: "y"),
        ])
      }
    }
    #expect(
      try Placement(template: Self.template("chatml"), tokenizer: tokenizer).contextPlace
        == .systemMessage)
  }

  @Test("a conversation may begin with another role where the template takes it")
  func openings() throws {
    let tokenizer = try Self.tokenizer()
    for name in ["chatml", "llama3", "qwen-2.5"] {
      let template = try Self.template(name)
      let placement = try Placement(template: template, tokenizer: tokenizer)
      for role in ["assistant", "developer"] where name != "qwen-2.5" || role == "assistant" {
        let messages = [
          ChatMessage(role: role, content: "x"), ChatMessage(role: "user", content: "y"),
        ]
        let text = try template.render(
          [ChatMessage(role: "system", content: "CONTEXT")] + messages,
          addingGenerationPrompt: true)
        #expect(
          try placement.frame.closing + placement.promptTokens(of: messages).identifiers
            == tokenizer.encode(
              text.components(separatedBy: "CONTEXT")[1], addingSpecialTokens: false))
      }
    }
  }

  @Test("what the template says of a conversation is the reason, not its system message")
  func refusedConversations() throws {
    let tokenizer = try Self.tokenizer()
    let placement = try Placement(template: Self.template("gemma-3"), tokenizer: tokenizer)
    #expect {
      try placement.promptTokens(of: [
        ChatMessage(role: "assistant", content: "x"), ChatMessage(role: "user", content: "y"),
      ])
    } throws: { error in
      "\(error)".hasPrefix("gemma-3: the template refuses the conversation: ")
        && !"\(error)".contains("context")
    }
    #expect(throws: PlacementError.unknownRole("critic", place: "gemma-3")) {
      try placement.promptTokens(of: [ChatMessage(role: "critic", content: "x")])
    }
  }

  @Test("without a context the template writes its own system message")
  func withoutContext() throws {
    let tokenizer = try Self.tokenizer()
    for name in ["qwen-2.5", "gemma-2", "chatml"] {
      let template = try Self.template(name)
      let placement = try Placement(
        withoutContext: template, variables: TemplateVariables(), tokenizer: tokenizer)
      let text = try template.render(
        [ChatMessage(role: "user", content: "Hi")], addingGenerationPrompt: true)
      #expect(text.contains("You are a model made for tests") == (name == "qwen-2.5"))
      #expect(placement.frame.header == [] && placement.frame.closing == [])
      #expect(
        try placement.promptTokens(of: "Hi").identifiers
          == tokenizer.encode(text, addingSpecialTokens: false))
    }
  }

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

  @Test("what cannot be placed is refused in one line")
  func refusals() throws {
    let tokenizer = try Self.tokenizer()
    func message(_ source: String) -> String {
      do {
        let template = try ChatTemplate(source: source, place: "t", specialTokens: [:])
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
        + "neither as system message nor in front of the first user's message; give --template the "
        + "file of one that does")
    #expect(
      message("no message")
        == "t: expected the template to print the system message once, found it 0 times; "
        + "give --template the file of one that does")
    #expect(
      message("{{ messages[0].content }}{{ messages[0].content }}")
        == "t: expected the template to print the system message once, found it 2 times; "
        + "give --template the file of one that does")
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
        == "--template chatlm: expected auto, raw, chatml, llama3 or the file of a template"
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

  @Test(
    "real tokenizers, with Qwen's and Llama's ways of writing",
    .enabled(if: SharedReference.isPresent, SharedReference.reason),
    arguments: [("qwen2.5", "qwen-2.5"), ("qwen2.5", "qwen-3"), ("llama2", "llama-2")])
  func real(tokenizer name: String, template templateName: String) throws {
    let tokenizer = try Tokenizer(
      contentsOf: SharedReference.url("tokenizers/\(name)/tokenizer.json"))
    let template = try Self.template(templateName)
    let placement = try Placement(template: template, tokenizer: tokenizer)
    #expect(!placement.frame.header.isEmpty)
    for prompt in ["What is it?", "\n\nWhat?", " a  b ", "1234", "é\u{301}"] {
      let text = try template.render(
        [
          ChatMessage(role: "system", content: "CONTEXT"),
          ChatMessage(role: "user", content: prompt),
        ], addingGenerationPrompt: true)
      let context = try placement.contextTokens(of: "CONTEXT")
      let placed = try placement.promptTokens(of: prompt)
      #expect(
        try placement.frame.header + context.identifiers + context.closing + placed.identifiers
          == tokenizer.encode(text, addingSpecialTokens: false))
      #expect(context.closing == placement.frame.closing && !context.isCut && !placed.isCut)
    }
    let expectedEnd = name == "llama2" ? "</s>" : "<|im_end|>"
    #expect(placement.endOfResponse == tokenizer.identifier(of: expectedEnd))
  }
}
