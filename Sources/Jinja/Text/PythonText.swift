/// Text as Python counts it: by Unicode scalars, never by grapheme clusters or canonical
/// equivalence.
extension Unicode.Scalar {
  /// Whether Python's `str.isspace` accepts it.
  package var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// Whether `str.splitlines` ends a line at it.
  var isPythonLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}

extension String {
  init(_ scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }
}

extension Array where Element == Unicode.Scalar {
  /// The index of the first occurrence of `pattern` in `range`; that of an empty pattern is the
  /// start of the range.
  func first(of pattern: [Unicode.Scalar], in range: Range<Int>) -> Int? {
    match(of: pattern.count, in: range) {
      self[range.lowerBound + $0]
    } pattern: {
      pattern[$0]
    }.map { range.lowerBound + $0 }
  }

  /// The index of the last occurrence of `pattern` in `range`.
  func last(of pattern: [Unicode.Scalar], in range: Range<Int>) -> Int? {
    match(of: pattern.count, in: range) {
      self[range.upperBound - 1 - $0]
    } pattern: {
      pattern[pattern.count - 1 - $0]
    }.map { range.upperBound - $0 - pattern.count }
  }

  /// The offset of the first occurrence of a pattern of `length` scalars in a text of `range.count`
  /// scalars, in linear time (Knuth, Morris and Pratt 1977).
  private func match(
    of length: Int, in range: Range<Int>, text: (Int) -> Unicode.Scalar,
    pattern: (Int) -> Unicode.Scalar
  ) -> Int? {
    if length == 0 { return 0 }
    if length > range.count { return nil }
    // borders[i]: the longest proper beginning of pattern[0...i] that is also its end.
    var borders = [Int32](repeating: 0, count: length)
    func extended(_ matched: Int, by scalar: Unicode.Scalar) -> Int {
      var matched = matched
      while matched > 0, pattern(matched) != scalar { matched = Int(borders[matched - 1]) }
      return pattern(matched) == scalar ? matched + 1 : matched
    }
    for index in 1..<length {
      borders[index] = Int32(extended(Int(borders[index - 1]), by: pattern(index)))
    }
    var matched = 0
    for index in 0..<range.count {
      matched = extended(matched, by: text(index))
      if matched == length { return index + 1 - length }
    }
    return nil
  }

  /// Every occurrence of `pattern` replaced, at most `limit` of them where that is not negative.
  func replacing(
    _ pattern: [Unicode.Scalar], with replacement: [Unicode.Scalar], limit: Int = -1,
    _ budget: Budget
  ) throws(JinjaError) -> [Unicode.Scalar] {
    let size = MemoryLayout<Unicode.Scalar>.size
    var result: [Unicode.Scalar] = []
    var index = 0
    var replaced = 0
    while replaced != limit, let found = first(of: pattern, in: index..<count) {
      try budget.spend()
      try budget.require(
        bytes: size, times: result.count + (found - index) + replacement.count)
      result += self[index..<found]
      result += replacement
      replaced += 1
      if pattern.isEmpty {
        if found < count { result.append(self[found]) }
        index = found + 1
        if index > count { return result }
      } else {
        index = found + pattern.count
      }
    }
    return index <= count ? result + self[index...] : result
  }

  /// Without the scalars that `isStripped` accepts at the chosen ends.
  func stripped(
    leading: Bool, trailing: Bool, where isStripped: (Unicode.Scalar) -> Bool
  ) -> [Unicode.Scalar] {
    var slice = self[...]
    if leading { slice = slice.drop(while: isStripped) }
    if trailing { while let last = slice.last, isStripped(last) { slice.removeLast() } }
    return Array(slice)
  }
}
