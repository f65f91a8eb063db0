import Foundation
import Inference
import Safetensors
import TestSupport
import Testing

@testable import Distillation

@Suite struct LearnedPromptTests {
  /// Embeddings of width 2: token i is [i, -i].
  private func source(
    context: [Int] = Array(10..<20), special: Set<Int> = []
  ) -> InitializationSource {
    InitializationSource(
      context: context, width: 2, vocabularySize: 30, specialIdentifiers: special
    ) { identifiers in
      identifiers.flatMap { [Float($0), -Float($0)] }
    }
  }

  private func identifiers(_ prompt: LearnedPrompt) -> [Int] {
    (0..<prompt.form.tokenCount).map { Int(prompt.values[2 * $0]) }
  }

  @Test func firstTakesTheBeginningOfTheContext() throws {
    let prompt = try LearnedPrompt.initial(.first, count: 3, from: source(), seed: 0)
    #expect(prompt.values == [10, -10, 11, -11, 12, -12])
    #expect(prompt.form == .embeddings(count: 3, width: 2))
  }

  @Test func sampledTakesDifferentPositionsInTheirOrder() throws {
    let prompt = try LearnedPrompt.initial(.sampled, count: 4, from: source(), seed: 1)
    let chosen = identifiers(prompt)
    #expect(chosen == Set(chosen).sorted())
    #expect(chosen.allSatisfy { (10..<20).contains($0) })
    #expect(try prompt == LearnedPrompt.initial(.sampled, count: 4, from: source(), seed: 1))
    #expect(try prompt != LearnedPrompt.initial(.sampled, count: 4, from: source(), seed: 2))
  }

  @Test func pooledAveragesEqualPieces() throws {
    let prompt = try LearnedPrompt.initial(.pooled, count: 3, from: source(), seed: 0)
    // Parts 10 to 12, 13 to 15 and 16 to 19.
    #expect(prompt.values == [11, -11, 14, -14, 17.5, -17.5])
  }

  @Test func vocabularyTakesDifferentOrdinaryTokens() throws {
    let special = Set(0..<20)
    let prompt = try LearnedPrompt.initial(
      .vocabulary, count: 9, from: source(special: special), seed: 4)
    let chosen = identifiers(prompt)
    #expect(Set(chosen).count == 9)
    #expect(chosen.allSatisfy { (20..<30).contains($0) })
  }

  @Test func vocabularyWithoutEnoughOrdinaryTokensIsRefused() {
    let source = source(special: Set(0..<25))
    #expect(throws: DistillationError.self) {
      try LearnedPrompt.initial(.vocabulary, count: 6, from: source, seed: 0)
    }
  }

  @Test func randomHasTheSizeOfTheContextsEmbeddings() throws {
    let context = (0..<3000).map { $0 % 30 }
    let prompt = try LearnedPrompt.initial(
      .random, count: 2000, from: source(context: context), seed: 5)
    let scale = try source(context: context).embeddingScale()
    #expect(abs(InitializationSource.rootMeanSquare(of: prompt.values) / scale - 1) < 0.05)
  }

  @Test(arguments: ["soft_prompt", "prompt_embeddings"])
  func fileHoldsTheStart(name: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "start.safetensors")
    try SafetensorsWriter.write([(name, [2, 2], [1, 2, 3, 4])], to: url)
    let prompt = try LearnedPrompt.initial(.file(url), count: 2, from: source(), seed: 0)
    #expect(prompt.values == [1, 2, 3, 4])
  }

  @Test(arguments: [("soft_prompt", 1), ("prompt_embeddings", 1), ("prompt_embeddings", 3)])
  func fileOfAnotherShapeIsRefused(name: String, count: Int) throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "start.safetensors")
    try SafetensorsWriter.write([(name, [2, 2], [1, 2, 3, 4])], to: url)
    expectError("\(name) in \(url.path): expected shape [\(count), 2], found [2, 2]") {
      try LearnedPrompt.initial(.file(url), count: count, from: source(), seed: 0)
    }
  }

  @Test func aSmallerPromptIsFollowedByEmbeddingsOfTheContext() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "start.safetensors")
    try SafetensorsWriter.write([("soft_prompt", [2, 2], [1, 2, 3, 4])], to: url)
    let prompt = try LearnedPrompt.initial(.file(url), count: 5, from: source(), seed: 7)
    let more = try LearnedPrompt.initial(.sampled, count: 3, from: source(), seed: 7)
    #expect(prompt.values == [1, 2, 3, 4] + more.values)
  }

  @Test func fileWithNaNIsRefused() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "start.safetensors")
    try SafetensorsWriter.write([("soft_prompt", [1, 2], [1, .nan])], to: url)
    expectError(
      "soft_prompt in \(url.path): expected finite numbers, found NaN or infinity at element 1"
    ) {
      try LearnedPrompt.initial(.file(url), count: 1, from: source(), seed: 0)
    }
  }

  @Test(arguments: [0, 10, 11])
  func pseudoTokensMustBeFewerThanTheContexts(count: Int) {
    expectError(
      "tokens: expected 1 to 9, fewer than the context's 10 tokens, found \(count)"
    ) {
      try LearnedPrompt.initial(.sampled, count: count, from: source(), seed: 0)
    }
  }

  @Test func aContextOfOneTokenCannotBeMadeShorter() {
    #expect(
      "\(LearnedPrompt.tooMany(1, contextTokens: 1))"
        == "tokens: expected a context of 2 tokens or more, so that fewer can replace it, found one of 1 "
        + "token")
    #expect(
      "\(LearnedPrompt.tooMany(2, contextTokens: 2))"
        == "tokens: expected 1, fewer than the context's 2 tokens, found 2")
  }

  @Test func initializationsHaveTheNamesOfTheCommandLine() {
    for name in TrainingOptions.Method.allCases.flatMap(Initialization.names) {
      #expect(Initialization(name)?.description == name)
    }
    #expect(Initialization("start.safetensors") != nil)
    #expect(Initialization("warm") == nil)
  }
}
