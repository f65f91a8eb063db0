import Foundation
import HuggingFace
import Inference
import JSON
import TestSupport
import Testing
import Transformer

@testable import Distillation

extension DeviceTests {
  /// Measures of a small random model, whose answers depend on its context.
  @Suite struct VerdictTests {
    private static let frame = Frame(header: [7], closing: [9, 11])
    private static let context = [3, 20, 41, 5, 33, 17, 60, 12]
    private static let prompts = [[30, 31], [50, 14, 15], [22]]

    private let folder: TemporaryFolder
    private let decoder: Decoder

    init() throws {
      folder = try TemporaryFolder()
      decoder = try Decoder.load(
        ModelFolder(at: TinyModel.write(in: folder)), on: TestDevice.cpu.open(), precision: .f32)
    }

    private func model(_ body: Prefix.Body) throws -> PrefixedDecoder {
      try decoder.prefill(Prefix(Self.frame, body), capacity: PrefixCapacity(rows: 64))
    }

    /// A soft prompt of the context's own embeddings.
    private func contextAsPrompt() throws -> Prefix.Body {
      let width = decoder.configuration.hiddenSize
      let tokens = try decoder.device.rowIndices(Self.context.map(Int32.init))
      var rows = try decoder.device.buffer(of: Float.self, count: Self.context.count * width)
      try decoder.embed(tokens, count: Self.context.count, into: &rows)
      return .prompt(
        LearnedPrompt(embeddings: try decoder.device.download(rows), width: width))
    }

    private func words(_ identifiers: [Int]) throws(DistillationError) -> [String] {
      identifiers.map(String.init)
    }

    /// A judge of the teacher's own greedy answers of eight tokens.
    private func judge(_ teacher: PrefixedDecoder) throws -> Judge {
      let answers = try teacher.generate(
        Self.prompts, options: GenerationOptions(maximumTokens: 8))
      let examples = zip(Self.prompts, answers).map { Example(prompt: $0, response: $1) }
      return try Judge.scoring(examples, by: teacher)
    }

    @Test func aPromptThatIsTheContextLosesNothing() throws {
      let teacher = try model(.context(Self.context))
      let judge = try judge(teacher)
      try judge.letAnswer(teacher, span: 0)
      let verdict = try judge.verdict(
        student: try model(contextAsPrompt()), nothing: try model(.nothing), words: words
      ) { _, _ in }
      let answers = try #require(verdict.validation.answers)
      let full = try #require(answers.logLikelihood.fullContext)
      #expect(verdict.validation.exactMatch == 1)
      #expect(answers.prefixShare.prompt == 1 && answers.prefixShare.fullContext == 1)
      #expect(answers.rougeL.prompt == 1 && answers.rougeL.fullContext == 1)
      #expect(abs(answers.logLikelihood.prompt - full) < 1e-5)
      #expect(answers.prefixShare.noContext < 1 && answers.rougeL.noContext < 1)
      #expect(answers.logLikelihood.noContext < full)
      #expect(verdict.validation.intervals?.rougeL == Interval(low: 1, high: 1))
    }

    @Test func callsOfToolsAreComparedWhereResponsesHaveSome() throws {
      let teacher = try model(.context(Self.context))
      let judge = try judge(teacher)
      try judge.letAnswer(teacher, span: 0)
      let first = judge.responses[0]
      /// One call in the first response, whose arguments are the answer.
      func calls(_ identifiers: [Int]) throws(DistillationError) -> [ToolCall] {
        guard let name = identifiers.first, name == first[0] else { return [] }
        return [
          ToolCall(name: "\(name)", arguments: .array(identifiers.map(JSON.integer))),
          ToolCall(name: "\(name)", arguments: .null),
        ]
      }
      func verdict(
        _ calls: ([Int]) throws(DistillationError) -> [ToolCall]
      ) throws -> RunMetrics.Validation {
        try judge.verdict(
          student: try model(contextAsPrompt()), nothing: try model(.nothing), words: words,
          calls: calls
        ) { _, _ in }.validation
      }
      let validation = try verdict(calls)
      let found = try #require(validation.toolCalls)
      #expect(found.count == 2 * judge.responses.count { $0.first == first[0] })
      #expect((found.exact.prompt, found.exact.fullContext) == (1, 1))
      #expect(found.exact.noContext < 1)
      #expect(validation.intervals?.toolCalls == Interval(low: 1, high: 1))
      let row = validation.comparison(hasContext: true).first { $0.name == "exact tool calls" }
      #expect(row?.learnedPrompt == "100.0 %" && row?.fullContext == "100.0 %")
      let record = try JSON(encoding: validation)
      #expect(try record.decode(RunMetrics.Validation.self) == validation)
      let without = try verdict { (_) throws(DistillationError) in [] }
      #expect(without.toolCalls == nil && without.intervals?.toolCalls == nil)
      #expect(without.comparison(hasContext: true).allSatisfy { $0.name != "exact tool calls" })
    }

