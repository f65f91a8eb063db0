/// Free rows of a key/value cache.
struct FreeRows {
  /// Free ranges, ascending; no two are adjacent.
  private(set) var ranges: [Range<Int>]

  /// All of `rows` are free.
  init(_ rows: Range<Int>) {
    ranges = rows.isEmpty ? [] : [rows]
  }

  /// Takes the first `count` adjacent free rows; nil where there are none.
  mutating func take(_ count: Int) -> Range<Int>? {
    guard let index = ranges.firstIndex(where: { $0.count >= count }) else { return nil }
    let (start, end) = (ranges[index].lowerBound, ranges[index].upperBound)
    if start + count == end {
      ranges.remove(at: index)
    } else {
      ranges[index] = (start + count)..<end
    }
    return start..<(start + count)
  }

  /// Frees rows that `take` returned.
  mutating func giveBack(_ rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    var freed = rows
    var index = ranges.firstIndex { $0.lowerBound >= rows.upperBound } ?? ranges.endIndex
    if index < ranges.endIndex, ranges[index].lowerBound == freed.upperBound {
      freed = freed.lowerBound..<ranges.remove(at: index).upperBound
    }
    if index > 0, ranges[index - 1].upperBound == freed.lowerBound {
      index -= 1
      freed = ranges.remove(at: index).lowerBound..<freed.upperBound
    }
    ranges.insert(freed, at: index)
  }
}
