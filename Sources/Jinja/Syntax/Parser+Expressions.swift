extension Parser {
  /// A whole expression: `value if condition else other`.
  mutating func parseExpression(
    allowsConditional: Bool = true
  ) throws(JinjaError) -> Expression {
    try nested { (parser) throws(JinjaError) in
      let value = try parser.parseOr()
      return allowsConditional ? try parser.parseConditional(of: value) : value
    }
  }

  /// `if condition else other` behind a value, as often as it comes.
  private mutating func parseConditional(
    of value: Expression
  ) throws(JinjaError) -> Expression {
    guard skipName("if") else { return value }
    return try nested { (parser) throws(JinjaError) in
      let condition = try parser.parseOr()
      let otherwise = parser.skipName("else") ? try parser.parseExpression() : nil
      return try parser.parseConditional(
        of: .conditional(value, condition: condition, otherwise: otherwise))
    }
  }

  /// One expression, or several with commas between them, which make a tuple.
  mutating func parseTuple(
    allowsConditional: Bool = true
  ) throws(JinjaError) -> Expression {
    let first = try parseExpression(allowsConditional: allowsConditional)
    guard at(",") else { return first }
    var elements = [first]
    while skip(",") {
      switch current.kind {
      case .tagEnd, .outputEnd, .symbol(")"): return .tuple(elements)
      default: elements.append(try parseExpression(allowsConditional: allowsConditional))
      }
    }
    return .tuple(elements)
  }

  private mutating func parseOr() throws(JinjaError) -> Expression {
    var parts = [try parseAnd()]
    while skipName("or") { parts.append(try parseAnd()) }
    return parts.count == 1 ? parts[0] : .or(parts)
  }

  private mutating func parseAnd() throws(JinjaError) -> Expression {
    var parts = [try parseNot()]
    while skipName("and") { parts.append(try parseNot()) }
    return parts.count == 1 ? parts[0] : .and(parts)
  }

  private mutating func parseNot() throws(JinjaError) -> Expression {
    guard skipName("not") else { return try parseComparison() }
    return .not(try nested { (parser) throws(JinjaError) in try parser.parseNot() })
  }

  private mutating func parseComparison() throws(JinjaError) -> Expression {
    let first = try parseSum()
    var rest: [(comparison: Comparison, value: Expression)] = []
    while let comparison = skipComparison() { rest.append((comparison, try parseSum())) }
    return rest.isEmpty ? first : .comparison(first, rest)
  }

  private mutating func skipComparison() -> Comparison? {
    switch current.kind {
    case .symbol(let symbol):
      guard let comparison = Comparison(rawValue: symbol) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .contained
    case .name("not") where following.kind == .name("in"):
      advance()
      advance()
      return .notContained
    default: return nil
    }
  }

  private mutating func parseSum() throws(JinjaError) -> Expression {
    let first = try parseConcatenation()
    var rest: [(operation: BinaryOperator, value: Expression)] = []
    while let operation = skipOperator(["+", "-"]) {
      rest.append((operation, try parseConcatenation()))
    }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func parseConcatenation() throws(JinjaError) -> Expression {
    var parts = [try parseProduct()]
    while skip("~") { parts.append(try parseProduct()) }
    return parts.count == 1 ? parts[0] : .concatenation(parts)
  }

  private mutating func parseProduct() throws(JinjaError) -> Expression {
    let first = try parsePower()
    var rest: [(operation: BinaryOperator, value: Expression)] = []
    while let operation = skipOperator(["*", "/", "//", "%"]) {
      rest.append((operation, try parsePower()))
    }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func parsePower() throws(JinjaError) -> Expression {
    let first = try parseUnary()
    var rest: [(operation: BinaryOperator, value: Expression)] = []
    while let operation = skipOperator(["**"]) { rest.append((operation, try parseUnary())) }
    return rest.isEmpty ? first : .arithmetic(first, rest)
  }

  private mutating func skipOperator(_ symbols: [String]) -> BinaryOperator? {
    guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
    advance()
    return BinaryOperator(rawValue: symbol)
  }

  private mutating func parseUnary(
    allowsFilters: Bool = true
  ) throws(JinjaError) -> Expression {
    try nested { (parser) throws(JinjaError) in
      let value: Expression
      if parser.skip("-") {
        value = .negated(try parser.parseUnary(allowsFilters: false))
      } else if parser.skip("+") {
        value = .plus(try parser.parseUnary(allowsFilters: false))
      } else {
        value = try parser.parsePrimary()
      }
      var links = try parser.parsePostfix()
      if allowsFilters { links += try parser.parseFiltersAndTests() }
      return links.isEmpty ? value : .chain(value, links)
    }
  }

  mutating func parsePrimary() throws(JinjaError) -> Expression {
    let token = current
    advance()
    switch token.kind {
    case .name("true"), .name("True"): return .bool(true)
    case .name("false"), .name("False"): return .bool(false)
    case .name("none"), .name("None"): return .none
    case .name(let name): return .name(name)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(var text):
      while case .string(let next) = current.kind {
        text += next
        advance()
      }
      return .string(text)
    case .symbol("("):
      if skip(")") { return .tuple([]) }
      let value = try parseTuple()
      try expect(.symbol(")"))
      return value
    case .symbol("["): return .list(try parseList())
    case .symbol("{"): return .dictionary(try parseDictionary())
    default:
      throw JinjaError("expected an expression, found \(token.kind)", line: token.line)
    }
  }

  private mutating func parseList() throws(JinjaError) -> [Expression] {
    var elements: [Expression] = []
    while !at("]") {
      if !elements.isEmpty { try expect(.symbol(",")) }
      if at("]") { break }
      elements.append(try parseExpression())
    }
    try expect(.symbol("]"))
    return elements
  }

  private mutating func parseDictionary() throws(JinjaError) -> [(
    key: Expression, value: Expression
  )] {
    var members: [(key: Expression, value: Expression)] = []
    while !at("}") {
      if !members.isEmpty { try expect(.symbol(",")) }
      if at("}") { break }
      let key = try parseExpression()
      try expect(.symbol(":"))
      members.append((key, try parseExpression()))
    }
    try expect(.symbol("}"))
    return members
  }
}
