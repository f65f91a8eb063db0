import ArgumentParser
import Arguments
import Compute
import Distillation
import Foundation
import Inference
import Ranks
import Transformer

/// Times training steps that ranks share out, and what they would take on more of them.
struct RanksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ranks", abstract: "Time steps that the ranks of an MPI job share out.",
    discussion: """
      Started by mpirun, it times steps of one batch for all ranks (strong scaling), of one batch for each \
      rank (weak scaling), and the sum of the gradients alone. Started by itself, it times the share of a \
      batch that each of 1 to 64 ranks would have, and adds the time of the messages on two networks. Shares \
      that would take longer than --limit are not timed: their times follow from a straight line through \
      those that are.

      With --reading it times how ranks come to the context's keys and values instead: each reads the context \
      for itself, or of those on the same cores one reads it with the threads of all and sends them.
      """)

  @OptionGroup var options: StepOptions

  @Option(
    help: "Seconds after which no larger share is timed, without mpirun. (default: 120)",
    transform: Double.argument)
  var limit: Double?

  @Flag(help: "Time the context's keys and values.")
  var reading = false

  func validate() throws {
    guard let limit else { return }
    guard limit >= 0 && limit.isFinite else {
      throw ValidationError("--limit: expected a number of 0 or more, found \(limit)")
    }
    if reading { throw ValidationError("give one of --limit and --reading") }
  }

  func run() throws {
    let ranks = try Ranks.join(Launch(environment: ProcessInfo.processInfo.environment))
    if let limit, ranks.count > 1 {
      defer { ranks.leave() }
      throw ValidationError(
        "--limit: expected nothing with \(ranks.count) ranks, which are timed, found \(limit)")
    }
    let device: Device
    do {
      device = try options.device.open(isProfiling: false, sharedBy: ranks)
    } catch let error as ValidationError {
      // All ranks have the same options.
      ranks.leave()
      throw error
    }
    let decoder = try options.decoder(device)
    let elements = options.tokens * options.shape.configuration.hiddenSize
    if reading {
      let result = try ReadingMeasurement(options, decoder, ranks).result()
      if ranks.isFirst { try result.print(asJSON: options.device.json) }
    } else if ranks.count > 1 {
      let result = RanksResult(
        ranks: ranks.count, strong: try step(options.batch, decoder, ranks),
        weak: try step(options.batch * ranks.count, decoder, ranks),
        sumSeconds: Self.sumTime(ranks, elements), elements: elements)
      if ranks.isFirst { try result.print(asJSON: options.device.json) }
    } else {
      let times = try ShareTimes(options, decoder, limit: limit ?? 120)
      try RanksForecast(batch: options.batch, times: times, elements: elements)
        .print(asJSON: options.device.json)
    }
    // The only rank of a launcher leaves too.
    ranks.leave()
  }

  /// The time of a step of so many examples in all, of which each rank computes its share.
  private func step(_ count: Int, _ decoder: Decoder, _ ranks: Ranks) throws -> StepTime {
    let examples = options.examples(count)
    let distiller = try options.distiller(decoder, examples, sharedBy: ranks)
    var times: [StepTime] = []
    for step in 1...(options.steps + 1) {
      ranks.wait()
      let time = try StepTime.of(step, examples.indices, distiller)
      if step > 1 { times.append(time) }
    }
    return StepTime(medianOf: times)
  }

  /// The median time in which ranks that are all ready add up so many numbers.
  private static func sumTime(_ ranks: Ranks, _ elements: Int) -> Double {
    let values = [Float](repeating: Float(ranks.rank), count: elements + 1)
    var seconds: [Double] = []
    for _ in 0..<101 {
      ranks.wait()
      let clock = ContinuousClock.now
      _ = ranks.sum(values)
      seconds.append(Measurement.seconds(since: clock))
    }
    return seconds.sorted()[50]
  }
}

/// The time of a step.
struct StepTime: Encodable {
  let seconds: Double
  /// Of the processors that this rank used: what the clock would show on cores of its own, if it
  /// does not wait.
  let processorSeconds: Double

  init(seconds: Double, processorSeconds: Double) {
    self.seconds = seconds
    self.processorSeconds = processorSeconds
  }

  init(medianOf times: [StepTime]) {
    seconds = times.map(\.seconds).sorted()[times.count / 2]
    processorSeconds = times.map(\.processorSeconds).sorted()[times.count / 2]
  }

  /// Takes step number `step` over these examples, to its loss.
  static func of(
    _ step: Int, _ examples: Range<Int>, _ distiller: Distiller
  ) throws -> StepTime {
    let (clock, processor) = (ContinuousClock.now, ProcessTime.seconds)
    try distiller.step(step, examples: Array(examples), learningRate: 1e-3)
    _ = try distiller.takeReports()
    return StepTime(
      seconds: Measurement.seconds(since: clock),
      processorSeconds: ProcessTime.seconds - processor)
  }
}
