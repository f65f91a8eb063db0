import Foundation

/// What ranks of this machine took.
struct RanksResult: BenchmarkResult {
  let ranks: Int
  /// A step of one batch for all.
  let strong: StepTime
  /// A step of one batch for each.
  let weak: StepTime
  /// The sum of the gradients of ranks that are all ready.
  let sumSeconds: Double
  /// Numbers of a gradient.
  let elements: Int

  var rows: [(name: String, value: String)] {
    [
      ("ranks", "\(ranks)"),
      ("a batch for all: seconds", String(format: "%.4f", strong.seconds)),
      ("processor seconds of rank 0", String(format: "%.4f", strong.processorSeconds)),
      ("a batch for each: seconds", String(format: "%.4f", weak.seconds)),
      ("processor seconds of rank 0", String(format: "%.4f", weak.processorSeconds)),
      ("numbers of a gradient", "\(elements)"),
      ("their sum, microseconds", String(format: "%.1f", sumSeconds * 1e6)),
    ]
  }
}

/// What more ranks, each on a host of its own, would take: the measured time of a rank's share of the
/// batch, and the messages of a step by latency and bandwidth.
struct RanksForecast: BenchmarkResult {
  struct Share: Encodable {
    let ranks: Int
    let examples: Int
    let time: StepTime
  }

  /// A network; latency is that of a small message of MPI from process to process.
  private struct Network {
    let name: String
    let bitsPerSecond: Double
    let latency: Double
  }

  let shares: [Share]
  /// Numbers of a gradient.
  let elements: Int

  private static let networks = [
    Network(name: "25 Gbit/s, 20 us", bitsPerSecond: 25e9, latency: 20e-6),
    Network(name: "200 Gbit/s, 2 us", bitsPerSecond: 200e9, latency: 2e-6),
  ]

  /// Seconds of the messages of a step: each rank sends a part of the gradient to every other and gathers
  /// their sums, and two small gatherings follow, in the steps of a binary tree.
  private func messages(_ ranks: Int, _ network: Network) -> Double {
    guard ranks > 1 else { return 0 }
    let others = Double(ranks - 1)
    let bytes = Double(4 * (elements + 1)) * others / Double(ranks)
    let depth = log2(Double(ranks)).rounded(.up)
    return 2 * (others * network.latency + 8 * bytes / network.bitsPerSecond)
      + 2 * depth * network.latency
  }

  var rows: [(name: String, value: String)] {
    guard let one = shares.first?.time.processorSeconds else { return [] }
    return shares.flatMap { share in
      let own = share.time.processorSeconds
      let forecasts = Self.networks.map { network in
        let messages = messages(share.ranks, network)
        let efficiency = one / (Double(share.ranks) * (own + messages))
        return (
          "  \(network.name)",
          String(
            format: "messages %.3f ms, efficiency %.1f %%", messages * 1e3, efficiency * 100)
        )
      }
      return [
        (
          "ranks: \(share.ranks), examples: \(share.examples)",
          String(
            format: "%.3f s a step, processor %.3f s", share.time.seconds,
            share.time.processorSeconds)
        )
      ] + forecasts
    }
  }
}
