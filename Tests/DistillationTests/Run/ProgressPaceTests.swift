import Distillation
import Testing

/// The times of progress lines, by a clock of the test that ticks five times per second.
@Suite struct ProgressPaceTests {
  /// The times of lines for phases of work that start at these seconds, until `end`.
  private func lines(_ stretches: [Double], until end: Double) -> [Double] {
    var pace = ProgressPace(at: .zero)
    var lines: [Double] = []
    for tick in 0...Int(end * 5) {
      let now = Double(tick) / 5
      if stretches.contains(now) { pace.startPhase(at: .seconds(now)) }
      if pace.isDue(at: .seconds(now)) {
        pace.didWriteLine(at: .seconds(now))
        lines.append(now)
      }
    }
    return lines
  }

  @Test func theFirstLineComesWithinASecond() throws {
    #expect(try #require(lines([], until: 5).first) < 1)
    // Also where short phases follow each other.
    #expect(try #require(lines([0.2, 0.4, 0.6, 0.8], until: 5).first) < 1)
  }

  @Test func everyStretchOfMoreThanFiveSecondsSaysSo() {
    let begins: [Double] = [2, 8, 14, 20]
    let lines = lines(begins, until: 26)
    for begin in begins {
      #expect(lines.contains { $0 > begin && $0 <= begin + 5 })
    }
    #expect(lines.count == begins.count + 1)
  }

  @Test func shortStretchesSayNothing() {
    #expect(lines((1...20).map { Double($0) }, until: 20).count == 1)
  }

  @Test func aLongStretchSpeaksNowAndThen() {
    let lines = lines([], until: 300)
    #expect(lines.count == 10)
    #expect(zip(lines, lines.dropFirst()).allSatisfy { $1 - $0 <= 31 })
  }

  /// A phase whose line says less than all of it has another one.
  @Test func theEndOfAPhaseIsSaid() {
    var pace = ProgressPace(at: .zero)
    #expect(!pace.isEndDue(done: 8))
    pace.didWriteLine(at: .seconds(1), done: 0)
    #expect(pace.isEndDue(done: 8) && !pace.isEndDue(done: 0))
    pace.didWriteLine(at: .seconds(2), done: 8)
    #expect(!pace.isEndDue(done: 8))
    pace.didWriteLine(at: .seconds(3), done: 2)
    pace.startPhase(at: .seconds(4))
    #expect(!pace.isEndDue(done: 8))
    // A line that says nothing of the phase.
    pace.didWriteLine(at: .seconds(5))
    #expect(!pace.isEndDue(done: 8))
  }

  @Test func noLineWhereNothingLasts() {
    #expect(lines([], until: 0.4).isEmpty)
  }
}
