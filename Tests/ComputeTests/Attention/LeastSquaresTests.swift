import Compute
import TestSupport
import Testing

/// Least squares against closed forms.
@Suite struct LeastSquaresTests {
  /// The line through (0, 1), (1, 2), (2, 2) and that through (0, 3), (1, 1), (2, -1).
  @Test func aLineIsFitted() {
    let found = LeastSquares.solve(
      [1, 0, 1, 1, 1, 2], [1, 3, 2, 1, 2, -1], columns: 2, width: 2, ridge: 0)
    let expected = [7.0 / 6, 3, 1.0 / 2, -2]
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// With A = 2 I, X = 2 B / (4 + 4 ridge).
  @Test func aRidgeShrinks() {
    let found = LeastSquares.solve([2, 0, 0, 2], [3, -6], columns: 2, width: 1, ridge: 0.5)
    #expect(zip(found, [1, -2]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// Fewer rows than columns, and equal columns: the shortest of all solutions.
  @Test func aSystemWithoutFullRankHasASolution() {
    let found = LeastSquares.solve([1, 1], [4], columns: 2, width: 1, ridge: 1e-12)
    #expect(found.allSatisfy { abs($0 - 2) < 1e-3 })
    let singular = LeastSquares.solve([1, 1, 1, 1], [4, 4], columns: 2, width: 1, ridge: 1e-12)
    #expect(singular.allSatisfy { abs($0 - 2) < 1e-3 })
    #expect(LeastSquares.solve([0, 0], [1], columns: 2, width: 1, ridge: 1) == [0, 0])
    #expect(LeastSquares.solve([.nan, 0], [1], columns: 2, width: 1, ridge: 1) == [0, 0])
  }

  /// x = (3, -1) without bounds; and a minimum inside them.
  @Test func boundsHold() {
    let bounded = LeastSquares.bounded([1, 0, 0, 1], [3, -1], in: 0...2, from: [1, 1], rounds: 5)
    #expect(bounded == [2, 0])
    let inside = LeastSquares.bounded([2, 1, 1, 2], [3, 3], in: 0...2, from: [0, 2], rounds: 60)
    #expect(inside.allSatisfy { abs($0 - 1) < 1e-12 })
  }
}
