import Compute
import Testing

@testable import Distillation

/// Which rollouts are kept, where, and which answers a batch takes.
@Suite struct RolloutMemoryTests {
  /// Refreshes of different lengths go around a ring; those that are kept are the latest, and share
  /// no row.
  @Test func theLatestRolloutsAreKept() {
    var memory = RolloutMemory(capacity: 40, firstIndex: 100)
    var random = SplitMix64(seed: 3)
    var (index, steps, most) = (100, [Int](), 0)
    for step in 1...200 {
      let rows = (0..<(1 + random.number(below: 4))).map { _ in 1 + random.number(below: 10) }
      let before = memory.kept
      let (placed, removed) = memory.place(
        step: step, prompts: Array(rows.indices), rows: rows)
      steps.append(step)
      #expect(placed.range == index..<(index + rows.count))
      index += rows.count
      #expect(placed.rows.count == rows.reduce(0, +) && placed.rows.upperBound <= 40)
      // The oldest leave, one after the other.
      #expect(removed == Array(before.prefix(removed.count)))
      #expect(memory.kept == before.dropFirst(removed.count) + [placed])
      #expect(memory.kept.map(\.step) == steps.suffix(memory.kept.count))
      most = max(most, memory.kept.count)
      for kept in memory.kept.dropLast() { #expect(!kept.rows.overlaps(placed.rows)) }
    }
    #expect(most > 1)
  }

  /// What a resumed run places again has the same rows.
  @Test func placesFollowFromTheLengths() {
    func filled() -> RolloutMemory {
      var memory = RolloutMemory(capacity: 10, firstIndex: 4)
      for (step, rows) in [[3, 1], [2, 2], [5], [1, 1]].enumerated() {
        _ = memory.place(step: step + 1, prompts: Array(rows.indices), rows: rows)
      }
      return memory
    }
    #expect(filled().kept == filled().kept)
    #expect(filled().kept.map(\.rows) == [0..<5, 5..<7])
  }

  @Test func withoutRolloutsTheRecordedAnswersAreTaken() {
    let memory = RolloutMemory(capacity: 4, firstIndex: 9)
    #expect(memory.answers(to: [3, 0, 8], SplitMix64(seed: 1)) == [3, 0, 8])
  }

  /// The latest refresh's rollouts are always taken; else one of the earlier answers, each as often
  /// as the others.
  @Test func otherPromptsTakeAnEarlierAnswer() {
    var memory = RolloutMemory(capacity: 100, firstIndex: 4)
    _ = memory.place(step: 1, prompts: [0, 1], rows: [2, 2])
    _ = memory.place(step: 3, prompts: [1, 2], rows: [2, 2])
    _ = memory.place(step: 5, prompts: [2], rows: [2])
    var counts: [Int: Int] = [:]
    for seed in 0..<3000 {
      let answers = memory.answers(to: [0, 1, 2, 3], SplitMix64(seed: UInt64(seed)))
      #expect(answers[2] == 8 && answers[3] == 3)
      counts[answers[0], default: 0] += 1
      counts[answers[1], default: 0] += 1
      #expect(answers == memory.answers(to: [0, 1, 2, 3], SplitMix64(seed: UInt64(seed))))
    }
    #expect(Set(counts.keys) == [0, 4, 1, 5, 6])
    for index in [0, 4] { #expect(abs((counts[index] ?? 0) - 1500) < 150) }
    for index in [1, 5, 6] { #expect(abs((counts[index] ?? 0) - 1000) < 150) }
  }
}
