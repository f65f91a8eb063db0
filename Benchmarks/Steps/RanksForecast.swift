import Foundation

/// What more ranks, each on a host of its own, would take: the time of a rank's share of the batch,
/// measured or from a line, and the messages of a step by latency and bandwidth.
struct RanksForecast: BenchmarkResult {
  /// The share of each of so many ranks.
  struct Share: Encodable {
    let ranks: Int
    let examples: Int
    let time: StepTime
    /// Whether the time was measured; else it follows from the line.
    let isTimed: Bool
    let networks: [Estimate]
  }

  /// What messages of one network make of it.
  struct Estimate: Encodable {
    let network: String
    let messageSeconds: Double
    /// The time of one rank over that of all ranks together.
    let efficiency: Double
  }

  /// A network; latency is that of a small message of MPI from process to process.
  private struct Network {
    let name: String
    let bitsPerSecond: Double
    let latency: Double
  }

  /// Numbers of a gradient.
  let elements: Int
  /// The line of the times that were not measured; nil where all were.
  let line: StepLine?
  let shares: [Share]

  private static let networks = [
    Network(name: "25 Gbit/s, 20 us", bitsPerSecond: 25e9, latency: 20e-6),
    Network(name: "200 Gbit/s, 2 us", bitsPerSecond: 200e9, latency: 2e-6),
  ]

  init(batch: Int, times: ShareTimes, elements: Int) {
    self.elements = elements
    let one = times.time(of: batch)?.time.processorSeconds ?? 0
    shares = ShareTimes.ranks.filter { $0 <= batch }.compactMap { ranks in
      let examples = ShareTimes.share(of: batch, ranks: ranks)
      guard let (time, isTimed) = times.time(of: examples) else { return nil }
      let estimates = Self.networks.map { network in
        let messages = Self.messages(ranks, network, elements: elements)
        return Estimate(
          network: network.name, messageSeconds: messages,
          efficiency: one / (Double(ranks) * (time.processorSeconds + messages)))
      }
      return Share(
        ranks: ranks, examples: examples, time: time, isTimed: isTimed, networks: estimates)
    }
    line = shares.allSatisfy(\.isTimed) ? nil : times.line
  }

  /// Seconds of the messages of a step: each rank sends a part of the gradient to every other and
  /// gathers their sums, and two small gatherings follow, in the steps of a binary tree.
  private static func messages(_ ranks: Int, _ network: Network, elements: Int) -> Double {
    guard ranks > 1 else { return 0 }
    let others = Double(ranks - 1)
    let bytes = Double(4 * (elements + 1)) * others / Double(ranks)
    let depth = log2(Double(ranks)).rounded(.up)
    return 2 * (others * network.latency + 8 * bytes / network.bitsPerSecond)
      + 2 * depth * network.latency
  }

  var rows: [(name: String, value: String)] {
    let lines = line.map { line in
      [
        (
          "not measured: processor seconds",
          String(
            format: "%.3f of the prompt, %.3f of each example", line.fixed.processorSeconds,
            line.example.processorSeconds)
        )
      ]
    }
    return (lines ?? [])
      + shares.flatMap { share in
        [
          (
            "ranks: \(share.ranks), examples: \(share.examples)",
            String(
              format: "%.3f s a step, processor %.3f s", share.time.seconds,
              share.time.processorSeconds) + (share.isTimed ? "" : ", not measured")
          )
        ]
          + share.networks.map { network in
            (
              "  \(network.network)",
              String(
                format: "messages %.3f ms, efficiency %.1f %%", network.messageSeconds * 1e3,
                network.efficiency * 100)
            )
          }
      }
  }
}
