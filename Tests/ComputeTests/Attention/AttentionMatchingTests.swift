import Compute
import Foundation
import TestSupport
import Testing

/// One head's match against attention in Double.
@Suite struct AttentionMatchingTests {
  private static let (width, keys, queries) = (8, 24, 96)

  /// A problem whose whole softmax has one more key, with score 0 and value `other`.
  private static func problem(window: Int? = nil) -> AttentionMatching.Problem {
    var generator = SeededGenerator(seed: 3)
    // A common part of all queries, as heads have it.
    let common = generator.floats(width)
    var queries: [Float] = []
    for _ in 0..<Self.queries {
      queries += zip(generator.floats(width), common).map { $0 + 2 * $1 }
    }
    var problem = AttentionMatching.Problem(
      keys: generator.floats(keys * width), values: generator.floats(keys * width),
      firstPosition: 5, queries: queries, attended: [], logSumExp: [],
      positions: (0..<Self.queries).map { 5 + keys + $0 % 4 })
    for row in 0..<Self.queries {
      let (sum, output) = attention(
        row, problem, keys: problem.keys, values: problem.values, first: 5, window: window)
      problem.attended += output.map { Float($0) }
      problem.logSumExp.append(Float(log(sum)))
    }
    return problem
  }

  private static let other = 0.25

  /// The sum of exponentials and the output of one query.
  private static func attention(
    _ row: Int, _ problem: AttentionMatching.Problem, keys: [Float], values: [Float], first: Int,
    window: Int?
  ) -> (sum: Double, output: [Double]) {
    var (sum, output) = (1.0, [Double](repeating: other, count: width))
    for key in 0..<(keys.count / width) {
      if let window, problem.positions[row] - (first + key) >= window { continue }
      var score = 0.0
      for element in 0..<width {
        score += Double(problem.queries[row * width + element] * keys[key * width + element])
      }
      let weight = exp(score)
      sum += weight
      for element in 0..<width { output[element] += weight * Double(values[key * width + element]) }
    }
    return (sum, output.map { $0 / sum })
  }

  private static func matching(_ count: Int, window: Int? = nil) -> AttentionMatching {
    AttentionMatching(count: count, dimension: width, scale: 1, softCap: nil, window: window)
  }

  /// The error of the outputs over their root mean square.
  private static func error(
    _ match: AttentionMatching.Match, of problem: AttentionMatching.Problem
  ) -> Double {
    let first = 5 + keys - match.keys.count / width
    var (error, size) = (0.0, 0.0)
    for row in 0..<queries {
      let output = attention(
        row, problem, keys: match.keys, values: match.values, first: first, window: nil
      ).output
      for element in 0..<width {
        let expected = Double(problem.attended[row * width + element])
        error += (output[element] - expected) * (output[element] - expected)
        size += expected * expected
      }
    }
    return (error / size).squareRoot()
  }

  @Test func allKeysStayAsTheyAre() {
    let problem = Self.problem()
    let match = Self.matching(Self.keys).match(problem)
    #expect(relativeError(match.keys, problem.keys.map(Double.init)) < 1e-5)
    #expect(relativeError(match.values, problem.values.map(Double.init)) < 1e-4)
  }

  /// A few keys: the match is far nearer than the keys that are kept, with their values.
  @Test func fewKeysKeepTheOutput() {
    let problem = Self.problem()
    let match = Self.matching(6).match(problem)
    let kept = Self.matching(6).kept(problem)
    let rows = { (source: [Float]) in
      kept.flatMap { source[($0 * Self.width)..<(($0 + 1) * Self.width)] }
    }
    let plain = AttentionMatching.Match(keys: rows(problem.keys), values: rows(problem.values))
    #expect(Self.error(match, of: problem) < 0.5 * Self.error(plain, of: problem))
  }

  /// Parts of one context are matched together: with the queries divided between two parts of the
  /// same keys, each key stands for both, and the outputs stay.
  @Test func partsAreMatchedTogether() {
    let problem = Self.problem()
    let half = Self.queries / 2
    func part(_ rows: Range<Int>) -> AttentionMatching.Part {
      var own = problem
      let elements = (rows.lowerBound * Self.width)..<(rows.upperBound * Self.width)
      own.queries = Array(problem.queries[elements])
      own.attended = Array(problem.attended[elements])
      own.logSumExp = Array(problem.logSumExp[rows])
      own.positions = Array(problem.positions[rows])
      return Self.matching(6).part(own, count: 3)
    }
    var whole = part(0..<half)
    whole.append(part(half..<Self.queries))
    let match = Self.matching(6).match(whole)
    #expect(match.keys.count == 6 * Self.width && match.values.count == 6 * Self.width)
    // Not worse than twice the error of six keys that all queries choose.
    let together = Self.matching(6).match(problem)
    #expect(Self.error(match, of: problem) < 2 * Self.error(together, of: problem))
    // One part is the whole problem.
    #expect(Self.matching(6).match(Self.matching(6).part(problem, count: 6)) == together)
  }

  /// Keys that no query's window holds are left out.
  @Test func hiddenKeysAreNotKept() {
    let problem = Self.problem(window: 8)
    // The first query is at position 29 and sees 22 to 29, the keys from 17 on.
    #expect(Self.matching(7, window: 8).kept(problem) == Array(17..<24))
  }

  /// A match of what stands in the keys' place has the outputs of the keys.
  @Test func aSecondMatchStartsFromTheFirst() {
    let problem = Self.problem()
    let first = Self.matching(6).match(problem)
    var second = problem
    second.present = first
    for row in 0..<Self.queries {
      let (sum, output) = Self.attention(
        row, problem, keys: first.keys, values: first.values, first: 5 + Self.keys - 6, window: nil)
      second.logSumExp[row] = Float(log(sum))
      for element in 0..<Self.width {
        second.attended[row * Self.width + element] = Float(output[element])
      }
    }
    let match = Self.matching(6).match(second)
    #expect(relativeError(match.keys, first.keys.map(Double.init)) < 1e-4)
    #expect(relativeError(match.values, first.values.map(Double.init)) < 1e-3)
  }
}
