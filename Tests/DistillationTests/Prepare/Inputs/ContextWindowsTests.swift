import Foundation
import Testing

@testable import Distillation

/// Where a long context is cut.
@Suite struct ContextWindowsTests {
  private func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }

  private func cut(
    _ text: String, limit: Int, starts: [Int] = [0], count: ((String) -> Int)? = nil
  ) throws -> [String] {
    let units = ContextUnits(text, limit: 5) { (text) throws(Never) in words(text) }
    let windows = try ContextWindows(units, limit: limit, starts: starts) {
      (text) throws(DistillationError) in count?(text) ?? words(text)
    }.windows
    #expect(windows.first?.lowerBound == 0 && windows.last?.upperBound == units.units.count)
    for (window, next) in zip(windows, windows.dropFirst()) {
      #expect(window.upperBound == next.lowerBound && !window.isEmpty)
    }
    return windows.map(units.text)
  }

  private let text = (0..<40).map { "This is paragraph number \($0).\n\n" }.joined()

  @Test func windowsFitAndAreOfAboutOneLength() throws {
    for limit in [5, 12, 50, 77, 150, 199] {
      let found = try cut(text, limit: limit)
      #expect(found.joined() == text)
      #expect(found.allSatisfy { words($0) <= limit })
      let shortest = found.map(words).min() ?? 0
      #expect(shortest * 2 >= 200 / ((200 + limit - 1) / limit), "\(limit)")
    }
    #expect(try cut(text, limit: 200) == [text])
  }

  @Test func filesAndHeadingsAreGoodPlaces() throws {
    let heading = text.replacing("This is paragraph number 17.", with: "# This is number 17.")
    #expect(try cut(heading, limit: 100)[1].hasPrefix("# This is number 17."))
    // The beginning of a file is a better one.
    let start = try #require(heading.range(of: "This is paragraph number 16."))
    let byte = heading.utf8.distance(from: heading.startIndex, to: start.lowerBound)
    let found = try cut(heading, limit: 100, starts: [0, byte])
    #expect(found[1].hasPrefix("This is paragraph number 16."))
  }

  @Test func aWindowOfMoreTokensThanItsUnitsIsCutShorter() throws {
    let found = try cut(text, limit: 50) { words($0) + 8 }
    #expect(found.joined() == text && found.allSatisfy { words($0) + 8 <= 50 })
  }
}
