import Compute
import TestSupport
import Testing

/// Given tokens as the teacher, and a share of them in its distribution.
extension DeviceTests.HeadDivergenceTests {
  /// A teacher that is certain of given tokens: forward KL is their cross-entropy.
  @Test(arguments: TestDevice.all)
  func givenTokensHaveTheirCrossEntropy(on name: TestDevice) throws {
    let device = try name.open()
    var generator = SeededGenerator(seed: 11)
    for shape in [LogitShape.plain, LogitShape(scale: 2, softCap: 5)] {
      let workload = HeadDivergenceWorkload(
        rows: 5, vocabulary: 700, width: 40, shape: shape, targetShare: 1, using: &generator)
      for temperature: Float in [1, 2] {
        let objective = Objective(.forwardKL, temperature: temperature)
        let (losses, gradient) = (workload.losses(objective), workload.gradient(objective))
        for chunkBytes in [nil, 2 * 700 * 4] {
          let found = try run(workload, .tokens, objective, chunkBytes: chunkBytes, on: device)
          #expect(relativeError(found.losses, losses) < Tolerance.matmul.rawValue)
          #expect(relativeError(found.measured, losses) < Tolerance.matmul.rawValue)
          #expect(relativeError(found.gradient, gradient) < Tolerance.matmul.rawValue)
        }
      }
    }
  }

  /// A share of given tokens in the teacher's distribution, whatever is kept of it. The gradient is
  /// that of both losses in these shares.
  @Test(arguments: TestDevice.all)
  func givenTokensAreMixedIn(on name: TestDevice) throws {
    let device = try name.open()
    for shape in [LogitShape.plain, LogitShape(scale: 0.5, softCap: 20)] {
      func workload(_ share: Float) -> HeadDivergenceWorkload {
        var generator = SeededGenerator(seed: 12)
        return HeadDivergenceWorkload(
          rows: 5, vocabulary: 700, width: 40, shape: shape, targetShare: share,
          using: &generator)
      }
      let mixed = workload(0.25)
      let parts = zip(workload(0).gradient(.forwardKL), workload(1).gradient(.forwardKL))
      let gradient = mixed.gradient(.forwardKL)
      #expect(
        relativeError(gradient.map(Float.init), parts.map { 0.75 * $0 + 0.25 * $1 })
          < Tolerance.rowArithmetic.rawValue)
      let kinds = TeacherCacheKind.ofModels.filter { shape.softCap == nil || $0 != .projected }
      for kind in kinds {
        let found = try run(mixed, kind, .forwardKL, chunkBytes: 2 * 700 * 4, on: device)
        let tolerance =
          kind == .logits ? Tolerance.halfLogits.rawValue : Tolerance.matmul.rawValue
        let terms = kind == .projected ? mixed.largestLogit : 0
        let losses = mixed.losses(.forwardKL)
        #expect(relativeError(found.losses, losses, terms: terms) < tolerance, "\(kind)")
        #expect(relativeError(found.measured, losses, terms: terms) < tolerance, "\(kind)")
        #expect(relativeError(found.gradient, gradient) < tolerance, "\(kind)")
      }
    }
  }
}
