/// What becomes of the matches when text is split at them.
enum SplitBehavior: String, CaseIterable, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// Calls `body` with each stretch that remains, in order.
  func forEachStretch(of matches: [TextMatch], _ body: (Range<Int>) -> Void) {
    switch self {
    case .isolated:
      for match in matches { body(match.start..<match.end) }
    case .removed:
      for match in matches where !match.isMatch { body(match.start..<match.end) }
    case .contiguous:
      merge(matches, body) { previous, match in previous.isMatch == match.isMatch }
    case .mergedWithPrevious:
      merge(matches, body) { previous, match in match.isMatch && !previous.isMatch }
    case .mergedWithNext:
      // Seen from the end: a match joins what follows it unless that is a match itself.
      merge(matches, body) { previous, match in previous.isMatch && !match.isMatch }
    }
  }

  /// Joins adjacent pieces where `joins` is true.
  private func merge(
    _ matches: [TextMatch], _ body: (Range<Int>) -> Void,
    _ joins: (_ previous: TextMatch, _ match: TextMatch) -> Bool
  ) {
    guard var previous = matches.first else { return }
    var start = previous.start
    for match in matches.dropFirst() {
      if !joins(previous, match) {
        body(start..<previous.end)
        start = match.start
      }
      previous = match
    }
    body(start..<previous.end)
  }
}
