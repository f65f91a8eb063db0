import Foundation
import JSON
import TestSupport
import Testing

/// `pith-bench ranks`: what it says of ranks, with MPI and without.
@Suite struct RanksBenchmarkTests {
  private static let bench = Program.url.deletingLastPathComponent().appending(path: "pith-bench")

  private static func arguments(_ more: [String] = []) -> [String] {
    [
      "ranks", "--shape", "tiny", "--prompt", "4", "--response", "4", "--tokens", "4", "--context",
      "16", "--steps", "2", "--threads", "1", "--json",
    ] + more
  }

  private func object(_ result: Program.Result) throws -> JSON {
    try #require(result.code == 0, "\(result.allErrors)")
    return try JSON(parsing: Array(result.output.utf8))
  }

  private func items(_ json: JSON) throws -> [JSON] {
    guard case .array(let items) = json else {
      Issue.record("expected an array, found \(json)")
      return []
    }
    return items
  }

  private func number(_ json: JSON) throws -> Double { try #require(json.double) }

  /// Expects a forecast for these shares whose efficiencies follow from its times.
  private func expectForecast(
    _ found: JSON, ranks: [Int], examples: [Int], timed: [Bool]
  ) throws {
    // Four rows of 192 numbers.
    #expect(found["elements"] == .integer(768))
    let shares = try items(found["shares"])
    #expect(shares.map { $0["ranks"] } == ranks.map(JSON.integer))
    #expect(shares.map { $0["examples"] } == examples.map(JSON.integer))
    #expect(shares.map { $0["isTimed"] } == timed.map(JSON.bool))
    let one = try number(shares[0]["time"]["processorSeconds"])
    for (share, ranks) in zip(shares, ranks) {
      let own = try number(share["time"]["processorSeconds"])
      #expect(try own > 0 && number(share["time"]["seconds"]) > 0)
      let networks = try items(share["networks"])
      #expect(networks.count == 2)
      let messages = try networks.map { try number($0["messageSeconds"]) }
      // The slower network comes first; one rank sends nothing.
      #expect(ranks == 1 ? messages == [0, 0] : messages[0] > messages[1] && messages[1] > 0)
      for (network, seconds) in zip(networks, messages) {
        let efficiency = try number(network["efficiency"])
        #expect(abs(efficiency - one / (Double(ranks) * (own + seconds))) < 1e-9)
      }
    }
  }

  @Test func aloneItForecastsTheSharesOfRanks() throws {
    let found = try object(Program.run(Self.arguments(["--batch", "5"]), of: Self.bench))
    try expectForecast(
      found, ranks: [1, 2, 4], examples: [5, 3, 2], timed: [true, true, true])
    #expect(found["line"] == .null)
  }

  /// Larger shares than the limit allows follow from the line through the smaller ones.
  @Test func whatIsNotTimedFollowsFromALine() throws {
    let found = try object(
      Program.run(Self.arguments(["--batch", "16", "--limit", "0"]), of: Self.bench))
    try expectForecast(
      found, ranks: [1, 2, 4, 8, 16], examples: [16, 8, 4, 2, 1],
      timed: [false, false, false, true, true])
    for share in try items(found["shares"]) {
      for key in ["seconds", "processorSeconds"] {
        let fixed = try number(found["line"]["fixed"][key])
        let example = try number(found["line"]["example"][key])
        #expect(fixed >= 0 && example >= 0)
        // It goes through two points, unless noise would make a part of it negative.
        guard share["isTimed"] == .bool(false) || fixed > 0 && example > 0 else { continue }
        let expected = try fixed + example * number(share["examples"])
        #expect(try abs(number(share["time"][key]) - expected) < 1e-9)
      }
    }
    let text = try Program.run(
      Self.arguments(["--batch", "16", "--limit", "0"]).filter { $0 != "--json" }, of: Self.bench)
    #expect(text.output.components(separatedBy: ", not measured").count == 4)
  }

  @Test func badInputIsRefused() throws {
    for (limit, message) in [
      ("-1", "--limit: expected a number of 0 or more"),
      ("nan", "invalid for '--limit <limit>': expected a number"),
    ] {
      let result = try Program.run(Self.arguments(["--limit=\(limit)"]), of: Self.bench)
      #expect(result.code == 2)
      #expect(result.errors.contains(message), "\(result.errors)")
    }
  }

  /// The ranks of a job, with the figures of their steps.
  @Suite(.serialized, .enabled(if: Launcher.isUsable, Launcher.reason)) struct WithMPI {
    private let tests = RanksBenchmarkTests()

    @Test func oneRankForecastsAsAlone() throws {
      let found = try tests.object(Launcher.run(1, arguments(["--batch", "2"]), of: bench))
      try tests.expectForecast(found, ranks: [1, 2], examples: [2, 1], timed: [true, true])
    }

    @Test func twoRanksAreTimed() throws {
      let found = try tests.object(Launcher.run(2, arguments(["--batch", "3"]), of: bench))
      #expect(found["ranks"] == .integer(2))
      #expect(found["elements"] == .integer(768))
      for key in ["strong", "weak"] {
        #expect(
          try tests.number(found[key]["seconds"]) > 0
            && tests.number(found[key]["processorSeconds"]) > 0)
      }
      #expect(try tests.number(found["sumSeconds"]) > 0)
    }

    /// 16 rows of 4 layers with 2 heads of 32, keys and values of 4 bytes.
    @Test(arguments: [1, 2]) func theContextIsRead(ranks: Int) throws {
      let found = try tests.object(Launcher.run(ranks, arguments(["--reading"]), of: bench))
      #expect(found["ranks"] == .integer(ranks))
      #expect(found["contextTokens"] == .integer(16))
      #expect(found["cacheBytes"] == .integer(16 * 4 * 2 * 32 * 2 * 4))
      #expect(found["threads"] == .integer(1))
      #expect(found["threadsTogether"] == .integer(ranks))
      for way in ["each", "together"] {
        #expect(try tests.number(found[way]["seconds"]) > 0)
        let resident = try tests.items(found[way]["residentBytes"])
        #expect(try resident.count == ranks && resident.allSatisfy { try tests.number($0) > 32768 })
      }
    }
  }
}
