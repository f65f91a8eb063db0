import Foundation
import HuggingFace
import JSON
import TestSupport
import Testing
import Tokenizers

@testable import Distillation

/// Lines that name the part of the context before them.
@Suite struct ContextPartTests {
  private let folder: TemporaryFolder
  private let tokenizer: Tokenizer
  /// "é" takes two bytes.
  private static let context = "abc é cab\r\nback"

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer(
      JSONNode(parsing: Array(TinyTokenizer.json.utf8), file: "tokenizer.json"))
  }

  private func reader(_ context: String? = Self.context) throws -> PromptReader {
    PromptReader(
      tokenizer, placement: Placement(raw: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt",
      contextText: context, hasContext: context != nil)
  }

  private func read(_ lines: String, _ reader: PromptReader) throws -> Dataset {
    try Dataset.read(try folder.write("inputs.jsonl", lines), reader: reader)
  }

  private func expectRefusal(_ message: String, of line: String, _ reader: PromptReader) {
    let path = folder.url.appending(path: "inputs.jsonl").path
    expectError("\(path):1: \(message)") { try read(line, reader) }
  }

  @Test func linesNameTheirPart() throws {
    let data = try read(
      """
      {"prompt": "a"}
      {"prompt": "a", "context_span": [4, 7]}
      {"prompt": "a", "context": "own\\r\\n"}
      {"prompt": "a", "context_span": [0, 15], "context": null}
      """, reader())
    #expect(data.examples.map(\.context) == [.whole, .span(4..<7), .own("own\n"), .whole])
    #expect(data.unusedKeys.isEmpty)
    // Line ends count as LF: the text has 15 bytes.
    #expect(try reader().text(of: .span(4..<7)) == "é ")
    #expect(try reader().text(of: .span(7..<15)) == "cab\nback")
    #expect(try reader().text(of: .own("own\n")) == "own\n")
  }

  @Test func aSystemMessageMayRepeatThePartAlone() throws {
    let template = try #require(try ChatTemplate.builtIn(named: "chatml"))
    let chat = PromptReader(
      tokenizer, placement: try Placement(template: template, tokenizer: tokenizer),
      vocabularySize: TinyTokenizer.vocabularySize, contextFile: "context.txt",
      contextText: Self.context)
    func line(_ system: String, _ part: String) -> String {
      """
      {"messages": [{"role": "system", "content": "\(system)"}, {"role": "user", "content": "a"}], \(part)}
      """
    }
    #expect(try read(line("cab", #""context_span": [7, 11]"#), chat).examples.count == 1)
    #expect(try read(line("own", #""context": "own""#), chat).examples.count == 1)
    expectRefusal(
      "messages[0]: expected no system message but the context, which takes its place, found another one; "
        + "leave it out, or make it the context",
      of: line("abc é cab\\nback", #""context": "own""#), chat)
  }

  @Test func badPartsAreRefusedInOneLine() throws {
    let reader = try reader()
    let range =
      "context_span: expected the first byte and the end of a part of the context's 15 bytes, found "
    for (span, found) in [
      ("[4, 16]", "[4, 16]"), ("[4, 4]", "[4, 4]"), ("[-1, 3]", "[-1, 3]"), ("[3]", "[3]"),
    ] {
      expectRefusal(range + found, of: #"{"prompt": "a", "context_span": \#(span)}"#, reader)
    }
    expectRefusal(
      "context_span: expected bytes between characters, found 5, which is within one",
      of: #"{"prompt": "a", "context_span": [5, 7]}"#, reader)
    expectRefusal(
      "context: expected a string, found the integer 3", of: #"{"prompt": "a", "context": 3}"#,
      reader)
    expectRefusal(
      "context: expected a text, found an empty string", of: #"{"prompt": "a", "context": " "}"#,
      reader)
    expectRefusal(
      "expected one of context_span and context, found both",
      of: #"{"prompt": "a", "context": "b", "context_span": [0, 1]}"#, reader)
    let identifiers = PromptReader(identifiersBelow: 10, contextFile: "context.json")
    expectRefusal(
      "context: expected no text with token ids, found one",
      of: #"{"prompt_ids": [1], "context": "b"}"#, identifiers)
  }

  @Test func withoutAContextEveryLineNeedsItsOwn() throws {
    let reader = try reader(nil)
    #expect(
      try read(#"{"prompt": "a", "context": "b"}"#, reader).examples.map(\.context) == [.own("b")])
    expectRefusal(
      "expected context, a text before the prompt, because no context is given, found none",
      of: #"{"prompt": "a"}"#, reader)
    expectRefusal(
      "context_span: expected a context that it is a span of, found none",
      of: #"{"prompt": "a", "context_span": [0, 1]}"#, reader)
  }

  @Test func fingerprintsTellPartsApart() {
    func fingerprint(_ part: ContextPart) -> String {
      RunFingerprints(
        model: "m", context: [1], in: Frame(),
        training: [InputExample(prompt: [1], response: [2], context: part, line: 1, file: "f")],
        validation: []
      ).inputs
    }
    let parts: [ContextPart] = [.whole, .span(0..<3), .span(0..<4), .own("a"), .own("b")]
    #expect(Set(parts.map(fingerprint)).count == 5)
  }
}
