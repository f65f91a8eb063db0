import TestSupport
import Testing

@testable import Inference

@Suite("FreeRows")
struct FreeRowsTests {
  @Test("freed rows join adjacent ranges")
  func joins() {
    var rows = FreeRows(10..<20)
    let taken = (0..<3).compactMap { _ in rows.take(3) }
    #expect(taken == [10..<13, 13..<16, 16..<19])
    let tooMany = rows.take(2)
    #expect(tooMany == nil)
    rows.giveBack(taken[0])
    rows.giveBack(taken[2])
    #expect(rows.ranges == [10..<13, 16..<20])
    rows.giveBack(taken[1])
    #expect(rows.ranges == [10..<20])
  }

  @Test("ranges taken and given back in any order never overlap, and all rows are free at the end")
  func neverOverlaps() {
    var generator = SeededGenerator(seed: 3)
    var rows = FreeRows(5..<105)
    var taken: [Range<Int>] = []
    for _ in 0..<1000 {
      if Bool.random(using: &generator),
        let found = rows.take(Int.random(in: 1...20, using: &generator))
      {
        #expect(!taken.contains { $0.overlaps(found) })
        #expect(found.lowerBound >= 5 && found.upperBound <= 105)
        taken.append(found)
      } else if !taken.isEmpty {
        rows.giveBack(taken.remove(at: Int.random(in: taken.indices, using: &generator)))
      }
      let free = rows.ranges.map(\.count).reduce(0, +)
      #expect(free + taken.map(\.count).reduce(0, +) == 100)
    }
    taken.forEach { rows.giveBack($0) }
    #expect(rows.ranges == [5..<105])
  }
}
