/// Rewrites a pattern from Oniguruma's Ruby syntax into ICU's where one notation means two
/// things, and refuses what it cannot rewrite, so that no pattern silently matches otherwise.
///
/// Sources: Oniguruma doc/RE and doc/SYNTAX.md; ICU User Guide, Regular Expressions.
struct RegularExpressionTranslator {
  /// `\w` of Oniguruma: with superscript and fraction digits of Latin 1, without join controls.
  private static let wordSet = #"[[\w\u00B2\u00B3\u00B9\u00BC-\u00BE]--[\u200C\u200D]]"#
  private static let complementOfWordSet =
    #"[^[\w\u00B2\u00B3\u00B9\u00BC-\u00BE]--[\u200C\u200D]]"#

  /// Properties longer than a general category that both engines define alike.
  private static let scripts: Set<String> = [
    "Han", "Hiragana", "Katakana", "Hangul", "Latin", "Cyrillic", "Greek", "Arabic", "Hebrew",
    "Thai", "Devanagari", "Bengali", "Tamil", "Armenian", "Georgian", "Bopomofo",
  ]

  private let pattern: [Unicode.Scalar]
  private var index = 0
  private var output = ""

  private init(_ pattern: String) {
    self.pattern = Array(pattern.unicodeScalars)
  }

  static func translate(_ pattern: String) throws(RegularExpression.Failure) -> String {
    guard !pattern.isEmpty else { throw .init(problem: "a pattern that is not empty") }
    var translator = RegularExpressionTranslator(pattern)
    while let scalar = translator.take() {
      try translator.translate(scalar)
    }
    return translator.output
  }

  private mutating func take() -> Unicode.Scalar? {
    guard index < pattern.count else { return nil }
    index += 1
    return pattern[index - 1]
  }

  private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    index + offset < pattern.count ? pattern[index + offset] : nil
  }

  private func refuse(_ construct: String) -> RegularExpression.Failure {
    .init(problem: "a regular expression without \(construct)")
  }

  private mutating func translate(_ scalar: Unicode.Scalar) throws(RegularExpression.Failure) {
    switch scalar {
    case "\\": try translateEscape(inSet: false)
    case "[": try translateSet()
    case ".": output += #"[^\n]"#
    case "^": output += #"(?:\A|(?<=\n)(?!\z))"#
    case "$": output += #"(?=\n|\z)"#
    case "(": try translateGroup()
    case "{": try translateInterval()
    case "}": output += #"\}"#
    default: output.unicodeScalars.append(scalar)
    }
  }

  private mutating func translateGroup() throws(RegularExpression.Failure) {
    output += "("
    guard peek() == "?" else { return }
    switch (peek(1), peek(2)) {
    case (":", _), ("=", _), ("!", _), (">", _), ("<", "="), ("<", "!"): return
    case ("i", ":"), ("i", ")"): return
    case ("-", "i") where peek(3) == ":" || peek(3) == ")": return
    default: throw refuse("the group (?\(peek(1).map(String.init) ?? "")")
    }
  }

  /// `{n}`, `{n,}`, `{n,m}` and `{,m}`; a brace that opens none of these is a plain character.
  private mutating func translateInterval() throws(RegularExpression.Failure) {
    var end = index
    var text = ""
    while end < pattern.count, pattern[end] != "}" {
      text.unicodeScalars.append(pattern[end])
      end += 1
    }
    let bounds = text.split(separator: ",", omittingEmptySubsequences: false)
    let isInterval =
      end < pattern.count && text != "," && !text.isEmpty && bounds.count <= 2
      && bounds.allSatisfy { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
    guard isInterval else {
      output += #"\{"#
      return
    }
    output += text.hasPrefix(",") ? "{0\(text)}" : "{\(text)}"
    index = end + 1
    // Ruby repeats the whole interval here, ICU makes it possessive.
    if peek() == "+" { throw refuse("'+' after an interval") }
  }

  private mutating func translateEscape(inSet: Bool) throws(RegularExpression.Failure) {
    guard let scalar = take() else { throw refuse("a backslash at its end") }
    switch scalar {
    case "w": output += Self.wordSet
    case "W": output += Self.complementOfWordSet
    case "h": output += "[0-9a-fA-F]"
    case "H": output += "[^0-9a-fA-F]"
    case "v": output += #"\u000B"#
    case "p", "P": try translateProperty(isNegated: scalar == "P")
    case "s", "S", "d", "D", "n", "r", "t", "f", "e", "a", "x", "u":
      output += "\\\(scalar)"
    case "A", "z":
      guard !inSet else { throw refuse("\\\(scalar) in a set") }
      output += "\\\(scalar)"
    case "a"..."z", "A"..."Z", "0"..."9":
      throw refuse("\\\(scalar)")
    default:
      output += "\\\(scalar)"
    }
  }

  private mutating func translateProperty(
    isNegated: Bool
  ) throws(RegularExpression.Failure) {
    var isNegated = isNegated
    guard take() == "{" else { throw refuse("a property without braces") }
    if peek() == "^" {
      index += 1
      isNegated.toggle()
    }
    var name = ""
    while let scalar = take(), scalar != "}" { name.unicodeScalars.append(scalar) }
    guard 1...2 ~= name.utf8.count || Self.scripts.contains(name) else {
      throw refuse("\\p{\(name)}")
    }
    output += "\\\(isNegated ? "P" : "p"){\(name)}"
  }

  /// A set, after its opening bracket.
  private mutating func translateSet() throws(RegularExpression.Failure) {
    output += "["
    if peek() == "^" {
      index += 1
      output += "^"
    }
    if peek() == "]" {
      index += 1
      output += #"\]"#
    }
    while let scalar = take() {
      switch scalar {
      case "]":
        output += "]"
        return
      case "[":
        if peek() == ":" { throw refuse("a POSIX bracket") }
        try translateSet()
      case "\\":
        try translateEscape(inSet: true)
      case "-" where peek() == "-":
        throw refuse("'--' in a set")
      case "$", "^", "{", "}":
        output += "\\\(scalar)"
      default:
        output.unicodeScalars.append(scalar)
      }
    }
    throw refuse("a set that is not closed")
  }
}
