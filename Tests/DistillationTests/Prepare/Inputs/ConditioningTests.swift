import Distillation
import Foundation
import HuggingFace
import TestSupport
import Testing

@Suite struct ConditioningTests {
  private let parent: TemporaryFolder
  private let model: URL

  init() throws {
    parent = try TemporaryFolder()
    model = try TinyModel.write(in: parent)
  }

  private func conditioning(
    _ context: ContextText?, template: String = "auto",
    variables: TemplateVariables = TemplateVariables()
  ) throws -> Conditioning {
    try Conditioning(
      context, folder: ModelFolder(at: model),
      template: TemplateChoice(template, variables: variables),
      vocabularySize: TinyTokenizer.vocabularySize)
  }

  @Test func aRawModelsHeaderIsTheTokenizersSpecialTokens() throws {
    let found = try conditioning(.text("abc", file: "context.txt"))
    #expect((found.frame.header, found.context, found.frame.closing) == ([0], [4, 3], []))
    #expect((found.template.name, found.isChat) == ("raw", false))
    #expect(found.stopIdentifiers == [8])
    #expect(try found.prompt("cab") == PlacedPrompt(identifiers: [3, 4], isCut: false))
  }

  @Test func aChatTemplatePutsTheContextIntoItsSystemMessage() throws {
    let found = try conditioning(.text("abc", file: "context.txt"), template: "chatml")
    #expect(found.frame.header.first == 7)
    #expect(found.context == [4, 3])
    #expect(found.frame.closing.first == 8)
    #expect((found.template.name, found.isChat) == ("chatml", true))
  }

  @Test func theModelsOwnTemplateIsFound() throws {
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"}
      """#)
    let found = try conditioning(.text("abc", file: "context.txt"))
    #expect((found.frame.header, found.template.name, found.isChat) == ([7], "auto", true))
    #expect(try conditioning(nil, template: "raw").frame.header == [0])
  }

  @Test func aTemplatesVariablesAreKept() throws {
    let file = try parent.write(
      "own.jinja", "{% for m in messages %}{{ m.content }}{{ mark }}{% endfor %}")
    let variables = try TemplateVariables(argument: "mark=c")
    let found = try conditioning(
      .text("abc", file: "context.txt"), template: file.path, variables: variables)
    #expect((found.template.name, found.template.variables) == (file.path, variables))
    #expect(try found.frame.closing + found.prompt("a").identifiers == [3, 1, 3])
    for context in [ContextText.text("a", file: "c"), .identifiers([1], file: "c")] {
      expectError(
        "template-variable: expected a chat template that takes it, found none; choose one with "
          + "template"
      ) { try conditioning(context, template: "raw", variables: variables) }
    }
  }

  @Test func aTemplatesClockIsFixedOnceItIsRecorded() throws {
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% for m in messages %}<|im_start|>{{ strftime_now('%d') }}{{ m.content }}{% endfor %}"}
      """#)
    func header(_ clock: String) throws -> [Int] {
      var template = TemplateChoice("auto")
      template.wallClock = clock
      return try Conditioning(
        nil, folder: ModelFolder(at: model), template: template,
        vocabularySize: TinyTokenizer.vocabularySize
      ).frame.header
    }
    #expect(try header("2026-11-23T09:30:00") == header("2026-10-23T10:00:00"))
    #expect(try header("2026-11-23T09:30:00") != header("2026-11-24T09:30:00"))
    #expect(try conditioning(nil).template.clock != nil)
  }

  @Test func aClockThatNoTemplateReadsIsNotKept() throws {
    #expect(try conditioning(nil, template: "chatml").template.clock == nil)
    #expect(try conditioning(nil, template: "raw").template.clock == nil)
  }

  @Test(arguments: [("a\r\nb\rc", true), ("a\nb\nc", false)])
  func lineEndsOfAContextAreReadAsLineFeeds(text: String, isForeign: Bool) throws {
    let context = ContextText.text(text, file: "context.txt")
    let found = try conditioning(context)
    #expect(found.context == [1, 6, 2, 6, 3])
    #expect(found.hasForeignLineEnds == isForeign)
  }

