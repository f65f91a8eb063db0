package import Compute
import Foundation

/// Sizes, inputs and Double reference of the divergences, for their test and their benchmark.
package struct KLDivergenceWorkload {
  package let rows: Int
  package let width: Int
  package let weight: Float = 0.125
  /// [rows + 1, width]: teacher rows in another order than the student's; one is unused.
  package let teacher: [Float]
  package let rowIndices: [Int32]
  /// [rows, width].
  package let student: [Float]

  /// The teacher's rows rounded to binary16.
  package var halfTeacher: [UInt16] { teacher.map { Float16($0).bitPattern } }

  /// - Parameters:
  ///   - closeness: the student's logits differ from the teacher's by as much and by an offset of
  ///     the row; nil makes them independent.
  package init(
    rows: Int, width: Int, closeness: Float? = nil, using generator: inout SeededGenerator
  ) {
    self.rows = rows
    self.width = width
    // What binary16 holds exactly, so that one reference serves both ways of storing it.
    let teacher = spikyLogits(rows: rows + 1, width: width, using: &generator)
      .map { Float(Float16($0)) }
    let rowIndices = (0..<rows).map { Int32(rows - $0) }
    if let closeness {
      student = (0..<rows).flatMap { row in
        let start = Int(rowIndices[row]) * width
        return teacher[start..<(start + width)].map {
          $0 + 7 + closeness * Float.random(in: -1...1, using: &generator)
        }
      }
    } else {
      student = spikyLogits(rows: rows, width: width, using: &generator)
    }
    self.teacher = teacher
    self.rowIndices = rowIndices
  }

  /// Bytes that must move: the teacher's rows in 16 bits are read, the student's updated.
  package var bytes: Int { rows * width * (2 + 2 * 4) }
  /// Bytes that must move for the loss alone: both models' rows are read.
  package var lossBytes: Int { rows * width * (2 + 4) }

  /// The loss of each row in Double, with the student's logits or with `logits`.
  package func losses(_ objective: Objective, _ student: [Double]? = nil) -> [Double] {
    (0..<rows).map { row in
      let (logP, logQ) = logarithms(row, objective, student)
      return zip(logP, logQ).reduce(0) { sum, pair in
        let (a, b) = pair
        let logM = logMean(a, b)
        switch objective.form {
        case .forwardKL: return sum + exp(a) * (a - b)
        case .reverseKL: return sum + exp(b) * (b - a)
        case .jensenShannon: return sum + (exp(a) * (a - logM) + exp(b) * (b - logM)) / 2
        }
      }
    }
  }

  /// weight times the gradient of the losses with respect to z in Double, where the student's
  /// logits are z, or softCap * tanh(z / softCap).
  package func gradient(_ objective: Objective, softCap: Float? = nil) -> [Double] {
    (0..<rows).flatMap { row in
      let (logP, logQ) = logarithms(row, objective, nil)
      let pulls: [Double] = zip(logP, logQ).map { a, b in
        switch objective.form {
        case .forwardKL: 0
        case .reverseKL: b - a
        case .jensenShannon: (b - logMean(a, b)) / 2
        }
      }
      let mean = zip(pulls, logQ).reduce(0) { $0 + $1.0 * exp($1.1) }
      let factor = Double(weight) / Double(objective.temperature)
      return (0..<width).map { v in
        let logits = Double(student[row * width + v])
        let slope = softCap.map { 1 - (logits / Double($0)) * (logits / Double($0)) } ?? 1
        let plain =
          objective.form == .forwardKL
          ? exp(logQ[v]) - exp(logP[v]) : exp(logQ[v]) * (pulls[v] - mean)
        return factor * slope * plain
      }
    }
  }

  /// The largest of the terms whose difference is the gradient.
  package func largestGradientTerm(_ objective: Objective) -> Double {
    let factor = Double(weight) / Double(objective.temperature)
    if objective.form == .forwardKL { return factor }
    return (0..<rows).map { row in
      let (logP, logQ) = logarithms(row, objective, nil)
      return zip(logP, logQ).map { exp($1) * abs($1 - $0) }.max() ?? 0
    }
    .reduce(1, max) * factor
  }

  /// log((e^a + e^b) / 2).
  private func logMean(_ a: Double, _ b: Double) -> Double {
    max(a, b) + log1p(exp(-abs(a - b))) - log(2)
  }

  /// log p and log q of a row.
  private func logarithms(
    _ row: Int, _ objective: Objective, _ student: [Double]?
  ) -> ([Double], [Double]) {
    let teacherRow = Int(rowIndices[row])
    let range = (row * width)..<((row + 1) * width)
    let t = teacher[(teacherRow * width)..<((teacherRow + 1) * width)].map(Double.init)
    let s = student.map { Array($0[range]) } ?? self.student[range].map(Double.init)
    return (normalized(t, objective), normalized(s, objective))
  }

  private func normalized(_ logits: [Double], _ objective: Objective) -> [Double] {
    let scaled = logits.map { $0 / Double(objective.temperature) }
    let sum = logSumExp(scaled)
    return scaled.map { $0 - sum }
  }
}
