import Foundation
import HuggingFace
import TestSupport
import Testing

@testable import Distillation

/// Prompts that have nothing to do with the context.
@Suite struct UnrelatedPromptsTests {
  private let folder: TemporaryFolder
  private let conditioning: Conditioning

  init() throws {
    folder = try TemporaryFolder()
    conditioning = try Conditioning(
      .text("the cab has a bad back.", file: "context.txt"),
      folder: ModelFolder(at: TinyModel.write(in: folder)), template: TemplateChoice("raw"),
      vocabularySize: TinyTokenizer.vocabularySize)
  }

  @Test func theBuiltInPromptsAreTakenAsFarAsTheyFit() throws {
    let prompts = UnrelatedPrompts.builtIn
    #expect(prompts.count == 24 && Set(prompts).count == 24)
    let all = try UnrelatedPrompts.read(nil, conditioning.reader, prefix: 20, positions: 4096)
    #expect(all.count == 24)
    #expect(all.allSatisfy { $0.response == nil && !$0.prompt.isEmpty })
    // A token a letter: the longest prompts do not fit, and others do.
    let some = try UnrelatedPrompts.read(nil, conditioning.reader, prefix: 20, positions: 96)
    #expect((1..<24).contains(some.count))
    #expect(some.allSatisfy { 20 + $0.prompt.count + UnrelatedPrompts.answerTokens <= 96 })
    #expect(try UnrelatedPrompts.read(nil, conditioning.reader, prefix: 96, positions: 96).isEmpty)
  }

  @Test func afterTokenIdentifiersThereAreNone() throws {
    let reader = PromptReader(identifiersBelow: 50, contextFile: "context.json")
    #expect(try UnrelatedPrompts.read(nil, reader, prefix: 4, positions: 4096).isEmpty)
    let file = try folder.write("unrelated.jsonl", #"{"prompt_ids": [3, 4]}"#)
    let own = try UnrelatedPrompts.read(file, reader, prefix: 4, positions: 4096)
    #expect(own.map(\.prompt) == [[3, 4]])
  }

  @Test func aFileIsReadLikeInputs() throws {
    let file = try folder.write(
      "unrelated.jsonl", "{\"prompt\": \"a cab\"}\n{\"prompt\": \"b\", \"completion\": \" c\"}\n")
    let own = try UnrelatedPrompts.read(file, conditioning.reader, prefix: 4, positions: 64)
    #expect(own.map { $0.response == nil } == [true, false])
    #expect(throws: DistillationError.self) {
      try UnrelatedPrompts.read(file, conditioning.reader, prefix: 40, positions: 64)
    }
  }
}
