/// Attention matching (arXiv:2602.16284): a few keys and values in place of many, so that attention
/// of reference queries changes little.
///
/// For one key/value head, queries q with the output o and the log-sum-exp Z of their whole
/// softmax, of which the keys K, values V that are replaced are a part:
///
///     w = exp(scale q K' - Z)           weights of the replaced keys, of mass m = sum w
///     keys of the largest sum of w^2 over the queries are kept, with weights w' of mass m'
///     factors f in bounds minimise sum (w' f - m)^2, and log f is added to the scores through the
///     keys: k + log f u, where u is the vector with scale q u ~ 1
///     values minimise sum (w' V' / (m' + 1 - m) - (o - (o - w V) / (m' + 1 - m)))^2
///
/// The last line is the output of the whole softmax: the weights of all other keys, 1 - m, and
/// their output o - w V are known. So values also make up for mass that keys cannot keep.
package struct AttentionMatching: Sendable {
  /// k.
  package var count: Int
  /// D.
  package var dimension: Int
  /// Factor of the scores.
  package var scale: Float
  package var softCap: Float?
  /// Number of keys that a query attends to, including its own; nil attends to all.
  package var window: Int?

  package init(count: Int, dimension: Int, scale: Float, softCap: Float?, window: Int?) {
    self.count = count
    self.dimension = dimension
    self.scale = scale
    self.softCap = softCap
    self.window = window
  }

  /// The keys and values of one head that are replaced, and the reference queries.
  package struct Problem: Sendable {
    /// [keys, D] each.
    package var keys: [Float]
    package var values: [Float]
    /// The position of the first key; the others follow it.
    package var firstPosition: Int
    /// [queries, D]: queries and outputs of the heads that read these keys.
    package var queries: [Float]
    package var attended: [Float]
    /// [queries].
    package var logSumExp: [Float]
    /// [queries], at or after the last key's.
    package var positions: [Int]
    /// The keys and values, [k, D] each, that were in the place of the replaced ones when the
    /// queries were recorded; nil where they themselves were.
    package var present: Match?

    package init(
      keys: [Float], values: [Float], firstPosition: Int, queries: [Float], attended: [Float],
      logSumExp: [Float], positions: [Int], present: Match? = nil
    ) {
      self.keys = keys
      self.values = values
      self.firstPosition = firstPosition
      self.queries = queries
      self.attended = attended
      self.logSumExp = logSumExp
      self.positions = positions
      self.present = present
    }
  }

  /// What one part of a context gives to a match: reference queries, what the part gives them, and
  /// those of its keys that are kept. The parts of a context are matched together: each query has
  /// read one of them, and is to read the kept keys of all.
  package struct Part: Sendable {
    /// The queries, without the keys that are replaced.
    fileprivate(set) var problem: Problem
    /// The weights of the part's keys: mass and output.
    fileprivate(set) var whole: Weights
    /// The kept keys and values, [k, D] each.
    fileprivate(set) var kept: Match
    /// The position after the last key of every part.
    let end: Int

    init(problem: Problem, whole: Weights, kept: Match, end: Int) {
      (self.problem, self.whole, self.kept, self.end) = (problem, whole, kept, end)
    }

    /// Adds another part, whose last key has the same position.
    package mutating func append(_ other: Part) {
      precondition(other.end == end, "parts that end elsewhere")
      problem.queries += other.problem.queries
      problem.attended += other.problem.attended
      problem.logSumExp += other.problem.logSumExp
      problem.positions += other.problem.positions
      whole.mass += other.whole.mass
      whole.output += other.whole.output
      kept.keys += other.kept.keys
      kept.values += other.kept.values
    }
  }

  /// The keys and values of one head that replace those of a problem: [k, D] each. Keys have the
  /// rotation of the positions where they were.
  package struct Match: Sendable, Equatable {
    package var keys: [Float]
    package var values: [Float]

    package init(keys: [Float], values: [Float]) {
      self.keys = keys
      self.values = values
    }
  }
}

extension Device {
  /// Solves `count` problems on the host, each on one thread.
  ///
  /// - Throws: `.threads` if there cannot be as many threads as cores.
  package func solveOnHost<Result: Sendable>(
    _ count: Int, _ solve: (Int) -> Result
  ) throws(ComputeError) -> [Result] {
    var results = [Result?](repeating: nil, count: count)
    var failure: ComputeError?
    unsafe results.withUnsafeMutableBufferPointer { results in
      do throws(ComputeError) {
        let results = unsafe results
        try forEachOnHost(count) { index in
          unsafe results[index] = solve(index)
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return results.compactMap(\.self)
  }
}
