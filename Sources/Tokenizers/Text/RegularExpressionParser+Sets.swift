import Foundation

extension RegularExpressionParser {
  /// The characters after a backslash.
  enum Escape {
    case scalar(Unicode.Scalar)
    case item(CharacterClass.Item, isNegated: Bool)
    case assertion(RegularExpressionNode)
  }

  /// Scripts that can be named.
  private static let scripts: Set<String> = [
    "Han", "Hiragana", "Katakana", "Hangul", "Latin", "Cyrillic", "Greek", "Arabic", "Hebrew",
    "Thai", "Devanagari", "Bengali", "Tamil", "Armenian", "Georgian", "Bopomofo",
  ]

  mutating func parseEscape(inSet: Bool) throws(RegularExpression.Failure) -> Escape {
    guard let scalar = take() else { throw .without("a backslash at its end") }
    switch scalar {
    case "w", "W": return .item(.word, isNegated: scalar == "W")
    case "s", "S": return .item(.whitespace, isNegated: scalar == "S")
    case "d", "D":
      return .item(.categories(GeneralCategories.mask(named: "Nd") ?? 0), isNegated: scalar == "D")
    case "h", "H":
      let digits = CharacterClass([
        (.range(0x30...0x39), false), (.range(0x41...0x46), false), (.range(0x61...0x66), false),
      ])
      return .item(.nested(digits), isNegated: scalar == "H")
    case "p", "P": return try parseProperty(isNegated: scalar == "P")
    case "v": return .scalar("\u{B}")
    case "n": return .scalar("\n")
    case "r": return .scalar("\r")
    case "t": return .scalar("\t")
    case "f": return .scalar("\u{C}")
    case "e": return .scalar("\u{1B}")
    case "a": return .scalar("\u{7}")
    case "x", "u": return try parseNumber(after: scalar)
    case "A" where !inSet: return .assertion(.textStart)
    case "z" where !inSet: return .assertion(.textEnd)
    case "A", "z": throw .without("\\\(scalar) in a set")
    case "a"..."z", "A"..."Z", "0"..."9": throw .without("\\\(scalar)")
    default: return .scalar(scalar)
    }
  }

  /// `\xHH` below 80, `\x{H...}` and `\uHHHH`.
  private mutating func parseNumber(
    after letter: Unicode.Scalar
  ) throws(RegularExpression.Failure) -> Escape {
    var text = ""
    if letter == "x", peek() == "{" {
      skip()
      while let scalar = take(), scalar != "}" { text.unicodeScalars.append(scalar) }
    } else {
      for _ in 0..<(letter == "x" ? 2 : 4) { text.unicodeScalars.append(take() ?? " ") }
      if letter == "x", let value = UInt32(text, radix: 16), value >= 0x80 {
        throw .without("bytes above \\x7F")
      }
    }
    guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw .doesNotCompile
    }
    return .scalar(scalar)
  }

  private mutating func parseProperty(
    isNegated: Bool
  ) throws(RegularExpression.Failure) -> Escape {
    var isNegated = isNegated
    guard take() == "{" else { throw .without("a property without braces") }
    if peek() == "^" {
      skip()
      isNegated.toggle()
    }
    var name = ""
    while let scalar = take(), scalar != "}" { name.unicodeScalars.append(scalar) }
    if Self.scripts.contains(name) {
      return .item(.script(try Self.ranges(ofScript: name)), isNegated: isNegated)
    }
    guard let mask = GeneralCategories.mask(named: name) else { throw .without("\\p{\(name)}") }
    return .item(.categories(mask), isNegated: isNegated)
  }

  /// The scalars of a script, which Foundation's regular expressions know.
  private static func ranges(
    ofScript name: String
  ) throws(RegularExpression.Failure) -> [ClosedRange<UInt32>] {
    guard let expression = try? NSRegularExpression(pattern: "\\p{\(name)}") else {
      throw .doesNotCompile
    }
    var ranges: [ClosedRange<UInt32>] = []
    // Scripts lie in the first four planes.
    let values = (UInt32(0)..<0x40000).filter { Unicode.Scalar($0) != nil }
    var text = String.UnicodeScalarView()
    for value in values { if let scalar = Unicode.Scalar(value) { text.append(scalar) } }
    let string = String(text) as NSString
    let whole = NSRange(location: 0, length: string.length)
    for match in expression.matches(in: string as String, range: whole) {
      let unit = UInt32(string.character(at: match.range.location))
      var value = unit
      if match.range.length == 2 {
        let low = UInt32(string.character(at: match.range.location + 1))
        value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      if let last = ranges.last, last.upperBound + 1 == value {
        ranges[ranges.count - 1] = last.lowerBound...value
      } else {
        ranges.append(value...value)
      }
    }
    return ranges
  }

  /// A set, after its opening bracket.
  mutating func parseSet() throws(RegularExpression.Failure) -> CharacterClass {
    var isNegated = false
    if peek() == "^" {
      skip()
      isNegated = true
    }
    var operands: [[(item: CharacterClass.Item, isNegated: Bool)]] = [[]]
    var isFirst = true
    while let scalar = take() {
      defer { isFirst = false }
      switch scalar {
      case "]" where !isFirst:
        return Self.set(operands, isNegated, ignoresCase: ignoresCase)
      case "[":
        if peek() == ":" { throw .without("a POSIX bracket") }
        operands[operands.count - 1].append((.nested(try parseSet()), false))
      case "&" where peek() == "&":
        skip()
        operands.append([])
      case "-" where peek() == "-":
        throw .without("'--' in a set")
      default:
        let item = try parseItem(scalar)
        operands[operands.count - 1].append(item)
      }
    }
    throw .without("a set that is not closed")
  }

  /// A scalar, a range or an escape of a set; `first` has been taken.
  private mutating func parseItem(
    _ first: Unicode.Scalar
  ) throws(RegularExpression.Failure) -> (item: CharacterClass.Item, isNegated: Bool) {
    var lower = first
    if first == "\\" {
      switch try parseEscape(inSet: true) {
      case .scalar(let scalar): lower = scalar
      case .item(let item, let isNegated): return (item, isNegated)
      case .assertion: throw .doesNotCompile
      }
    }
    guard peek() == "-", let next = peek(1), next != "]" else {
      return (.range(lower.value...lower.value), false)
    }
    if next == "-" || next == "[" { throw .without("'-\(next)' in a set") }
    skip(2)
    var upper = next
    if next == "\\" {
      guard case .scalar(let scalar) = try parseEscape(inSet: true) else {
        throw .without("a range up to a class")
      }
      upper = scalar
    }
    guard lower <= upper else { throw .doesNotCompile }
    return (.range(lower.value...upper.value), false)
  }

  private static func set(
    _ operands: [[(item: CharacterClass.Item, isNegated: Bool)]], _ isNegated: Bool,
    ignoresCase: Bool
  ) -> CharacterClass {
    let others = operands.dropFirst().map { CharacterClass($0, ignoresCase: ignoresCase) }
    return CharacterClass(
      operands[0], intersections: others, isNegated: isNegated, ignoresCase: ignoresCase)
  }
}
