import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing

@testable import Distillation

/// The examples beside those of the inputs.
@Suite struct MixtureTests {
  private let folder: TemporaryFolder
  private let model: ModelFolder
  private static let text = String(
    (0..<40).map { "cab number \($0) has back and bone" }.joined(separator: "; "))

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
  }

  private func conditioning(
    _ context: ContextText = .text(Self.text, file: "context.txt"), template: String = "raw"
  ) throws -> Conditioning {
    try Conditioning(
      context, folder: model, template: TemplateChoice(template),
      vocabularySize: TinyTokenizer.vocabularySize)
  }

  private func options(
    reconstruct: Float = 0, regularize: Float = 0, seed: UInt64 = 0
  ) -> TrainingOptions {
    var options = TrainingOptions()
    (options.reconstruct, options.regularize, options.seed) = (reconstruct, regularize, seed)
    return options
  }

  private func examples(
    _ options: TrainingOptions, beside count: Int = 12, of conditioning: Conditioning,
    parts: [ContextPart] = [.whole]
  ) throws -> [InputExample] {
    try Mixture(options, beside: count).examples(
      ContextSpans(parts, conditioning), conditioning, length: 20)
  }

  @Test func sharesAreOfAllExamples() throws {
    let conditioning = try conditioning()
    #expect(try examples(options(), of: conditioning).isEmpty)
    #expect(try examples(options(reconstruct: 0.25), of: conditioning).count == 4)
    let both = try examples(options(reconstruct: 0.25, regularize: 0.25), of: conditioning)
    #expect(
      both.map { $0.response != nil } == [Bool](repeating: true, count: 6)
        + [
          Bool
        ](repeating: false, count: 6))
    #expect(try examples(options(regularize: 0.001), of: conditioning).count == 1)
  }

  @Test func continuationsGoOnAsTheContextDoes() throws {
    let conditioning = try conditioning()
    let found = try examples(options(reconstruct: 0.5), of: conditioning)
    for example in found {
      let response = try #require(example.response)
      #expect(response.count <= 20)
      let whole = try #require(try conditioning.text(of: example.prompt + response))
      #expect(Self.text.contains(whole), "\(whole)")
      // The prompt ends with a word, and what follows it begins with the space after.
      #expect(try conditioning.text(of: response)?.first == " ")
    }
    #expect(Set(found.map(\.prompt)).count > 6)
    #expect(try examples(options(reconstruct: 0.5), of: conditioning) == found)
    #expect(try examples(options(reconstruct: 0.5, seed: 1), of: conditioning) != found)
  }

  @Test func aChatModelIsAskedToContinue() throws {
    let conditioning = try conditioning(template: "chatml")
    for example in try examples(options(reconstruct: 0.5), of: conditioning) {
      let response = try #require(example.response)
      let asked = try #require(try conditioning.text(of: example.prompt))
      #expect(asked.contains("Continue the text word for word from here: "))
      let cue = try #require(
        asked.components(separatedBy: "from here: ").last?.components(separatedBy: "\n")
          .first)
      let rest = try #require(try conditioning.text(of: response))
      #expect(Self.text.contains("\(cue) \(rest)"), "\(cue) \(rest)")
      #expect(!response.contains(8))
    }
  }

  @Test func aSpanIsContinuedInItself() throws {
    let conditioning = try conditioning()
    let (first, second) = (0..<400, 400..<Self.text.utf8.count)
    let found = try examples(
      options(reconstruct: 0.6), of: conditioning, parts: [.span(first), .span(second)])
    #expect(Set(found.map(\.context)) == [.span(first), .span(second)])
    for example in found {
      let part = try #require(conditioning.reader.text(of: example.context))
      let whole = try conditioning.text(of: example.prompt + (example.response ?? []))
      #expect(part.contains(try #require(whole)))
    }
  }

  @Test func tokenIdentifiersAreContinued() throws {
    let identifiers = (0..<100).map { 9 + $0 % 60 }
    let conditioning = try conditioning(.identifiers(identifiers, file: "context.json"))
    for example in try examples(options(reconstruct: 0.5), of: conditioning) {
      let response = try #require(example.response)
      #expect(example.prompt.count == 16 && (1...20).contains(response.count))
      let first = try #require(example.prompt.first)
      let start = try #require(
        identifiers.indices.first {
          identifiers[$0] == first && identifiers[$0...].starts(with: example.prompt + response)
        })
      #expect(start + 16 + response.count <= 100)
    }
    expectError("regularize: expected 0 with a context of token ids, found a share above 0") {
      try examples(options(regularize: 0.5), of: conditioning)
    }
  }

  @Test func theShortestContextHasOneContinuation() throws {
    let conditioning = try conditioning(.text("ca", file: "context.txt"))
    let found = try examples(options(reconstruct: 0.1), of: conditioning)
    #expect(found.map(\.prompt) == [[3]] && found.map(\.response) == [[1]])
    let one = try self.conditioning(.identifiers([9], file: "context.json"))
    expectError("reconstruct: expected 0 with a context of one token, found a share above 0") {
      try examples(options(reconstruct: 0.1), of: one)
    }
  }

  @Test func regularizationPromptsAreAllDifferent() throws {
    let conditioning = try conditioning()
    let all = RegularizationPrompts.limit
    let found = try examples(options(regularize: 0.5), beside: all + 5, of: conditioning)
    #expect(found.count == all && all == 288)
    #expect(Set(found.map(\.prompt)).count == all)
    #expect(found.allSatisfy { $0.response == nil && $0.context == .whole })
    #expect(RegularizationPrompts.requests.allSatisfy { $0.count { $0 == "#" } == 1 })
  }

  @Test func theLossCoversAllButTheFirstToken() {
    let example = Example(prompt: [1, 2, 3], response: [4, 5], span: 2)
    let all = example.withLossOnPrompt
    #expect(all == Example(prompt: [1], response: [2, 3, 4, 5], span: 2))
    #expect(all.inputs == example.inputs)
    #expect(Example(prompt: [1], response: [2]).withLossOnPrompt.responseRows == 1)
  }
}
