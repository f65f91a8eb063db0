import TestSupport
import Testing

@testable import CUDA

/// Algorithms of matrix multiplications that are kept and used again, and how many plans there are.
@Suite(.serialized, .enabled(if: !CUDATestDevice.all.isEmpty, "needs clang or an NVIDIA GPU"))
struct MatmulAlgorithmTests {
  private typealias Trial = MatmulTests.Trial

  @Test(arguments: CUDATestDevice.all)
  func aStoredAlgorithmRepeatsToTheBit(device: CUDATestDevice) throws {
    let run = try KernelRun(device)
    let trial = Trial(run, rows: 64, outputs: 256, inputs: 1024, .bf16, hasBias: true)
    let first = try Matmul(run.context)
    var choices: [(key: MatmulKey, algorithm: MatmulAlgorithm)] = []
    first.onChoice = { choices.append(($0, $1)) }
    let operands = try trial.operands()
    try first.multiply(trial.shape, operands)
    let result = try trial.result(operands.y)
    try first.multiply(trial.shape, operands)
    #expect(choices.count == 1 && first.algorithms.count == 1)
    let (key, algorithm) = try #require(choices.first)
    #expect(key == MatmulKey(trial.shape, operands))
    #expect(first.algorithms[key] == algorithm)

    // As a file would give it back.
    let stored = try #require(MatmulAlgorithm(words: algorithm.words))
    let again = MatmulKey(key.shape, alignments: key.alignments)
    let second = try Matmul(run.context)
    second.onChoice = { key, _ in Issue.record("chosen anew: \(key.shape.text)") }
    #expect(try second.adopt([(again, stored)]) == [])
    var others = operands
    others.y = try run.canary(trial.shape.rows * trial.shape.width)
    try second.multiply(trial.shape, others)
    #expect(try trial.result(others.y).map(\.bitPattern) == result.map(\.bitPattern))
    #expect(second.algorithms == first.algorithms)
    #expect(MatmulAlgorithm(words: [1, 2]) == nil)
  }

  /// The stand-in refuses what it did not give out for the same multiplication; so does the
  /// library, as far as it can tell.
  @Test(.enabled(if: CUDATestDevice.all.contains(.standIn), "needs clang for the stand-in"))
  func algorithmsThatAreRefusedAreChosenAnew() throws {
    let run = try KernelRun(.standIn)
    let first = try Matmul(run.context)
    let trials = [4, 5, 6, 7].map { rows in
      Trial(run, rows: rows, outputs: 8, inputs: 16, .bf16, hasBias: true)
    }
    for trial in trials { try first.multiply(trial.shape, try trial.operands()) }
    let keys = try trials.map { MatmulKey($0.shape, try $0.operands()) }
    let right = try keys.map { try #require(first.algorithms[$0]) }
    var changed = right[1].words
    changed[4] /= 2
    let second = try Matmul(run.context)
    let refused = try second.adopt([
      (keys[0], right[0]), (keys[1], try #require(MatmulAlgorithm(words: changed))),
      // Of another multiplication, and nothing that the library knows.
      (keys[2], right[3]),
      (keys[3], try #require(MatmulAlgorithm(words: [UInt64](repeating: 7, count: 8)))),
    ])
    #expect(refused == Array(keys[1...]))
    #expect(second.algorithms == [keys[0]: right[0]])
    var chosen: [MatmulKey] = []
    second.onChoice = { key, _ in chosen.append(key) }
    for trial in trials {
      let operands = try trial.operands()
      try second.multiply(trial.shape, operands)
      let error = relativeError(try trial.result(operands.y), trial.reference)
      #expect(error < Tolerance.bfloat16Product.rawValue)
    }
    #expect(chosen == refused && second.algorithms == first.algorithms)
  }

  /// Each count of rows has a plan of its own, and texts have many lengths.
  @Test(arguments: CUDATestDevice.all)
  func thePlansOfTheLatestUsesAreKept(device: CUDATestDevice) throws {
    let run = try KernelRun(device)
    let matmul = try Matmul(run.context, capacity: 3)
    var chosen: [Int] = []
    matmul.onChoice = { key, _ in chosen.append(key.shape.rows) }
    // Row counts 1 and 2 are used between all others.
    for rows in 3...12 {
      for rows in [1, 2, rows] {
        let trial = Trial(run, rows: rows, outputs: 24, inputs: 40, .bf16, hasBias: true)
        let operands = try trial.operands()
        try matmul.multiply(trial.shape, operands)
        let error = relativeError(try trial.result(operands.y), trial.reference)
        #expect(error < Tolerance.bfloat16Product.rawValue)
        #expect(matmul.planCount <= 3)
      }
      #expect(matmul.keepsPlan { $0.shape.rows == 1 } && matmul.keepsPlan { $0.shape.rows == 2 })
      #expect(matmul.keepsPlan { $0.shape.rows == rows })
    }
    // A plan that is made again has the algorithm that it had.
    let trial = Trial(run, rows: 3, outputs: 24, inputs: 40, .bf16, hasBias: true)
    try matmul.multiply(trial.shape, try trial.operands())
    #expect(chosen == Array(1...12) && matmul.algorithms.count == 12)
  }
}
