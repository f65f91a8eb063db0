import CBLAS
import Foundation

extension AttentionMatching {
  /// How often factors are computed and added to the keys: u gives a query only about 1, and the
  /// next round corrects what is left.
  private static let factorRounds = 2
  /// The factors of the kept keys' weights. A key with less would lose its place.
  private static let factors = 0.5...20.0
  /// How much factors are drawn to the one that all keys would share.
  private static let factorRidge = 0.01
  /// Rounds of descent to the factors.
  private static let descentRounds = 30
  /// Ridges of u and of the values.
  private static let unitRidge = 1e-3
  private static let valueRidge = 1e-3

  /// Solves the problem of a context of one part.
  package func match(_ problem: Problem) -> Match { match(part(problem, count: count)) }

  /// A part of a context, of which this many keys are kept.
  package func part(_ problem: Problem, count: Int) -> Part {
    var problem = withReplacedKeys(problem)
    var whole = weights(
      of: problem.keys, in: problem, at: problem.firstPosition, values: problem.values)
    let kept = Self.largest(count, of: whole.squares)
    let (keys, values) = (rows(kept, of: problem.keys), rows(kept, of: problem.values))
    let end = problem.firstPosition + problem.keys.count / dimension
    (problem.keys, problem.values, whole.squares) = ([], [], [])
    return Part(
      problem: problem, whole: whole, kept: Match(keys: keys, values: values), end: end)
  }

  /// Solves the problem of all parts of a context together; their kept keys are ``count``.
  package func match(_ part: Part) -> Match {
    let (problem, whole, values) = (part.problem, part.whole, part.kept.values)
    var keys = part.kept.keys
    // The kept keys stand at the end, right before the rows that read them.
    let first = part.end - count
    var found = weights(of: keys, in: problem, at: first, values: values, keeping: true)
    for _ in 0..<Self.factorRounds {
      addFactors(to: &keys, found, of: whole, in: problem)
      found = weights(of: keys, in: problem, at: first, values: values, keeping: true)
    }
    return Match(keys: keys, values: fitted(values, found, whole, problem))
  }

  /// The keys of a problem that are kept, in ascending order.
  package func kept(_ problem: Problem) -> [Int] {
    let problem = withReplacedKeys(problem)
    let whole = weights(
      of: problem.keys, in: problem, at: problem.firstPosition, values: problem.values)
    return Self.largest(count, of: whole.squares)
  }

  /// The indices of the `count` largest elements, in ascending order; of equal ones the later.
  private static func largest(_ count: Int, of elements: [Float]) -> [Int] {
    elements.indices.sorted { (elements[$0], $0) > (elements[$1], $1) }.prefix(count).sorted()
  }

  private func rows(_ rows: [Int], of source: [Float]) -> [Float] {
    rows.flatMap { source[($0 * dimension)..<(($0 + 1) * dimension)] }
  }

  /// The problem with the output and the log-sum-exp that its queries would have had with the
  /// replaced keys in their place.
  private func withReplacedKeys(_ problem: Problem) -> Problem {
    guard let present = problem.present else { return problem }
    let first = problem.firstPosition + (problem.keys.count - present.keys.count) / dimension
    let now = weights(of: present.keys, in: problem, at: first, values: present.values)
    let whole = weights(
      of: problem.keys, in: problem, at: problem.firstPosition, values: problem.values)
    var result = problem
    result.present = nil
    for row in problem.positions.indices {
      let sum = whole.mass[row] + max(0, 1 - now.mass[row])
      guard sum > 0, sum.isFinite else { continue }
      result.logSumExp[row] += log(sum)
      for element in (row * dimension)..<((row + 1) * dimension) {
        let others = problem.attended[element] - now.output[element]
        result.attended[element] = (whole.output[element] + others) / sum
      }
    }
    return result
  }

  /// Adds the logarithms of the factors that keep the mass to the scores, through the keys.
  private func addFactors(
    to keys: inout [Float], _ found: Weights, of whole: Weights, in problem: Problem
  ) {
    let factors = factors(found, mass: whole.mass)
    guard factors.contains(where: { $0 != 1 }) else { return }
    let unit = unit(problem, whole.mass)
    for (key, factor) in factors.enumerated() {
      for element in 0..<dimension {
        keys[key * dimension + element] += Float(log(factor) * unit[element])
      }
    }
  }

  /// The factors of the keys' weights with which their sum is nearest to the mass.
  private func factors(_ found: Weights, mass: [Float]) -> [Double] {
    let matrix = found.weights.map(Double.init)
    var (products, right) = LeastSquares.normalEquations(
      matrix, mass.map(Double.init), columns: count, width: 1)
    let square = products.reduce(0, +)
    guard square > 0 else { return [Double](repeating: 1, count: count) }
    let shared = min(
      max(right.reduce(0, +) / square, Self.factors.lowerBound), Self.factors.upperBound)
    let ridge =
      Self.factorRidge * (0..<count).reduce(0) { $0 + products[$1 * (count + 1)] } / Double(count)
    for key in 0..<count {
      products[key * (count + 1)] += ridge
      right[key] += ridge * shared
    }
    return LeastSquares.bounded(
      products, right, in: Self.factors, from: [Double](repeating: shared, count: count),
      rounds: Self.descentRounds)
  }

  /// The u with scale q u ~ 1 for the queries, by their mass.
  private func unit(_ problem: Problem, _ mass: [Float]) -> [Double] {
    var matrix: [Double] = []
    matrix.reserveCapacity(problem.queries.count)
    for (row, mass) in mass.enumerated() {
      for query in problem.queries[(row * dimension)..<((row + 1) * dimension)] {
        matrix.append(Double(mass * scale * query))
      }
    }
    return LeastSquares.solve(
      matrix, mass.map(Double.init), columns: dimension, width: 1, ridge: Self.unitRidge)
  }

  /// The values by least squares, in terms of their difference from those of the kept keys.
  private func fitted(
    _ values: [Float], _ found: Weights, _ whole: Weights, _ problem: Problem
  ) -> [Float] {
    let queries = problem.positions.count
    var matrix = [Double](repeating: 0, count: queries * count)
    var targets = [Double](repeating: 0, count: queries * dimension)
    for row in 0..<queries {
      let sum = Double(found.mass[row]) + max(0, 1 - Double(whole.mass[row]))
      guard sum > 0 else { continue }
      for key in 0..<count {
        matrix[row * count + key] = Double(found.weights[row * count + key]) / sum
      }
      for element in (row * dimension)..<((row + 1) * dimension) {
        let output = Double(problem.attended[element])
        let others = output - Double(whole.output[element])
        targets[element] = output - (others + Double(found.output[element])) / sum
      }
    }
    let change = LeastSquares.solve(
      matrix, targets, columns: count, width: dimension, ridge: Self.valueRidge)
    return zip(values, change).map { Float(Double($0) + $1) }
  }
}
