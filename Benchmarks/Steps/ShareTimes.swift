import Compute
import Distillation
import Foundation
import Inference
import Transformer

/// The times of steps of 1, 2, 4, ... examples, which are the shares of ranks: those of small
/// shares are measured, and those of the others follow from a straight line.
///
/// A step's time is t(n) = a + b n: of the prompt, which every rank computes, and of n examples of
/// the same length. So a large batch need not be timed whole.
struct ShareTimes {
  /// The measured times, by the number of examples.
  let timed: [(examples: Int, time: StepTime)]

  /// The numbers of ranks whose shares are forecast.
  static let ranks = [1, 2, 4, 8, 16, 32, 64]

  /// The largest share of a batch of so many examples.
  static func share(of batch: Int, ranks: Int) -> Int { (batch + ranks - 1) / ranks }

  /// The least shares that are timed: a line goes through two points.
  private static let least = 2
  /// The steps of a share may take this part of the limit, so that small ones are repeated and
  /// large ones are not.
  private static let partOfLimit = 0.1

  /// Examples that the teacher scores in one run.
  private static let scoredTogether = 8

  /// Measures shares of a batch, the smallest first, until another one would end after `limit`
  /// seconds.
  init(_ options: StepOptions, _ decoder: Decoder, limit: Double) throws {
    let begin = ContinuousClock.now
    let shares = Set(
      Self.ranks.filter { $0 <= options.batch }.map { Self.share(of: options.batch, ranks: $0) })
    let teacher = try options.teacher(decoder, examples: Self.scoredTogether)
    let start = try options.start(teacher)
    var timed: [(examples: Int, time: StepTime)] = []
    // Seconds of one example of the last share with two steps, the least that measure it.
    var unit = 0.0
    for share in shares.sorted() {
      let expected = Measurement.seconds(since: begin) + unit * Double(share)
      if timed.count >= Self.least && expected > limit { break }
      let clock = ContinuousClock.now
      let scores = try teacher.score(
        options.examples(share), kind: options.teacherCache, temperature: 1)
      let distiller = try options.distiller(decoder, scores, from: start)
      // The first step allocates.
      var times = [try StepTime.of(1, 0..<share, distiller)]
      let beginning = Measurement.seconds(since: clock)
      repeat {
        times.append(try StepTime.of(times.count + 1, 0..<share, distiller))
      } while times.count <= options.steps
        && Measurement.seconds(since: clock) - beginning < Self.partOfLimit * limit
      unit = (beginning + times[1].seconds) / Double(share)
      timed.append((share, StepTime(medianOf: Array(times.dropFirst()))))
    }
    self.timed = timed
  }

  /// The line through the measured times by least squares: seconds of the prompt, and of each
  /// example, of which neither is negative, however noisy short times are.
  var line: StepLine? {
    guard timed.count >= Self.least else { return nil }
    func fit(_ value: (StepTime) -> Double) -> (fixed: Double, example: Double) {
      let count = Double(timed.count)
      let (x, y) = (timed.map { Double($0.examples) }, timed.map { value($0.time) })
      let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
      let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
      let slope = covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
      if slope < 0 { return (meanY, 0) }
      guard meanY < slope * meanX else { return (meanY - slope * meanX, slope) }
      return (0, zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } / x.reduce(0) { $0 + $1 * $1 })
    }
    let (clock, processor) = (fit(\.seconds), fit(\.processorSeconds))
    return StepLine(
      fixed: StepTime(seconds: clock.fixed, processorSeconds: processor.fixed),
      example: StepTime(seconds: clock.example, processorSeconds: processor.example))
  }

  /// The time of a step of so many examples, and whether it was measured.
  func time(of examples: Int) -> (time: StepTime, isTimed: Bool)? {
    if let found = timed.first(where: { $0.examples == examples }) { return (found.time, true) }
    return line.map { ($0.time(of: examples), false) }
  }
}

/// The time of a step as a line over the number of its examples.
struct StepLine: Encodable {
  let fixed: StepTime
  let example: StepTime

  func time(of examples: Int) -> StepTime {
    StepTime(
      seconds: fixed.seconds + example.seconds * Double(examples),
      processorSeconds: fixed.processorSeconds + example.processorSeconds * Double(examples))
  }
}
