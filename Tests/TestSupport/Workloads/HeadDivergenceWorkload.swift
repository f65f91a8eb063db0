package import Compute
import Foundation
import Weights

/// Sizes, inputs and Double reference of head and loss as one, for its test and its benchmark.
package struct HeadDivergenceWorkload {
  package let rows: Int
  package let vocabulary: Int
  package let width: Int
  package let shape: LogitShape
  package let weight: Float = 0.125
  /// [vocabulary, width], in numbers that bf16 holds exactly.
  package let head: [Float]
  /// [rows, width].
  package let hidden: [Float]
  /// [rows + 2, width].
  package let teacherHidden: [Float]
  package let rowIndices: [Int32]
  /// [rows + 2]: the given token of each of the teacher's rows.
  package let targets: [Int32]
  /// Their share in the teacher's distribution.
  package let targetShare: Float

  /// - Parameters:
  ///   - closeness: the student's states differ from the teacher's by as much; nil makes them
  ///     independent.
  package init(
    rows: Int, vocabulary: Int, width: Int, shape: LogitShape = .plain, closeness: Float? = nil,
    targetShare: Float = 0, using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.vocabulary = vocabulary
    self.width = width
    self.shape = shape
    // Logits of a standard deviation of about 3.
    let spread = 3 * 3 / Float(width).squareRoot()
    head = generator.floats(vocabulary * width, in: -spread...spread)
      .map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
    let teacherHidden = generator.floats((rows + 2) * width)
    let rowIndices = (0..<rows).map { Int32(rows + 1 - $0) }
    if let closeness {
      let noise = generator.floats(rows * width, in: -closeness...closeness)
      hidden = noise.indices.map { index in
        teacherHidden[Int(rowIndices[index / width]) * width + index % width] + noise[index]
      }
    } else {
      hidden = generator.floats(rows * width)
    }
    self.teacherHidden = teacherHidden
    self.rowIndices = rowIndices
    self.targetShare = targetShare
    targets = (0..<(rows + 2)).map { Int32((7 * $0 + 3) % vocabulary) }
  }

  /// FLOP of the two matrix multiplications, and of the teacher's if its logits are recomputed.
  package func flop(_ kind: TeacherCacheKind) -> Int {
    (kind == .hidden ? 6 : 4) * rows * vocabulary * width
  }
  /// Bytes that must move: the head, once, the hidden states and the teacher's rows are read, the
  /// gradient is written.
  package func bytes(_ kind: TeacherCacheKind, _ precision: WeightFormat) -> Int {
    precision.byteCount(vocabulary * width) + 2 * rows * width * 4
      + rows * (kind == .logits ? 2 * vocabulary : 4 * width)
  }

  /// The loss of each row in Double, of the student's states or of others in their place.
  package func losses(_ objective: Objective, _ hidden: [Double]? = nil) -> [Double] {
    rowsOfLogits(hidden).map { pair in
      let (a, b) = (pair.teacher, pair.student)
      return divergence(objective, a.map { $0.logit }, b.map { $0.logit }, pair.target).loss
    }
  }

  /// weight times the gradient with respect to the student's states in Double.
  package func gradient(_ objective: Objective) -> [Double] {
    rowsOfLogits(nil).flatMap { pair -> [Double] in
      let slopes = divergence(
        objective, pair.teacher.map { $0.logit }, pair.student.map { $0.logit }, pair.target
      ).gradient
      var gradient = [Double](repeating: 0, count: width)
      for v in 0..<vocabulary {
        let factor = Double(weight) * slopes[v] * pair.student[v].slope
        for e in 0..<width { gradient[e] += factor * Double(head[v * width + e]) }
      }
      return gradient
    }
  }

  /// Whether the most likely tokens agree, 1 or 0.
  package func agreements() -> [Float] {
    rowsOfLogits(nil).map { pair in
      let teacher = pair.teacher.indices.max { pair.teacher[$0].logit < pair.teacher[$1].logit }
      let student = pair.student.indices.max { pair.student[$0].logit < pair.student[$1].logit }
      return teacher == student ? 1 : 0
    }
  }

  /// The largest logit of the student.
  package var largestLogit: Double {
    rowsOfLogits(nil).flatMap(\.student).reduce(0) { max($0, abs($1.logit)) }
  }

  /// A logit, and its derivative with respect to the head's output.
  private typealias Logit = (logit: Double, slope: Double)

  private func rowsOfLogits(
    _ hidden: [Double]?
  ) -> [(teacher: [Logit], student: [Logit], target: Int)] {
    let student = hidden ?? self.hidden.map(Double.init)
    let teacher = teacherHidden.map(Double.init)
    return (0..<rows).map { row in
      let teacherRow = Int(rowIndices[row])
      return (
        logits(teacher, row: teacherRow), logits(student, row: row), Int(targets[teacherRow])
      )
    }
  }

  private func logits(_ states: [Double], row: Int) -> [Logit] {
    (0..<vocabulary).map { v in
      var z = 0.0
      for e in 0..<width { z += states[row * width + e] * Double(head[v * width + e]) }
      z *= Double(shape.scale)
      guard let softCap = shape.softCap else { return (z, Double(shape.scale)) }
      let cap = Double(softCap)
      let bent = tanh(z / cap)
      return (cap * bent, Double(shape.scale) * (1 - bent * bent))
    }
  }

  /// The share of the given token is added to the teacher's probabilities.
  private func divergence(
    _ objective: Objective, _ teacher: [Double], _ student: [Double], _ target: Int
  ) -> (loss: Double, gradient: [Double]) {
    let temperature = Double(objective.temperature)
    let (a, b) = (teacher.map { $0 / temperature }, student.map { $0 / temperature })
    let (sumA, sumB) = (logSumExp(a), logSumExp(b))
    let share = Double(targetShare)
    let terms = a.indices.map { v -> (p: Double, q: Double, loss: Double, pull: Double) in
      let (ownP, logQ) = (exp(a[v] - sumA), b[v] - sumB)
      let p = (1 - share) * ownP + (v == target ? share : 0)
      // A teacher that is certain of a token has probabilities of 0.
      let logP = share == 0 ? a[v] - sumA : p > 0 ? log(p) : 0
      let q = exp(logQ)
      let logM = log((p + q) / 2)
      switch objective.form {
      case .forwardKL: return (p, q, p * (logP - logQ), 0)
      case .reverseKL: return (p, q, q * (logQ - logP), logQ - logP)
      case .jensenShannon:
        return (p, q, (p * (logP - logM) + q * (logQ - logM)) / 2, (logQ - logM) / 2)
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
