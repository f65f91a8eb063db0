extension JinjaParser {
  /// Attributes, items and calls behind a value.
  mutating func parsePostfix(
    of value: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if skip(".") {
        switch current.kind {
        case .name(let name): value = .attribute(value, name)
        case .integer(let index): value = .item(value, .integer(index))
        default: throw unexpected("expected a name or a number after .")
        }
        advance()
      } else if skip("[") {
        value = try parseItem(of: value)
      } else if at("(") {
        value = .call(value, try parseArguments())
      } else {
        return value
      }
    }
  }

  /// What stands between `[` and `]`: an index, a key or a slice.
  private mutating func parseItem(
    of value: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    let start = at(":") ? nil : try parseTuple()
    if let start, !at(":") {
      try expect(.symbol("]"))
      return .item(value, start)
    }
    try expect(.symbol(":"))
    let stop = at(":") || at("]") ? nil : try parseExpression()
    let step = skip(":") && !at("]") ? try parseExpression() : nil
    try expect(.symbol("]"))
    return .slice(value, start: start, stop: stop, step: step)
  }

  /// Filters, tests and calls behind a value.
  mutating func parseFiltersAndTests(
    of value: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    var value = value
    while true {
      if at("|") {
        value = try parseFilters(of: value) ?? value
      } else if skipName("is") {
        value = try parseTest(of: value)
      } else if at("(") {
        value = .call(value, try parseArguments())
      } else {
        return value
      }
    }
  }

  /// `| filter` as often as it comes; nil where there is neither a value nor a filter.
  mutating func parseFilters(
    of value: JinjaExpression?
  ) throws(JinjaError) -> JinjaExpression? {
    var value = value
    while skip("|") { value = try parseFilter(of: value) }
    return value
  }

  /// A filter's name and arguments.
  mutating func parseFilter(
    of value: JinjaExpression?
  ) throws(JinjaError) -> JinjaExpression {
    let line = current.line
    let name = try expectName()
    guard JinjaFilter.all[name] != nil else {
      throw JinjaError("the filter \(name) is not supported", line: line)
    }
    let arguments = at("(") ? try parseArguments() : JinjaCallArguments()
    return .filter(value, name: name, arguments)
  }

  /// A test behind `is`; its argument may stand without parentheses.
  private mutating func parseTest(
    of value: JinjaExpression
  ) throws(JinjaError) -> JinjaExpression {
    let isNegated = skipName("not")
    let line = current.line
    let name = try expectName()
    guard JinjaTest.all[name] != nil else {
      throw JinjaError("the test \(name) is not supported", line: line)
    }
    var arguments = JinjaCallArguments()
    if at("(") {
      arguments = try parseArguments()
    } else if beginsArgument {
      if atName("is") { throw unexpected("expected one test") }
      arguments.positional = [try parsePostfix(of: parsePrimary())]
    }
    let test = JinjaExpression.test(value, name: name, arguments)
    return isNegated ? .not(test) : test
  }

  private var beginsArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .number, .symbol("["), .symbol("{"): true
    default: false
    }
  }

  /// `name=value` and plain values, `*sequence` and `**mapping`, in parentheses.
  private mutating func parseArguments() throws(JinjaError) -> JinjaCallArguments {
    var arguments = JinjaCallArguments()
    var isFirst = true
    try expect(.symbol("("))
    while !at(")") {
      if !isFirst { try expect(.symbol(",")) }
      if at(")") { break }
      isFirst = false
      if skip("**") {
        arguments.namedMapping = try parseExpression()
      } else if skip("*") {
        arguments.positionalSequence = try parseExpression()
      } else if case .name(let name) = current.kind, following.kind == .symbol("=") {
        advance()
        advance()
        arguments.named.append((name, try parseExpression()))
      } else if arguments.named.isEmpty {
        arguments.positional.append(try parseExpression())
      } else {
        throw unexpected("expected name=value")
      }
    }
    try expect(.symbol(")"))
    return arguments
  }
}
