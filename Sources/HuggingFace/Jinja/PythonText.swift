/// Text as Python counts it: by Unicode scalars, never by grapheme clusters or canonical
/// equivalence.
extension Unicode.Scalar {
  /// What `str.isspace` calls white space.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// What ends a line for `str.splitlines`.
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
  /// Where `pattern` stands for the first time in `range`; an empty pattern stands at once.
  func first(of pattern: [Unicode.Scalar], in range: Range<Int>) -> Int? {
    var index = range.lowerBound
    while index + pattern.count <= range.upperBound {
      if self[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index += 1
    }
    return nil
  }

  /// Where `pattern` stands for the last time in `range`.
  func last(of pattern: [Unicode.Scalar], in range: Range<Int>) -> Int? {
    var index = range.upperBound - pattern.count
    while index >= range.lowerBound {
      if self[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index -= 1
    }
    return nil
  }

  /// Every occurrence of `pattern` replaced, at most `limit` of them where that is not negative.
  func replacing(
    _ pattern: [Unicode.Scalar], with replacement: [Unicode.Scalar], limit: Int = -1
  ) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    var index = 0
    var replaced = 0
    while replaced != limit, let found = first(of: pattern, in: index..<count) {
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
