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
    _ context: ContextText?, template: String = "auto"
  ) throws -> Conditioning {
    try Conditioning(
      context, folder: ModelFolder(at: model), template: template,
      vocabularySize: TinyTokenizer.vocabularySize)
  }

  @Test func aRawModelBeginsWithWhatItsTokenizerAdds() throws {
    let found = try conditioning(.text("abc", file: "context.txt"))
    #expect((found.header, found.context, found.closing) == ([0], [4, 3], []))
    #expect((found.template, found.isChat) == ("raw", false))
    #expect(found.stopIdentifiers == [8])
    #expect(try found.prompt("cab") == [3, 4])
  }

  @Test func aChatTemplatePutsTheContextIntoItsSystemMessage() throws {
    let found = try conditioning(.text("abc", file: "context.txt"), template: "chatml")
    #expect(found.header.first == 7)
    #expect(found.context == [4, 3])
    #expect(found.closing.first == 8)
    #expect((found.template, found.isChat) == ("chatml", true))
  }

  @Test func theModelsOwnTemplateIsFound() throws {
    try parent.write(
      "model/tokenizer_config.json",
      #"""
      {"chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}"}
      """#)
    let found = try conditioning(.text("abc", file: "context.txt"))
    #expect((found.header, found.template, found.isChat) == ([7], "auto", true))
    #expect(try conditioning(nil, template: "raw").header == [0])
  }

  @Test func identifiersStandAlone() throws {
    let found = try conditioning(.identifiers([3, 2], file: "context.json"))
    #expect((found.header, found.context, found.closing) == ([], [3, 2], []))
  }

  @Test func identifiersOutsideTheVocabularyAreRefused() {
    let last = TinyTokenizer.vocabularySize - 1
    expectError(
      "context.json: expected ids from 0 to \(last), the model's vocabulary, found 1000"
    ) { try conditioning(.identifiers([3, 1000], file: "context.json")) }
  }

  @Test func unknownTemplatesAreRefused() {
    expectError("--template: expected one of auto, raw, chatml, llama3, found jinja") {
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
