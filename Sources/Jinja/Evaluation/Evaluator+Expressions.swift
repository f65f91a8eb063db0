extension Evaluator {
  /// The value of an expression.
  func value(
    of expression: Expression, in scope: Scope
  ) throws(JinjaError) -> Value {
    try budget.spend()
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .name(let name): return value(ofName: name, in: scope)
    default:
      try budget.enter()
      defer { budget.leave() }
      return try value(ofNested: expression, in: scope)
    }
  }

  /// The value of an expression that holds others.
  private func value(
    ofNested expression: Expression, in scope: Scope
  ) throws(JinjaError) -> Value {
    switch expression {
    case .chain(let base, let links): return try value(ofChain: base, links, in: scope)
    case .list(let elements): return try budget.made(.list(try values(of: elements, in: scope)))
    case .tuple(let elements): return try budget.made(.tuple(try values(of: elements, in: scope)))
    case .dictionary(let members): return try dictionary(of: members, in: scope)
    case .not(let base): return .bool(try !value(of: base, in: scope).isTrue)
    case .negated(let base): return try value(of: base, in: scope).negated()
    case .plus(let base): return try value(of: base, in: scope).negated().negated()
    case .and(let parts): return try first(of: parts, in: scope) { !$0.isTrue }
    case .or(let parts): return try first(of: parts, in: scope) { $0.isTrue }
    case .arithmetic(let first, let rest): return try result(of: first, rest, in: scope)
    case .comparison(let first, let rest): return .bool(try holds(first, rest, in: scope))
    case .concatenation(let parts): return .string(try joined(parts, in: scope))
    case .conditional(let then, let condition, let otherwise):
      if try value(of: condition, in: scope).isTrue { return try value(of: then, in: scope) }
      return try optionalValue(of: otherwise, in: scope)
        ?? .undefined("the inline if-expression evaluated to false and has no else")
    case .none, .bool, .integer, .number, .string, .name:
      return try value(of: expression, in: scope)
    }
  }

  /// The first value that decides `and` or `or`, else the last one.
  private func first(
    of parts: [Expression], in scope: Scope, where decides: (Value) -> Bool
  ) throws(JinjaError) -> Value {
    var value = Value.none
    for part in parts {
      value = try self.value(of: part, in: scope)
      if decides(value) { break }
    }
    return value
  }

  private func result(
    of first: Expression,
    _ rest: [(operation: BinaryOperator, value: Expression)], in scope: Scope
  ) throws(JinjaError) -> Value {
    var left = try value(of: first, in: scope)
    for (operation, expression) in rest {
      let right = try value(of: expression, in: scope)
      left = try budget.made(try left.applying(operation, right, budget))
    }
    return left
  }

  private func holds(
    _ first: Expression, _ rest: [(comparison: Comparison, value: Expression)],
    in scope: Scope
  ) throws(JinjaError) -> Bool {
    var left = try value(of: first, in: scope)
    for (comparison, expression) in rest {
      let right = try value(of: expression, in: scope)
      if try !left.satisfies(comparison, right, budget) { return false }
      left = right
    }
    return true
  }

  private func joined(
    _ parts: [Expression], in scope: Scope
  ) throws(JinjaError) -> String {
    var text = ""
    for part in parts {
      let next = try value(of: part, in: scope).text(budget)
      try budget.spend(bytes: next.utf8.count)
      text += next
    }
    return text
  }

  private func dictionary(
    of members: [(key: Expression, value: Expression)], in scope: Scope
  ) throws(JinjaError) -> Value {
    var dictionary = ValueDictionary()
    for (key, member) in members {
      let member = try value(of: member, in: scope)
      try dictionary.set(member, for: try value(of: key, in: scope), budget)
    }
    return try budget.made(.dictionary(dictionary))
  }

  private func values(
    of expressions: [Expression], in scope: Scope
  ) throws(JinjaError) -> [Value] {
    var values: [Value] = []
    for expression in expressions { values.append(try value(of: expression, in: scope)) }
    return values
  }

  func optionalValue(
    of expression: Expression?, in scope: Scope
  ) throws(JinjaError) -> Value? {
    guard let expression else { return nil }
    return try value(of: expression, in: scope)
  }

  /// The arguments of a call or a filter, evaluated.
  func arguments(
    _ syntax: CallArguments, in scope: Scope
  ) throws(JinjaError) -> Arguments {
    var arguments = Arguments(
      positional: try values(of: syntax.positional, in: scope), budget: budget)
    if let sequence = try optionalValue(of: syntax.positionalSequence, in: scope) {
      arguments.positional += try sequence.elements(budget)
    }
    for (name, expression) in syntax.named {
      arguments.named.append((name, try value(of: expression, in: scope)))
    }
    if let mapping = try optionalValue(of: syntax.namedMapping, in: scope) {
      guard case .dictionary(let dictionary) = mapping else {
        throw JinjaError("argument after ** must be a mapping, not \(mapping.typeName)")
      }
      try budget.spend(reading: mapping)
      for (key, value) in dictionary.members {
        arguments.named.append((try key.text(budget), value))
      }
    }
    return arguments
  }
}
