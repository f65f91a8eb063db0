extension Parser {
  /// Statements up to a tag of one of these names, or up to the end of the template where there are
  /// none.
  ///
  /// - Returns: the statements, and the name of the tag that ended them; the position is behind
  ///   that name.
  mutating func parseBody(
    until ends: [String]
  ) throws(JinjaError) -> (body: [Statement], end: String) {
    var body: [Statement] = []
    while true {
      let line = current.line
      switch current.kind {
      case .text(let text):
        advance()
        body.append(Statement(line: line, kind: .text(text)))
      case .outputBegin:
        advance()
        let value = try parseTuple()
        try expect(.outputEnd)
        body.append(Statement(line: line, kind: .output(value)))
      case .tagBegin:
        advance()
        let name = try expectName()
        if ends.contains(name) { return (body, name) }
        let kind = try nested { (parser) throws(JinjaError) in
          try parser.parseTag(name, line: line)
        }
        body.append(Statement(line: line, kind: kind))
      case .end where ends.isEmpty: return (body, "")
      default:
        throw unexpected("expected the tag \(ends.joined(separator: " or "))")
      }
    }
  }

  /// A tag whose name ends at the position, up to the end of its last tag.
  private mutating func parseTag(
    _ name: String, line: Int
  ) throws(JinjaError) -> Statement.Kind {
    let kind: Statement.Kind =
      switch name {
      case "if": try parseConditional()
      case "for": try parseLoop()
      case "set": try parseSet()
      case "macro": try parseMacro()
      case "call": try parseCallBlock()
      case "filter": try parseFilterBlock()
      case "with": try parseWith()
      case "generation": .scope(try parseBlock(until: "endgeneration"))
      case "break", "continue":
        if loopDepth == 0 {
          throw JinjaError("\(name) outside a loop", line: line)
        } else {
          name == "break" ? .leaveLoop : .nextIteration
        }
      default: throw JinjaError("the tag \(name) is not supported", line: line)
      }
    try expect(.tagEnd)
    return kind
  }

  /// The body of a tag that ends in one way only; the position is behind the name of its last tag.
  private mutating func parseBlock(until end: String) throws(JinjaError) -> [Statement] {
    try expect(.tagEnd)
    return try parseBody(until: [end]).body
  }

  private mutating func parseConditional() throws(JinjaError) -> Statement.Kind {
    var branches: [(condition: Expression, body: [Statement])] = []
    var otherwise: [Statement] = []
    while true {
      let condition = try parseTuple(allowsConditional: false)
      try expect(.tagEnd)
      let (body, end) = try parseBody(until: ["elif", "else", "endif"])
      branches.append((condition, body))
      if end == "elif" { continue }
      if end == "else" { otherwise = try parseBlock(until: "endif") }
      return .conditional(branches: branches, otherwise: otherwise)
    }
  }

  private mutating func parseLoop() throws(JinjaError) -> Statement.Kind {
    let target = try parseTarget(allowsAttributes: false)
    guard skipName("in") else { throw unexpected("expected in") }
    let sequence = try parseTuple(allowsConditional: false)
    let condition = skipName("if") ? try parseExpression() : nil
    let isRecursive = skipName("recursive")
    try expect(.tagEnd)
    loopDepth += 1
    let (body, end) = try parseBody(until: ["else", "endfor"])
    loopDepth -= 1
    let otherwise = end == "else" ? try parseBlock(until: "endfor") : []
    return .loop(
      ForLoop(
        target: target, sequence: sequence, condition: condition, isRecursive: isRecursive,
        body: body, otherwise: otherwise))
  }

  private mutating func parseSet() throws(JinjaError) -> Statement.Kind {
    let target = try parseTarget(allowsAttributes: true)
    if skip("=") { return .set(target, try parseTuple()) }
    let filters = try parseFilters()
    return .setBlock(target, filters: filters, body: try parseBlock(until: "endset"))
  }

  private mutating func parseMacro() throws(JinjaError) -> Statement.Kind {
    let name = try expectName()
    let parameters = try parseParameters()
    return .macro(name: name, parameters, body: try parseFunctionBody(until: "endmacro"))
  }

  private mutating func parseCallBlock() throws(JinjaError) -> Statement.Kind {
    let parameters = at("(") ? try parseParameters() : Parameters()
    let line = current.line
    let call = try parseExpression()
    guard case .chain(_, let links) = call, case .call? = links.last else {
      throw JinjaError("expected a call", line: line)
    }
    return .callBlock(call, parameters, body: try parseFunctionBody(until: "endcall"))
  }

  /// The body of a macro: loops around its definition are not loops around its statements.
  private mutating func parseFunctionBody(
    until end: String
  ) throws(JinjaError) -> [Statement] {
    let outerLoops = loopDepth
    loopDepth = 0
    defer { loopDepth = outerLoops }
    return try parseBlock(until: end)
  }

  private mutating func parseFilterBlock() throws(JinjaError) -> Statement.Kind {
    let filters = [try parseFilter()] + (try parseFilters())
    return .filterBlock(filters, body: try parseBlock(until: "endfilter"))
  }

  private mutating func parseWith() throws(JinjaError) -> Statement.Kind {
    var assignments: [(target: AssignmentTarget, value: Expression)] = []
    while current.kind != .tagEnd {
      if !assignments.isEmpty { try expect(.symbol(",")) }
      let target = try parseSingleTarget(allowsAttributes: false)
      try expect(.symbol("="))
      assignments.append((target, try parseExpression()))
    }
    return .with(assignments, body: try parseBlock(until: "endwith"))
  }

  private mutating func parseParameters() throws(JinjaError) -> Parameters {
    var parameters = Parameters()
    try expect(.symbol("("))
    while !at(")") {
      if !parameters.names.isEmpty { try expect(.symbol(",")) }
      parameters.names.append(try expectName())
      if skip("=") {
        parameters.defaults.append(try parseExpression())
      } else if !parameters.defaults.isEmpty {
        throw unexpected("expected a default value, as the parameter before has one")
      }
    }
    try expect(.symbol(")"))
    return parameters
  }
}

extension Parser {
  /// One target, or several with commas between them.
  private mutating func parseTarget(
    allowsAttributes: Bool
  ) throws(JinjaError) -> AssignmentTarget {
    let first = try parseSingleTarget(allowsAttributes: allowsAttributes)
    guard at(",") else { return first }
    var targets = [first]
    while skip(",") {
      if atName("in") || at("=") || at(")") { break }
      targets.append(try parseSingleTarget(allowsAttributes: allowsAttributes))
    }
    return .tuple(targets)
  }

  private mutating func parseSingleTarget(
    allowsAttributes: Bool
  ) throws(JinjaError) -> AssignmentTarget {
    if skip("(") {
      let target = try nested { (parser) throws(JinjaError) in
        try parser.parseTarget(allowsAttributes: allowsAttributes)
      }
      try expect(.symbol(")"))
      return target
    }
    let name = try expectName()
    if allowsAttributes && skip(".") {
      return .attribute(namespace: name, name: try expectName())
    }
    return .name(name)
  }
}
