import Foundation
import HuggingFace
import Inference
import TestSupport
import Testing
import Transformer

@testable import Compute
@testable import Distillation

/// A teacher of several spans.
@Suite struct TeacherTests {
  private let folder: TemporaryFolder
  private let model: ModelFolder
  private let decoder: Decoder

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelFolder(at: TinyModel.write(in: folder))
    decoder = try Decoder.load(
      model, on: TestDevice.cpu.open(), precision: .f32, handle: { _ in })
  }

  private static let prefixes: [Prefix] = [[1, 2, 3, 9], [20, 21], [30, 4, 31, 32, 33, 6]].map {
    Prefix(Frame(header: [0], closing: [5]), .context($0))
  }

  private static let examples = [
    Example(prompt: [10, 11], response: [12, 13, 14], span: 2),
    Example(prompt: [15], response: [16], span: 0),
    Example(prompt: [17, 18, 19], response: [20, 21], span: 2),
    Example(prompt: [22], response: [23, 24], span: 1),
    Example(prompt: [25], response: [26, 27], span: 0),
  ]

  private func teacher() throws -> Teacher {
    try Teacher(decoder, prefixes: Self.prefixes, capacity: PrefixCapacity(rows: 64))
  }

  private func scores(_ teacher: Teacher, kind: TeacherCacheKind = .hidden) throws -> TeacherScores
  {
    try TeacherScores.scoring(
      Self.examples, heldOut: Array(Self.examples.reversed()), by: teacher, kind: kind,
      temperature: 1)
  }

  @Test func everySpanIsPrefilledOnce() throws {
    let teacher = try teacher()
    let scores = try scores(teacher)
    #expect(teacher.prefills == 3)
    #expect(try #require(scores.judge).teacherAnswers?.count == 5)
    #expect(teacher.pass(over: [0, 1, 2]) == [2, 0, 1] && teacher.pass(over: [0, 1]) == [0, 1])
    _ = try self.scores(teacher)
    // The span that was read last is still there.
    #expect(teacher.prefills == 5)
  }

  @Test func likelihoodsOfInterleavedSpansAreEachItsOwn() throws {
    let judge = try #require(try scores(teacher()).judge)
    let found = try judge.teacherLogLikelihoods(decoder)
    for (example, sum) in zip(judge.cache.examples, found) {
      let alone = try Judge.scoring(
        [Example(prompt: example.prompt, response: example.response)],
        by: teacher().read(example.span))
      #expect(abs(try alone.teacherLogLikelihoods(decoder)[0] - sum) < 1e-4)
    }
  }

  /// Keys and values that another process has computed serve as those of a prefill.
  @Test func keysAndValuesOfElsewhereGiveTheSameScores() throws {
    let capacity = PrefixCapacity(rows: 64)
    let read = try decoder.prefill(Self.prefixes[0], capacity: capacity)
    let values = try read.prefixRowsOfCache()
    #expect(values.count == read.prefixElements)
    let other = try PrefixedDecoder(
      decoder, prefix: Self.prefixes[0], capacity: capacity,
      workspace: decoder.workspace(prefixRows: Self.prefixes[0].rows, capacity: capacity))
    try other.take(prefixRowsOfCache: values)
    let prompts = [[10, 11], [15]]
    let options = GenerationOptions(maximumTokens: 6)
    #expect(
      try other.generate(prompts, options: options) == read.generate(prompts, options: options))
    let judges = try [read, other].map { try Judge.scoring([Self.examples[1]], by: $0) }
    #expect(
      try judges[0].teacherLogLikelihoods(decoder) == judges[1].teacherLogLikelihoods(decoder))
  }

  @Test func progressIsThatOfAllSpans() throws {
    let teacher = try teacher()
    var found: [[Int]] = []
    for span in teacher.pass(over: [0, 1, 2]) {
      _ = try teacher.read(span) { found.append([$0, $1]) }
    }
    #expect(found == [[0, 18], [6, 18], [6, 18], [10, 18], [10, 18], [18, 18]])
  }

  @Test(arguments: [TeacherCacheKind.hidden, .projected])
  func theOrderOfSpansChangesNoBit(kind: TeacherCacheKind) throws {
    let device = decoder.device
    let first = try scores(teacher(), kind: kind)
    let expected = try device.download(first.cache.rows.states)
    for span in [1, 2] {
      let teacher = try teacher()
      _ = try teacher.read(span)
      let found = try scores(teacher, kind: kind)
      #expect(teacher.prefills == 3)
      #expect(try device.download(found.cache.rows.states) == expected)
      #expect(found.judge?.teacherAnswers == first.judge?.teacherAnswers)
    }
  }

  /// Each example's rows are those that a teacher of its span alone gives.
  @Test func everyExampleIsScoredAfterItsSpan() throws {
    let device = decoder.device
    let scores = try scores(teacher())
    let states = try device.download(scores.cache.rows.states)
    let width = decoder.configuration.hiddenSize
    for span in 0..<3 {
      let alone = try decoder.prefill(Self.prefixes[span], capacity: PrefixCapacity(rows: 64))
      let chosen = Self.examples.indices.filter { Self.examples[$0].span == span }
      let cache = try alone.score(chosen.map { Self.examples[$0] }, kind: .hidden, temperature: 1)
      let expected = try device.download(cache.rows.states)
      let rows = scores.cache.indices(of: chosen).map(Int.init)
      #expect(rows.count * width == expected.count)
      #expect(rows.flatMap { states[($0 * width)..<(($0 + 1) * width)] } == expected)
    }
    // The student's divergence is by example, whatever the order of the rows.
    let judge = try #require(scores.judge)
    let student = try decoder.prefill(Prefix(.nothing), capacity: PrefixCapacity(rows: 64))
    let together = try judge.scores(of: student)
    for (index, example) in Self.examples.reversed().enumerated() {
      let own = try decoder.prefill(
        Self.prefixes[example.span], capacity: PrefixCapacity(rows: 64))
      let alone = try Judge.scoring([example], by: own).scores(of: student)
      #expect(abs(alone.kl[0] - together.kl[index]) < 1e-5 * max(1, alone.kl[0]))
    }
  }

  @Test func answersAreThoseAfterTheSpan() throws {
    let context = try folder.write("context.txt", "the cab has a bad back; a cabbage is abaca.")
    let conditioning = try Conditioning(
      ContextText(contentsOf: context), folder: model, template: TemplateChoice("raw"),
      vocabularySize: decoder.configuration.vocabularySize)
    let parts: [ContextPart] = [.own("a cab"), .span(4..<20), .whole, .own("a cab"), .span(0..<9)]
    let open = parts.enumerated().map { index, part in
      InputExample(
        prompt: [10 + index], response: nil, context: part, line: index + 1, file: "inputs.jsonl")
    }
    let spans = try ContextSpans(of: open, conditioning)
    #expect(spans.parts == [.whole, .span(0..<9), .span(4..<20), .own("a cab")])
    #expect(spans.ownTokens.count == 4)
    var options = TrainingOptions()
    options.responseTokens = 5
    let teacher = try Teacher(
      decoder, prefixes: spans.prefixes, capacity: PrefixCapacity(rows: 64))
    let answers = try teacher.answers(to: open, spans, conditioning, options) { _ in }
    #expect(teacher.prefills == 4)
    #expect(answers.records.map(\.line) == [1, 2, 3, 4, 5])
    for (example, record) in zip(open, answers.records) {
      let alone = try decoder.prefill(
        conditioning.teacherPrefix(of: example.context), capacity: PrefixCapacity(rows: 64))
      let expected = try alone.generate(
        [example.prompt],
        options: GenerationOptions(
          maximumTokens: 5, stopIdentifiers: conditioning.stopIdentifiers))
      #expect([record.answer] == expected)
    }
  }
}
