import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

@testable import Distillation

/// Adapters within the tokens of their training, and the errors of wrong tokens.
@Suite struct AdapterPlacementTests {
  private let parent: TemporaryFolder
  private let model: URL

  init() throws {
    parent = try TemporaryFolder()
    model = try TinyModel.write(in: parent)
  }

  private func conditioning(
    _ context: String = "abc", template: String = "chatml"
  ) throws -> Conditioning {
    try Conditioning(
      .text(context, file: "context.txt"), folder: ModelFolder(at: model),
      template: TemplateChoice(template), vocabularySize: TinyTokenizer.vocabularySize)
  }

  private func adapter(header: [Int], closing: [Int], template: String = "chatml") -> AdapterImport
  {
    .softPrompt(
      LearnedPrompt(embeddings: [1, 2], width: 2),
      AdapterRecord(
        template: TemplateChoice(template), frame: Frame(header: header, closing: closing)))
  }

  @Test func promptsStartAfterTheClosingOfTheTraining() throws {
    let now = try conditioning()
    let whole = try now.frame.closing + now.prompt("ca").identifiers
    for closing in [
      [], Array(now.frame.closing.prefix(1)), Array(whole.prefix(now.frame.closing.count + 3)),
    ] {
      let moved = try adapter(header: now.frame.header, closing: closing)
        .framing(now, file: "run")
      #expect(try moved.frame.closing + moved.prompt("ca").identifiers == whole)
      #expect(moved.contextClosing == closing && moved.context == now.context)
      let prefix = try adapter(header: now.frame.header, closing: closing)
        .prefix(in: moved, of: try configuration, file: "run")
      #expect(prefix.frame == Frame(header: now.frame.header, closing: closing))
      let inputs = try parent.write("inputs.jsonl", #"{"prompt": "ca", "completion": "b"}"#)
      #expect(
        try closing + Dataset.read(inputs, reader: moved.reader).examples[0].prompt == whole)
    }
  }

  private var configuration: DecoderConfiguration {
    get throws { try DecoderConfiguration(config: ModelFolder(at: model).config()) }
  }

  /// In another template the header may be longer: keys are rotated from where they were trained.
  @Test func keysMoveWithTheHeader() throws {
    let configuration = try configuration
    var random = SeededGenerator(seed: 5)
    let form = configuration.keysValues(count: 2)
    let prompt = LearnedPrompt(form: form, values: random.floats(form.elementCount))
    let adapter = AdapterImport.softPrompt(
      prompt, AdapterRecord(template: TemplateChoice("llama3"), frame: Frame(header: [1])))
    let now = try conditioning()
    let first = now.frame.header.count
    #expect(first > 1)
    let prefix = try adapter.prefix(in: now, of: configuration, file: "run")
    #expect(prefix.body == .prompt(prompt.moved(from: 1, to: first, in: configuration)))
    #expect(prefix.body != .prompt(prompt))
    let same = try AdapterImport.softPrompt(
      prompt, AdapterRecord(template: TemplateChoice("chatml"), frame: now.frame)
    ).prefix(in: now, of: configuration, file: "run")
    #expect(same.body == .prompt(prompt))
    #expect(
      try AdapterImport.virtualTokens(prompt).prompt(at: 3, of: configuration, file: "run")
        == prompt.moved(from: 0, to: 3, in: configuration))
  }

  @Test func otherTokensAroundASoftPromptAreRefused() throws {
    let now = try conditioning()
    let others = [
      (now.frame.header, now.frame.closing.dropLast() + [3]),
      (now.frame.header + [3], now.frame.closing),
    ]
    for (header, closing) in others {
      expectError(
        "run: expected a chat template that writes the tokens around the soft prompt with which it was "
          + "trained, found one that has changed since, or another model's"
      ) { try adapter(header: header, closing: closing).framing(now, file: "run") }
    }
    // With another template, an adapter gets its tokens.
    let moved = try adapter(header: [1], closing: [2], template: "llama3")
      .framing(now, file: "run")
    #expect(moved.frame.closing == now.frame.closing)
  }

  @Test func adaptersOfOlderProgramsKeepTheirReading() {
    let record = AdapterRecord(reading: .present)
    #expect(adapter(header: [], closing: []).inputReading == .apart)
    #expect(
      AdapterImport.softPrompt(LearnedPrompt(embeddings: [1], width: 1), record).inputReading
        == .present)
    #expect(
      AdapterImport.virtualTokens(LearnedPrompt(embeddings: [1], width: 1)).inputReading == .present
    )
    #expect(InputReading(rawValue: "present") == .apart)
  }

  @Test func aTokenOverTheEndOfTheContextIsPartOfIt() throws {
    let file = try parent.write(
      "own.jinja", "{% for m in messages %}<|im_start|>{{ m.content }}b<|im_end|>{% endfor %}")
    let found = try conditioning("ca", template: file.path)
    #expect(found.frame.closing == [2, 8, 7])
    #expect((found.context, found.contextClosing) == ([3, 4], [8, 7]))
    #expect(!found.isContextCut)
    #expect(found.teacherPrefix.rows == 5)
  }

  @Test func aTokenOverTheEndOfTheContextIsReportedWithoutAClosing() throws {
    // The text after the context depends on the first role, so there is no closing.
    let file = try parent.write(
      "own.jinja",
      "{% for m in messages %}{% if m.role == 'user' %}b{% elif m.role == 'assistant' %}c{% endif %}"
        + "{{ m.content }}{% endfor %}")
    let found = try conditioning("ca", template: file.path)
    #expect((found.frame.header, found.context, found.frame.closing) == ([], [3, 1], []))
    #expect(found.isContextCut)
    let notice = try #require(
      InputNotice.ofReading(found, contextFile: "context.txt", []).first)
    #expect(
      notice.description
        == "context.txt: the tokenizer joins an end of this context with the chat template's text next to "
        + "it; they are tokenized apart, so a few tokens there are not those of the whole text")
    #expect(!notice.isInformation)
    #expect(try !conditioning("cc", template: file.path).isContextCut)
    let prompts = InputNotice.cutPrompts(count: 1)
    #expect("\(prompts)".hasPrefix("the tokenizer joins the beginning of 1 prompt with the chat"))
    for isCut in [true, false] {
      let typed = PlacedPrompt(identifiers: [1], isCut: isCut)
      #expect(
        InputNotice.ofReading(found, contextFile: "context.txt", typed)
          == [notice] + (isCut ? [prompts] : []))
      #expect(InputNotice.ofReading(found, contextFile: nil, typed) == (isCut ? [prompts] : []))
    }
  }

  @Test func aTokenThatSpansTheBeginningOfSomeContextsIsInNoHeader() throws {
    let file = try parent.write(
      "own.jinja", "{% for m in messages %}ca{{ m.content }}<|im_end|>{% endfor %}")
    let found = try conditioning("bc", template: file.path)
    #expect((found.frame.header, found.context) == ([3], [4, 3]))
    #expect(!found.isContextCut)
  }
}
