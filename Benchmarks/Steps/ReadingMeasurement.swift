import Compute
import Distillation
import Foundation
import Inference
import Ranks
import Transformer

/// Times two ways in which ranks come to the keys and values of a context: each reads it for
/// itself, or of those on the same cores one reads it with the threads of all and sends them, as a
/// run does.
struct ReadingMeasurement {
  private let options: StepOptions
  private let decoder: Decoder
  private let ranks: Ranks

  /// Counted rounds; one more comes first, which allocates.
  private var rounds: Int { min(options.steps, 5) }

  init(_ options: StepOptions, _ decoder: Decoder, _ ranks: Ranks) {
    self.options = options
    self.decoder = decoder
    self.ranks = ranks
  }

  func result() throws -> ReadingResult {
    let each = try way { (teacher) throws(TransformerError) in _ = try teacher.read(0) }
    let together = try way { (teacher) throws(TransformerError) in
      try teacher.readTogether(ranks)
      // Alone there is no one to share with.
      _ = try teacher.read(0)
    }
    let threads = decoder.device.threads ?? 0
    return ReadingResult(
      ranks: ranks.count, contextTokens: options.context, threads: threads,
      threadsTogether: threads * ranks.onSameCores,
      cacheBytes: KeyValueCache.rowByteCount(decoder.configuration) * options.context,
      each: each, together: together)
  }

  /// One of the ways: its time on the slowest rank, and the memory of every rank with the keys and
  /// values.
  private func way(
    _ read: (Teacher) throws(TransformerError) -> Void
  ) throws -> ReadingResult.Way {
    var (seconds, resident) = ([Double](), 0)
    for round in 0...rounds {
      let teacher = try Teacher(
        decoder, prefixes: [Prefix(.context(options.identifiers(options.context, seed: 3)))],
        capacity: PrefixCapacity(rows: options.prompt + options.response))
      ranks.wait()
      let clock = ContinuousClock.now
      try read(teacher)
      let slowest = ranks.gather([Measurement.seconds(since: clock)]).map { $0[0] }.max() ?? 0
      if round > 0 { seconds.append(slowest) }
      resident = withExtendedLifetime(teacher) { ProcessMemory.residentBytes }
    }
    return ReadingResult.Way(
      seconds: seconds.sorted()[seconds.count / 2],
      residentBytes: ranks.gather([resident]).map { $0[0] })
  }
}

/// What a context takes where each rank reads it, and where one reads it for those on its cores.
struct ReadingResult: BenchmarkResult {
  struct Way: Encodable {
    /// The time of the slowest rank.
    let seconds: Double
    /// Of every rank, with the keys and values.
    let residentBytes: [Int]
  }

  let ranks: Int
  let contextTokens: Int
  /// Of each rank, and of the one that reads for others; 0 on a GPU.
  let threads: Int
  let threadsTogether: Int
  /// Keys and values of the context, which every rank keeps either way.
  let cacheBytes: Int
  let each: Way
  let together: Way

  var rows: [(name: String, value: String)] {
    func mebibytes(_ bytes: Int) -> String { String(format: "%.1f MiB", Double(bytes) / 1_048_576) }
    func way(_ name: String, _ way: Way, _ threads: Int) -> [(name: String, value: String)] {
      [
        (name, String(format: "%.3f s, %d threads", way.seconds, threads)),
        ("  resident memory of each", way.residentBytes.map(mebibytes).joined(separator: ", ")),
      ]
    }
    return [
      ("ranks", "\(ranks)"), ("tokens of the context", "\(contextTokens)"),
      ("keys and values of each", mebibytes(cacheBytes)),
    ] + way("each reads", each, threads) + way("one reads for all", together, threadsTogether)
  }
}
