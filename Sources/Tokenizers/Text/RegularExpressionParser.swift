/// Reads a pattern in Oniguruma's Ruby syntax and refuses what `RegularExpression` cannot run, so
/// that no pattern silently matches otherwise.
///
/// Source: Oniguruma doc/RE and doc/SYNTAX.md.
struct RegularExpressionParser {
  private let pattern: [Unicode.Scalar]
  private var index = 0
  private var depth = 0
  private(set) var ignoresCase = false

  /// Deeper groups are refused: the parser and the matcher call themselves for each.
  private static let deepestGroup = 100
  /// Larger counts are refused.
  private static let largestCount = 1000

  private init(_ pattern: String) {
    self.pattern = Array(pattern.unicodeScalars)
  }

  static func parse(
    _ pattern: String
  ) throws(RegularExpression.Failure) -> RegularExpressionNode {
    guard !pattern.isEmpty else { throw .init(problem: "a pattern that is not empty") }
    var parser = RegularExpressionParser(pattern)
    let node = try parser.parseChoice()
    guard parser.index == parser.pattern.count else { throw .doesNotCompile }
    return node
  }

  mutating func take() -> Unicode.Scalar? {
    guard index < pattern.count else { return nil }
    index += 1
    return pattern[index - 1]
  }

  func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    index + offset < pattern.count ? pattern[index + offset] : nil
  }

  mutating func skip(_ count: Int = 1) { index += count }

  private mutating func parseChoice() throws(RegularExpression.Failure) -> RegularExpressionNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestGroup else {
      throw .without("more than \(Self.deepestGroup) groups in each other")
    }
    let outerCase = ignoresCase
    defer { ignoresCase = outerCase }
    var choices = [try parseSequence()]
    while peek() == "|" {
      skip()
      choices.append(try parseSequence())
    }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func parseSequence() throws(RegularExpression.Failure) -> RegularExpressionNode {
    var parts: [RegularExpressionNode] = []
    var previous: Unicode.Scalar?
    while let scalar = peek(), scalar != "|", scalar != ")" {
      skip()
      var literal: Unicode.Scalar?
      var part: RegularExpressionNode
      switch scalar {
      case "\\":
        switch try parseEscape(inSet: false) {
        case .assertion(let node): part = node
        case .item(let item, let isNegated):
          part = .one(CharacterClass([(item, isNegated)], ignoresCase: ignoresCase))
        case .scalar(let value):
          literal = value
          part = .one(CharacterClass(value, ignoresCase: ignoresCase))
        }
      case "[": part = .one(try parseSet())
      case ".": part = .one(CharacterClass([(.range(0x0A...0x0A), false)], isNegated: true))
      case "^": part = .lineStart
      case "$": part = .lineEnd
      case "*", "+", "?": throw .doesNotCompile
      case "(":
        guard let group = try parseGroup() else {
          // `(?i)` holds up to the end of the group that it stands in, alternatives included.
          parts.append(try parseChoice())
          return .sequence(parts)
        }
        part = group
      default:
        literal = scalar
        part = .one(CharacterClass(scalar, ignoresCase: ignoresCase))
      }
      if ignoresCase, let literal { try checkFolding(previous, literal) }
      previous = literal
      part = try parseQuantifier(of: part)
      parts.append(part)
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// Refuses letters that fold together with others, such as ss with ß.
  private func checkFolding(
    _ previous: Unicode.Scalar?, _ scalar: Unicode.Scalar
  ) throws(RegularExpression.Failure) {
    let pair = "\(previous.map(String.init) ?? "")\(scalar)".lowercased()
    let isJoined = ["ss", "st", "ff", "fi", "fl"].contains(pair)
    let isWide =
      scalar.properties.uppercaseMapping.unicodeScalars.count > 1
      || scalar.properties.lowercaseMapping.unicodeScalars.count > 1
    if isJoined || isWide { throw .without("\(isJoined ? pair : String(scalar)) in (?i)") }
  }

  /// A group after its opening parenthesis; nil for `(?i)` and `(?-i)`, which set the case.
  private mutating func parseGroup() throws(RegularExpression.Failure) -> RegularExpressionNode? {
    guard peek() == "?" else { return try parseGroupBody { $0 } }
    switch (peek(1), peek(2)) {
    case (":", _):
      skip(2)
      return try parseGroupBody { $0 }
    case ("=", _), ("!", _):
      let isNegated = peek(1) == "!"
      skip(2)
      return try parseGroupBody { .look($0, isAhead: true, isNegated: isNegated) }
    case (">", _):
      skip(2)
      return try parseGroupBody { .atomic($0) }
    case ("<", "="), ("<", "!"):
      let isNegated = peek(2) == "!"
      skip(3)
      let body = try parseGroupBody { $0 }
      return try lookBehind(body, isNegated)
    case ("i", ":"), ("i", ")"): return try parseCaseGroup(true, 2)
    case ("-", "i") where peek(3) == ":" || peek(3) == ")": return try parseCaseGroup(false, 3)
    default: throw .without("the group (?\(peek(1).map(String.init) ?? "")")
    }
  }

  private mutating func parseCaseGroup(
    _ ignores: Bool, _ length: Int
  ) throws(RegularExpression.Failure) -> RegularExpressionNode? {
    skip(length)
    let outer = ignoresCase
    ignoresCase = ignores
    guard take() == ":" else { return nil }
    defer { ignoresCase = outer }
    return try parseGroupBody { $0 }
  }

  private mutating func parseGroupBody(
    _ wrap: (RegularExpressionNode) -> RegularExpressionNode
  ) throws(RegularExpression.Failure) -> RegularExpressionNode {
    let body = try parseChoice()
    guard take() == ")" else { throw .doesNotCompile }
    return wrap(body)
  }

  /// Alternatives of a look-behind may differ in length, each has one.
  private func lookBehind(
    _ body: RegularExpressionNode, _ isNegated: Bool
  ) throws(RegularExpression.Failure) -> RegularExpressionNode {
    let choices: [RegularExpressionNode]
    if case .choice(let parts) = body { choices = parts } else { choices = [body] }
    guard choices.allSatisfy({ $0.length != nil }) else {
      throw .without("a look-behind of unknown length")
    }
    let looks = choices.map {
      RegularExpressionNode.look($0, isAhead: false, isNegated: isNegated)
    }
    return isNegated ? .sequence(looks) : .choice(looks)
  }
}

extension RegularExpressionParser {
  private mutating func parseQuantifier(
    of part: RegularExpressionNode
  ) throws(RegularExpression.Failure) -> RegularExpressionNode {
    var least = 0
    var most: Int?
    var isInterval = false
    switch peek() {
    case "*": skip()
    case "+":
      skip()
      least = 1
    case "?":
      skip()
      most = 1
    case "{":
      guard let interval = try parseInterval() else { return part }
      (least, most) = interval
      isInterval = true
    default: return part
    }
    var mode = RegularExpressionNode.Mode.greedy
    if peek() == "?" {
      skip()
      // Ruby's `{n}?` is optional, not lazy.
      if isInterval, least == most {
        return .repeated(
          .repeated(part, least: least, most: most, .greedy), least: 0, most: 1, .greedy)
      }
      mode = .lazy
    } else if peek() == "+" {
      // Ruby repeats the whole interval here.
      if isInterval { throw .without("'+' after an interval") }
      skip()
      mode = .possessive
    }
    switch peek() {
    case "*", "+", "?": throw .without("a quantifier after a quantifier")
    case "{" where try interval() != nil: throw .without("a quantifier after a quantifier")
    default: return .repeated(part, least: least, most: most, mode)
    }
  }

  /// `{n}`, `{n,}`, `{n,m}` and `{,m}`; a brace that opens none of these is a plain character.
  private mutating func parseInterval() throws(RegularExpression.Failure) -> (Int, Int?)? {
    guard let (end, least, most) = try interval() else { return nil }
    skip(end)
    return (least, most)
  }

  /// The interval at the current position and its length.
  private func interval() throws(RegularExpression.Failure) -> (Int, Int, Int?)? {
    var length = 1
    var text = ""
    while let scalar = peek(length), scalar != "}" {
      text.unicodeScalars.append(scalar)
      length += 1
    }
    let bounds = text.split(separator: ",", omittingEmptySubsequences: false)
    guard peek(length) == "}", text != ",", !text.isEmpty, bounds.count <= 2,
      bounds.allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } })
    else { return nil }
    func count(_ text: Substring) throws(RegularExpression.Failure) -> Int {
      guard let count = text.isEmpty ? 0 : Int(text), count <= Self.largestCount else {
        throw .without("counts above \(Self.largestCount)")
      }
      return count
    }
    let least = try count(bounds[0])
    let most = bounds.count == 1 ? least : bounds[1].isEmpty ? nil : try count(bounds[1])
    if let most, most < least { throw .doesNotCompile }
    return (length + 1, least, most)
  }
}
