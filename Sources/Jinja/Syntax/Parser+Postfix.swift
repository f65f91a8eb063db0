extension Parser {
  /// Attributes, items and calls after a value.
  mutating func parsePostfix() throws(JinjaError) -> [ChainLink] {
    var links: [ChainLink] = []
    while true {
      if skip(".") {
        switch current.kind {
        case .name(let name): links.append(.attribute(name))
        case .integer(let index): links.append(.item(.integer(index)))
        default: throw unexpected("expected a name or a number after .")
        }
        advance()
      } else if skip("[") {
        links.append(try parseItem())
      } else if at("(") {
        links.append(.call(try parseArguments()))
      } else {
        return links
      }
    }
  }

  /// The contents of `[` and `]`: an index, a key or a slice.
  private mutating func parseItem() throws(JinjaError) -> ChainLink {
    let start = at(":") ? nil : try parseTuple()
    if let start, !at(":") {
      try expect(.symbol("]"))
      return .item(start)
    }
    try expect(.symbol(":"))
    let stop = at(":") || at("]") ? nil : try parseExpression()
    let step = skip(":") && !at("]") ? try parseExpression() : nil
    try expect(.symbol("]"))
    return .slice(start: start, stop: stop, step: step)
  }

  /// Filters, tests and calls after a value.
  mutating func parseFiltersAndTests() throws(JinjaError) -> [ChainLink] {
    var links: [ChainLink] = []
    while true {
      if skip("|") {
        links.append(.filter(try parseFilter()))
      } else if skipName("is") {
        links.append(try parseTest())
      } else if at("(") {
        links.append(.call(try parseArguments()))
      } else {
        return links
      }
    }
  }

  /// Any number of `| filter`.
  mutating func parseFilters() throws(JinjaError) -> [FilterCall] {
    var filters: [FilterCall] = []
    while skip("|") { filters.append(try parseFilter()) }
    return filters
  }

  /// A filter's name and arguments.
  mutating func parseFilter() throws(JinjaError) -> FilterCall {
    let line = current.line
    let name = try expectName()
    guard Filter.all[name] != nil else {
      throw JinjaError("the filter \(name) is not supported", line: line)
    }
    return FilterCall(
      name: name, arguments: at("(") ? try parseArguments() : CallArguments())
  }

  /// A test after `is`; its argument needs no parentheses.
  private mutating func parseTest() throws(JinjaError) -> ChainLink {
    let isNegated = skipName("not")
    let line = current.line
    let name = try expectName()
    guard ValueTest.all[name] != nil else {
      throw JinjaError("the test \(name) is not supported", line: line)
    }
    var arguments = CallArguments()
    if at("(") {
      arguments = try parseArguments()
    } else if beginsArgument {
      if atName("is") { throw unexpected("expected one test") }
      let value = try parsePrimary()
      let links = try parsePostfix()
      arguments.positional = [links.isEmpty ? value : .chain(value, links)]
    }
    return .test(name: name, arguments, isNegated: isNegated)
  }

  private var beginsArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .number, .symbol("["), .symbol("{"): true
    default: false
    }
  }

  /// `name=value` and plain values, `*sequence` and `**mapping`, in parentheses.
  private mutating func parseArguments() throws(JinjaError) -> CallArguments {
    var arguments = CallArguments()
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
