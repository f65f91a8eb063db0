import Distillation
import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

/// The example lines of the guides are read.
@Suite struct GuideExampleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The blocks of JSON lines of a guide, each as its own file.
  private func blocks(_ guide: String) throws -> [URL] {
    let url = URL(fileURLWithPath: #filePath)
      .appending(path: "../../../../../Documentation/Pith.docc/Guides/\(guide).md")
      .standardizedFileURL
    let lines = try String(contentsOf: url, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let blocks = lines.split { !$0.hasPrefix("{") }
    return try blocks.enumerated().map { index, block in
      try folder.write("\(guide).\(index).jsonl", block.joined(separator: "\n"))
    }
  }

  @Test func everyBlockIsAFileOfExamples() throws {
    let own = try blocks("PromptsAndResponses")
    let spans = try blocks("LongContexts")
    try #require(own.count == 2 && spans.count == 1)
    let tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
    let template = try #require(try ChatTemplate.builtIn(named: "chatml"))
    let text = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "system-prompt.txt")
    let data = try Dataset.read(own[0], reader: text)
    #expect(data.examples.map { $0.response == nil } == [true, false, false, false])
    #expect(data.unusedKeys.isEmpty)
    let identifiers = PromptReader(identifiersBelow: 1000, contextFile: "context.json")
    #expect(
      try Dataset.read(own[1], reader: identifiers).examples.map(\.prompt) == [[318, 764]])
    let long = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "handbook.md",
      contextText: String(repeating: "a", count: 12_000))
    #expect(
      try Dataset.read(spans[0], reader: long).examples.map(\.context)
        == [.span(5786..<11402), .own("Our opening hours are ...")])
  }
}
