import ArgumentParser
import Compute
import Distillation
import Foundation
import Ranks

/// Times training steps that ranks share out, and what they would take on more of them.
struct RanksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ranks", abstract: "Time steps that the ranks of an MPI job share out.",
    discussion: """
      Started by mpirun, it times steps of one batch for all ranks (strong scaling), of one batch for each \
      rank (weak scaling), and the sum of the gradients alone. Started by itself, it times the share of a \
      batch that each of 1 to 64 ranks would have, and adds the time of the messages on two networks.
      """)

  @OptionGroup var options: StepOptions

  func run() throws {
    let ranks = try Ranks.join(Launch(environment: ProcessInfo.processInfo.environment))
    let device = try options.device.open(isProfiling: false)
    let decoder = try options.decoder(device)
    /// Seconds of a step of so many examples in all: of the clock, and of this process's processors.
    func step(_ examples: Int) throws -> StepTime {
      let examples = options.examples(examples)
      let distiller = try options.distiller(decoder, examples, sharedBy: ranks)
      var times: [StepTime] = []
      for step in 1...(options.steps + 1) {
        ranks.wait()
        let (clock, processor) = (ContinuousClock.now, ProcessTime.seconds)
        try distiller.step(step, examples: Array(examples.indices), learningRate: 1e-3)
        _ = try distiller.takeReports()
        let time = StepTime(
          seconds: Measurement.seconds(since: clock),
          processorSeconds: ProcessTime.seconds - processor)
        if step > 1 { times.append(time) }
      }
      return StepTime(medianOf: times)
    }
    let elements = options.tokens * options.shape.configuration.hiddenSize
    if ranks.count > 1 {
      let result = RanksResult(
        ranks: ranks.count, strong: try step(options.batch),
        weak: try step(options.batch * ranks.count), sumSeconds: Self.sumTime(ranks, elements),
        elements: elements)
      if ranks.isFirst { try result.print(asJSON: options.device.json) }
    } else {
      var shares: [RanksForecast.Share] = []
      for count in [1, 2, 4, 8, 16, 32, 64] where count <= options.batch {
        let share = (options.batch + count - 1) / count
        shares.append(.init(ranks: count, examples: share, time: try step(share)))
      }
      try RanksForecast(shares: shares, elements: elements).print(asJSON: options.device.json)
    }
    // The only rank of a launcher leaves too.
    ranks.leave()
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
  /// Of the processors that this rank used: what the clock would show on cores of its own, if it does
  /// not wait.
  let processorSeconds: Double

  init(seconds: Double, processorSeconds: Double) {
    self.seconds = seconds
    self.processorSeconds = processorSeconds
  }

  init(medianOf times: [StepTime]) {
    seconds = times.map(\.seconds).sorted()[times.count / 2]
    processorSeconds = times.map(\.processorSeconds).sorted()[times.count / 2]
  }
}