    @Test func anAnswerThatIsKnownIsNotGeneratedAgain() throws {
      let teacher = try model(.context(Self.context))
      let judge = try judge(teacher)
      var most: [Int] = []
      try judge.letAnswer(teacher, span: 0, known: [true, false, true]) { most.append($1) }
      #expect(most.max() == 8)
      let answers = judge.teacherAnswers
      try judge.letAnswer(teacher, span: 0)
      #expect(judge.teacherAnswers == answers)
    }

    @Test func theLikelihoodIsThatOfTheLogits() throws {
      let teacher = try model(.context(Self.context))
      let judge = try judge(teacher)
      let found = try judge.teacherLogLikelihoods(decoder)
      let size = decoder.configuration.vocabularySize
      for (example, sum) in zip(judge.cache.examples, found) {
        let rows = try decoder.logits(
          of: example.inputs, after: Prefix(Self.frame, .context(Self.context)))
        var expected = 0.0
        for (index, token) in example.response.enumerated() {
          let first = (example.inputs.count - example.response.count + index) * size
          let row = rows[first..<(first + size)].map(Double.init)
          let largest = row.max() ?? 0
          let total = row.reduce(0) { $0 + exp($1 - largest) }
          expected += row[token] - largest - log(total)
        }
        #expect(abs(sum - expected) < 1e-4)
      }
      let scores = try judge.scores(of: teacher, withLikelihoods: true)
      for (sum, other) in zip(found, try #require(scores.logLikelihood)) {
        #expect(abs(sum - other) < 1e-5)
      }
    }

    /// A softmax in f32 gives 0 for such a token, and its logarithm is not finite.
    @Test func theLikelihoodOfAnImpossibleTokenIsFinite() throws {
      let width = decoder.configuration.hiddenSize
      let states = try decoder.device.buffer([Float](repeating: 60, count: width))
      let size = decoder.configuration.vocabularySize
      var logits = try decoder.device.buffer(of: Float.self, count: size)
      try decoder.logits(of: states, count: 1, into: &logits)
      let row = try decoder.device.download(logits).map(Double.init)
      let least = try #require(row.indices.min { row[$0] < row[$1] })
      let largest = try #require(row.max())
      let expected = row[least] - largest - log(row.reduce(0) { $0 + exp($1 - largest) })
      try #require(expected < -120)
      let found = try decoder.logLikelihoods(of: [least], after: states)
      #expect(abs(found[0] / expected - 1) < 1e-6)
    }

    @Test func driftIsMeasuredAgainstTheBareModel() throws {
      let unrelated = Self.prompts.enumerated().map {
        InputExample(prompt: $1, response: nil, line: $0 + 1, file: "unrelated.jsonl")
      }
      let (teacher, bare) = (try model(.context(Self.context)), try model(.nothing))
      let judge = try DriftJudge(
        unrelated, bare: bare, teacher: teacher, stopIdentifiers: []
      ) { _ in }
      let none = try judge.drift(of: bare)
      #expect(none.kl < 1e-6 && none.top1Agreement == 1)
      #expect(
        none.basis
          == .init(examples: 3, responseTokens: 3 * UnrelatedPrompts.answerTokens))
      let whole = try judge.drift(of: try model(contextAsPrompt()))
      let (kl, agreement) = (
        try #require(whole.klFullContext), try #require(whole.top1AgreementFullContext)
      )
      #expect(kl > 0.01)
      #expect(abs(whole.kl / kl - 1) < 1e-4)
      #expect(abs(whole.top1Agreement - agreement) < 0.02)
      let interval = try #require(whole.intervals?.kl)
      #expect(interval.low <= whole.kl && whole.kl <= interval.high)
    }

    @Test func reportsOfOlderProgramsAreRead() throws {
      let older = """
        {"kl": 0.1, "kl_no_context": 0.5, "gap_closed": 0.8, "top1_agreement": 0.9,
         "exact_match": 0.75, "exact_match_full_context": 1, "exact_match_no_context": 0.25,
         "intervals_95": {"kl": [0, 1], "gap_closed": [0, 1], "top1_agreement": [0, 1],
                          "exact_match": [0, 1]}}
        """
      let read = try RecordCoding.decode(
        RunMetrics.Validation.self, from: Array(older.utf8), source: "metrics.json")
      #expect(read.answers == nil && read.drift == nil && read.basis == nil)
      #expect(read.gapClosed == 0.8)
      #expect(read.intervals?.rougeL == nil)

      var present = read
      present.answers = .init(
        prefixShare: .init(prompt: 0.5, noContext: 0.25, fullContext: 1),
        rougeL: .init(prompt: 0.75, noContext: 0.5, fullContext: 1),
        logLikelihood: .init(prompt: -0.5, noContext: -2, fullContext: -0.25))
      present.drift = .init(
        basis: .init(examples: 2, responseTokens: 8), kl: 0.5, klFullContext: 0.75,
        top1Agreement: 0.5, top1AgreementFullContext: 0.25)
      let text = try RecordCoding.encode(present)
      let again = try RecordCoding.decode(
        RunMetrics.Validation.self, from: text, source: "metrics.json")
      #expect(again == present)
    }
  }
}
