import JSON
import Testing

@testable import Distillation

/// The number of examples behind held-out numbers, and the sentences about it.
@Suite struct HeldOutReportTests {
  private func validation(
    kl: Double, none: Double, examples: Int, intervals: RunMetrics.Intervals? = nil
  ) -> RunMetrics.Validation {
    RunMetrics.Validation(
      kl: kl, klNoContext: none, top1Agreement: 0.5, exactMatch: 0.5, exactMatchFullContext: 1,
      exactMatchNoContext: 0, basis: .init(examples: examples, responseTokens: 3 * examples),
      intervals: intervals)
  }

  @Test func theGapIsNeverClosedByLessThanNothing() {
    #expect(
      validation(kl: 9.14, none: 1, examples: 20).gapSentence
        == "The learned prompt is worse than no context: its KL is 9.1 times that.")
    for (kl, text) in [(1.07, "1.1"), (1.03, "1.03"), (1.0051, "1.01"), (1.0002, "1.0002")] {
      #expect(
        validation(kl: kl, none: 1, examples: 20).gapSentence
          == "The learned prompt is worse than no context: its KL is \(text) times that.")
    }
    #expect(
      validation(kl: 0, none: 0, examples: 20).gapSentence
        == "Without the context the model predicts the same, so there is no gap to close.")
    let interval = Interval(low: 0.25, high: 0.875)
    let intervals = RunMetrics.Intervals(
      kl: interval, gapClosed: interval, top1Agreement: interval, exactMatch: interval)
    #expect(
      validation(kl: 0.5, none: 1, examples: 20, intervals: intervals).gapSentence
        == "The learned prompt closes 50.0 % of the gap (95 % interval: 25.0 to 87.5 %).")
  }

  @Test func fewExamplesAreReported() {
    let one = validation(kl: 1, none: 2, examples: 1)
    #expect(
      one.basisSentence
        == "On 1 held-out example of 3 response tokens: too few for an interval.")
    #expect(one.fewSentence == "One example says little about others.")
    #expect(validation(kl: 1, none: 2, examples: 9).fewSentence != nil)
    #expect(validation(kl: 1, none: 2, examples: 10).fewSentence == nil)
    #expect(
      "\(InputNotice.fewHeldOut(count: 1))"
        == "the held-out numbers rest on 1 example and say little")
    #expect(
      "\(InputNotice.fewJudged(count: 2))"
        == "the numbers rest on 2 examples and say little")
  }

  @Test func intervalsAreThoseOfResampledExamples() throws {
    // A mean of n numbers has a standard error of their deviation over the root of n; the interval
    // is 1.96 of it on either side.
    let values = (0..<200).map { Double($0 % 10) }
    let bootstrap = try #require(Bootstrap(examples: values.count))
    func mean(_ chosen: [Int]) -> [Double] {
      [chosen.reduce(0) { $0 + values[$1] } / Double(chosen.count), 7]
    }
    let found = bootstrap.intervals(mean)
    let error = 1.96 * 8.25.squareRoot() / 200.0.squareRoot()
    #expect(abs(found[0].low - (4.5 - error)) < 0.06)
    #expect(abs(found[0].high - (4.5 + error)) < 0.06)
    #expect(found[1] == Interval(low: 7, high: 7))
    #expect(bootstrap.intervals(mean) == found)
    #expect(Bootstrap(examples: 1) == nil)
  }

  @Test func intervalsWeighExamplesByTheirTokens() throws {
    let scores = ExampleScores(
      all: HeldOut(kl: 0.5, agreement: 0.5), kl: [1, 2, 3], agreeing: [2, 4, 6])
    let nothing = ExampleScores(
      all: HeldOut(kl: 1, agreement: 0), kl: [2, 4, 6], agreeing: [0, 0, 0])
    let intervals = try #require(
      RunMetrics.Intervals(
        scores, nothing: nothing, tokens: [2, 4, 6],
        answers: AnswerScores(
          [[1], [2], [3]], [[1, 4], [2, 4], [3, 4]], logLikelihood: [-1, -2, -3],
          words: { $0.map(String.init) }, calls: { _ in [] })))
    let half = Interval(low: 0.5, high: 0.5)
    #expect(intervals.kl == half)
    #expect(intervals.gapClosed == half)
    #expect(intervals.top1Agreement == Interval(low: 1, high: 1))
    #expect(intervals.exactMatch == Interval(low: 0, high: 0))
    #expect(intervals.prefixShare == half)
    // One common word of three: F1 2/3.
    let twoThirds = 2.0 / 3
    let rougeL = try #require(intervals.rougeL)
    #expect(abs(rougeL.low - twoThirds) < 1e-12 && abs(rougeL.high - twoThirds) < 1e-12)
    #expect(intervals.logLikelihood == Interval(low: -0.5, high: -0.5))
  }

  @Test func numbersAgreeWithTheirNouns() {
    #expect(Counted(1, "example").description == "1 example")
    #expect(Counted(0, "example").description == "0 examples")
  }
}
