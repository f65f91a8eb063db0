import Distillation
import Testing

/// The time left, by a clock of the test.
@Suite struct TimeLeftTests {
  @Test func evenStepsGiveTheirTime() throws {
    var left = TimeLeft(totalSteps: 100)
    left.record(step: 0, at: .zero)
    #expect(left.next(at: .zero) == nil)
    for step in 1...100 {
      let now = Duration.milliseconds(500 * step)
      left.record(step: step, at: now)
      let next = left.next(at: now)
      let seconds = try #require(next)
      #expect(abs(seconds - 0.5 * Double(100 - step)) < 1e-6)
    }
  }

  /// Steps of changing lengths, and the time shown after each of them.
  private func shown(_ lengths: [Double]) throws -> [(left: Double, time: Double)] {
    var left = TimeLeft(totalSteps: lengths.count)
    left.record(step: 0, at: .zero)
    var time = 0.0
    var shown: [(left: Double, time: Double)] = []
    for (index, length) in lengths.enumerated() {
      time += length
      left.record(step: index + 1, at: .seconds(time))
      let next = left.next(at: .seconds(time))
      shown.append((try #require(next), time))
    }
    return shown
  }

  @Test(arguments: [
    // A slow first step, an evaluation every fiftieth step, and a machine that becomes slower.
    [10] + [Double](repeating: 0.5, count: 399),
    (1...400).map { $0 % 50 == 0 ? 20 : 0.2 },
    [Double](repeating: 0.1, count: 200) + [Double](repeating: 1, count: 200),
  ])
  func neverJumpsByAFactorOfTwo(lengths: [Double]) throws {
    let shown = try shown(lengths)
    for (before, after) in zip(shown, shown.dropFirst()) where after.left > 5 {
      let expected = max(before.left - (after.time - before.time), 2)
      #expect(after.left < 2 * expected && after.left > expected / 2)
    }
    #expect(shown.last?.left == 0)
  }

  @Test func comesToTheTruth() throws {
    let shown = try shown([20] + [Double](repeating: 1, count: 299))
    #expect(abs(shown[149].left - 150) < 15)
    let slowing = shown[250...].map { abs($0.left - (shown[299].time - $0.time)) }.max()
    #expect(try #require(slowing) < 2)
  }
}
