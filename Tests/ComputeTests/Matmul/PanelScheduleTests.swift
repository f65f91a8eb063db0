import TestSupport
import Testing

@testable import Compute

@Suite("PanelSchedule")
struct PanelScheduleTests {
  @Test(
    "however a panel's units are taken, every number of y is made once",
    arguments: [(1, 1), (5, 64), (48, 96), (63, 97), (128, 288), (284, 192), (284, 1536)],
    [1, 2, 3, 16])
  func coversEachNumberOnce(shape: (rows: Int, width: Int), threads: Int) {
    let schedule = PanelSchedule(rows: shape.rows, width: shape.width, threads: threads)
    var made = [Int](repeating: 0, count: shape.rows * shape.width)
    var generator = SeededGenerator(seed: 2)
    var unit = 0
    while unit < schedule.units {
      let panelEnd = (unit / schedule.unitsPerPanel + 1) * schedule.unitsPerPanel
      let end = Int.random(in: (unit + 1)...min(panelEnd, schedule.units), using: &generator)
      let (rows, columns) = schedule.block(unit..<end)
      for row in rows {
        for column in columns { made[row * shape.width + column] += 1 }
      }
      unit = end
    }
    #expect(made.allSatisfy { $0 == 1 })
  }

  @Test("the stretches of two threads differ by little, also where the last panel is half as wide")
  func sharesEvenly() {
    for width in [192, 288, 320, 576] {
      let schedule = PanelSchedule(rows: 284, width: width, threads: 2)
      #expect(schedule.units % 2 == 0, "\(width)")
    }
  }
}
