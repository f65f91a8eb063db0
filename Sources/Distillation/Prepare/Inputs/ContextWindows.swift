/// A context that is longer than the teacher's window, cut into consecutive windows between units.
struct ContextWindows {
  /// Units of each window.
  let windows: [Range<Int>]

  /// The last part of a window, in which the best boundary is searched, is 1 over this.
  private static let slack = 4

  /// Cuts a context into windows of about the same length: before a file, else before a heading,
  /// else between paragraphs.
  ///
  /// - Parameters:
  ///   - units: the context.
  ///   - limit: the most tokens of a window.
  ///   - starts: the bytes at which files begin.
  ///   - count: the tokens of a window's text.
  init(
    _ units: ContextUnits, limit: Int, starts: [Int],
    count: (String) throws(DistillationError) -> Int
  ) throws(DistillationError) {
    let starts = Set(starts)
    var (windows, first, rest) = ([Range<Int>](), 0, units.tokens)
    while first < units.units.count {
      // What is left, in as few windows of one length as hold it.
      let goal = rest / max(1, (rest + limit - 1) / limit)
      var (end, tokens) = (first, 0)
      var best: (end: Int, rank: Int, distance: Int)?
      while end < units.units.count, end == first || tokens + units.units[end].tokens <= limit {
        tokens += units.units[end].tokens
        end += 1
        guard tokens * Self.slack >= goal * (Self.slack - 1) || end == units.units.count else {
          continue
        }
        let place =
          end == units.units.count
          ? (end: end, rank: Int.max, distance: 0)
          : (end: end, rank: Self.rank(end, units, starts), distance: abs(tokens - goal))
        if let present = best,
          (present.rank, -present.distance) >= (place.rank, -place.distance)
        {
          continue
        }
        best = place
      }
      end = best?.end ?? end
      // Units by themselves may have fewer tokens than together.
      while end > first + 1, try count(units.text(of: first..<end)) > limit { end -= 1 }
      windows.append(first..<end)
      rest -= units.tokens(of: first..<end)
      first = end
    }
    self.windows = windows
  }

  /// The rank of the boundary before a unit as a place to cut: 2 for a file, 1 for a heading.
  private static func rank(_ unit: Int, _ units: ContextUnits, _ starts: Set<Int>) -> Int {
    if starts.contains(units.units[unit].bytes.lowerBound) { return 2 }
    return units.text(of: unit..<(unit + 1)).hasPrefix("#") ? 1 : 0
  }
}