  @Test func anEarlierRunKeepsTheTokensOfItsLineEnds() throws {
    // This tokenizer has no carriage return, so only the line feed of a line end remains; other
    // tokenizers give other tokens.
    let found = try Conditioning(
      .text("a\rb", file: "context.txt"), folder: ModelFolder(at: model),
      template: TemplateChoice("auto"), vocabularySize: TinyTokenizer.vocabularySize,
      reading: .earlier)
    #expect(found.context != [1, 6, 2])
    #expect(!found.hasForeignLineEnds)
  }

  @Test func completionsOfARawModelEndWithItsEndToken() throws {
    let lines = try parent.write(
      "lines.jsonl",
      #"""
      {"prompt": "a", "completion": "c"}
      {"prompt": "a", "completion": "c<|im_end|>"}
      {"prompt": "a"}
      {"prompt": "a", "completion": "c", "study": {"part": "training"}}
      """#)
    func examples(_ template: String, _ reading: InputReading) throws -> [InputExample] {
      let conditioning = try Conditioning(
        .text("abc", file: "context.txt"), folder: ModelFolder(at: model),
        template: TemplateChoice(template), vocabularySize: TinyTokenizer.vocabularySize,
        reading: reading)
      return try Dataset.read(lines, reader: conditioning.reader).examples
    }
    let raw = try examples("raw", .present)
    #expect(raw.map(\.response) == [[3, 8], [3, 8], nil, [3]])
    #expect(raw.map(\.isEndAdded) == [true, false, false, false])
    #expect(try examples("raw", .earlier).map(\.response) == [[3], [3, 8], nil, [3]])
    #expect(try examples("chatml", .present).map(\.isEndAdded) == [false, false, false, false])
    #expect(try conditioning(nil).endTokenText == "<|im_end|>")
  }

  @Test func theTokenizersEndTokenComesBeforeOthersOfTheModel() throws {
    try parent.write("model/generation_config.json", #"{"eos_token_id": [0, 8, 400]}"#)
    #expect(try conditioning(nil).endTokenText == "<bos>")
    try parent.write("model/tokenizer_config.json", #"{"eos_token": "<|im_end|>"}"#)
    #expect(try conditioning(nil).endTokenText == "<|im_end|>")
  }

  @Test func aContextIsTheTemplatesTextOfIt() throws {
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% for m in messages %}<|im_start|>{{ m.content|trim }}<|im_end|>{% if 'bad' in m.content %}a{% endif %}{% endfor %}"}
      """#)
    #expect(try conditioning(.text(" \nabc \n", file: "context.txt")).context == [4, 3])
    #expect(try conditioning(.text("abc\n", file: "c"), template: "raw").context.count > 2)
    let path = model.appending(path: "tokenizer_config.json").path
    expectError(
      "\(path), chat_template: something in the context, such as /no_think, makes the template "
        + "write another text around it; take it out, and tell the template with "
        + "template-variable"
    ) { try conditioning(.text("bad", file: "context.txt")) }
  }

  @Test func identifiersHaveNoFrame() throws {
    let found = try conditioning(.identifiers([3, 2], file: "context.json"))
    #expect((found.frame.header, found.context, found.frame.closing) == ([], [3, 2], []))
  }

  @Test func identifiersOutsideTheVocabularyAreRefused() {
    let last = TinyTokenizer.vocabularySize - 1
    expectError(
      "context.json: expected ids from 0 to \(last), the model's vocabulary, found 1000"
    ) { try conditioning(.identifiers([3, 1000], file: "context.json")) }
  }

  @Test func unknownTemplatesAreRefused() {
    expectError(
      "template jinja: expected auto, raw, chatml, llama3 or the file of a template"
    ) {
      try conditioning(nil, template: "jinja")
    }
  }

  @Test func textNeedsATokenizer() throws {
    try FileManager.default.removeItem(at: model.appending(path: "tokenizer.json"))
    expectError("\(model.path): expected tokenizer.json, found no such file") {
      try conditioning(.text("abc", file: "context.txt"))
    }
    #expect(try conditioning(.identifiers([3], file: "context.json")).context == [3])
  }
}
