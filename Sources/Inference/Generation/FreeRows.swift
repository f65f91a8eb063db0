/// Rows of the key/value cache that no sequence has.
struct FreeRows {
  /// In ascending order, none touching the next.
  private(set) var ranges: [Range<Int>]

  /// All of `rows` are free.
  init(_ rows: Range<Int>) {
    ranges = rows.isEmpty ? [] : [rows]
  }

  /// The first `count` neighbouring rows that are free; nil where there are none.
  mutating func take(_ count: Int) -> Range<Int>? {
    guard let place = ranges.firstIndex(where: { $0.count >= count }) else { return nil }
    let (start, end) = (ranges[place].lowerBound, ranges[place].upperBound)
    if start + count == end {
      ranges.remove(at: place)
    } else {
      ranges[place] = (start + count)..<end
    }
    return start..<(start + count)
  }

  /// Frees rows that `take` gave out.
  mutating func giveBack(_ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    var freed = rows
    var place = ranges.firstIndex { $0.lowerBound >= rows.upperBound } ?? ranges.endIndex
    if place < ranges.endIndex, ranges[place].lowerBound == freed.upperBound {
      freed = freed.lowerBound..<ranges.remove(at: place).upperBound
    }
    if place > 0, ranges[place - 1].upperBound == freed.lowerBound {
      place -= 1
      freed = ranges.remove(at: place).lowerBound..<freed.upperBound
    }
    ranges.insert(freed, at: place)
  }
}
