package import Compute
import Foundation

/// Sizes, inputs and Double reference of head and loss against a teacher that is another model,
/// over the ids that both have: all others have logits of minus infinity on both sides.
package struct OtherTeacherWorkload {
  /// One of the two models.
  package struct Model {
    package let vocabulary: Int
    package let width: Int
    package let shape: LogitShape
    /// [vocabulary, width].
    package let head: [Float]
    /// [rows, width].
    package let hidden: [Float]

    /// Random numbers, with logits of a standard deviation of about 3.
    package init(
      rows: Int, vocabulary: Int, width: Int, shape: LogitShape = .plain,
      using generator: inout SeededGenerator
    ) {
      self.vocabulary = vocabulary
      self.width = width
      self.shape = shape
      let spread = 9 / Float(width).squareRoot()
      head = generator.floats(vocabulary * width, in: -spread...spread)
      hidden = generator.floats(rows * width)
    }

    /// The logits of a row, and their derivatives with respect to the head's output; minus infinity
    /// from `shared` on.
    fileprivate func logits(row: Int, shared: Int) -> [(logit: Double, slope: Double)] {
      (0..<vocabulary).map { v in
        guard v < shared else { return (-.infinity, 0) }
        var z = 0.0
        for e in 0..<width {
          z += Double(hidden[row * width + e]) * Double(head[v * width + e])
        }
        z *= Double(shape.scale)
        guard let softCap = shape.softCap else { return (z, Double(shape.scale)) }
        let bent = tanh(z / Double(softCap))
        return (Double(softCap) * bent, Double(shape.scale) * (1 - bent * bent))
      }
    }
  }

  package let rows: Int
  package let student: Model
  package let teacher: Model
  package let weight: Float = 0.125

  /// The ids that both have.
  package var shared: Int { min(student.vocabulary, teacher.vocabulary) }

  package init(rows: Int, student: Model, teacher: Model) {
    self.rows = rows
    self.student = student
    self.teacher = teacher
  }

  /// The largest logit of the student.
  package var largestLogit: Double {
    (0..<rows).flatMap { student.logits(row: $0, shared: shared) }
      .reduce(0) { $1.logit.isFinite ? max($0, abs($1.logit)) : $0 }
  }

  /// Whether the most likely tokens agree, 1 or 0.
  package func agreements() -> [Float] {
    (0..<rows).map { row in
      let pair = [teacher, student].map { model in
        let logits = model.logits(row: row, shared: shared)
        return logits.indices.max { logits[$0].logit < logits[$1].logit }
      }
      return pair[0] == pair[1] ? 1 : 0
    }
  }

  /// The loss of each row, and weight times the gradient with respect to the student's states.
  package func reference(_ objective: Objective) -> (losses: [Double], gradient: [Double]) {
    var (losses, gradient) = ([Double](), [Double]())
    for row in 0..<rows {
      let own = student.logits(row: row, shared: shared)
      let (loss, slopes) = divergence(
        objective, teacher.logits(row: row, shared: shared).map(\.logit), own.map(\.logit))
      losses.append(loss)
      var sums = [Double](repeating: 0, count: student.width)
      for v in own.indices {
        let factor = Double(weight) * slopes[v] * own[v].slope
        for e in sums.indices { sums[e] += factor * Double(student.head[v * student.width + e]) }
      }
      gradient += sums
    }
    return (losses, gradient)
  }

  /// Over all of the student's ids; those that the teacher lacks have no probability in it.
  private func divergence(
    _ objective: Objective, _ teacher: [Double], _ student: [Double]
  ) -> (loss: Double, gradient: [Double]) {
    let temperature = Double(objective.temperature)
    func logarithms(_ logits: [Double]) -> [Double] {
      let scaled = student.indices.map { $0 < logits.count ? logits[$0] / temperature : -.infinity }
      let sum = logSumExp(scaled)
      return scaled.map { $0 - sum }
    }
    let (logP, logQ) = (logarithms(teacher), logarithms(student))
    let terms = student.indices.map { v -> (p: Double, q: Double, loss: Double, pull: Double) in
      let (p, q) = (exp(logP[v]), exp(logQ[v]))
      // 0 log 0 is 0.
      guard p > 0, q > 0 else { return (p, q, 0, 0) }
      let logM = log((p + q) / 2)
      switch objective.form {
      case .forwardKL: return (p, q, p * (logP[v] - logQ[v]), 0)
      case .reverseKL: return (p, q, q * (logQ[v] - logP[v]), logQ[v] - logP[v])
      case .jensenShannon:
        return (
          p, q, (p * (logP[v] - logM) + q * (logQ[v] - logM)) / 2, (logQ[v] - logM) / 2
        )
      }
    }
    let mean = terms.reduce(0) { $0 + $1.q * $1.pull }
    let gradient = terms.map { term in
      objective.form == .forwardKL
        ? (term.q - term.p) / temperature : term.q * (term.pull - mean) / temperature
    }
    return (terms.reduce(0) { $0 + $1.loss }, gradient)
  }
}
