extension JinjaEvaluator {
  /// The value of an expression.
  func value(
    of expression: JinjaExpression, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    switch expression {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .name(let name): return value(ofName: name, in: scope)
    case .list(let elements): return .list(try values(of: elements, in: scope))
    case .tuple(let elements): return .tuple(try values(of: elements, in: scope))
    case .dictionary(let members):
      var dictionary = JinjaDictionary()
      for (key, member) in members {
        try dictionary.set(
          try value(of: member, in: scope), for: try value(of: key, in: scope))
      }
      return .dictionary(dictionary)
    case .attribute(let base, let name): return try value(of: base, in: scope).attribute(name)
    case .item(let base, let key):
      return try value(of: base, in: scope).item(try value(of: key, in: scope))
    case .slice(let base, let start, let stop, let step):
      return try value(of: base, in: scope).slice(
        start: try optionalValue(of: start, in: scope),
        stop: try optionalValue(of: stop, in: scope), step: try optionalValue(of: step, in: scope))
    case .call: return try value(ofCall: expression, caller: nil, in: scope)
    case .filter(let base, _, _):
      let input = try optionalValue(of: base, in: scope) ?? .string("")
      return try applyFilter(expression, to: input, in: scope)
    case .test(let base, let name, let arguments):
      let input = try value(of: base, in: scope)
      return .bool(
        try test(name, input, try self.arguments(arguments, in: scope)))
    case .not, .negated, .plus, .and, .or, .binary, .comparison, .concatenation, .conditional:
      return try operatorValue(of: expression, in: scope)
    }
  }

  private func operatorValue(
    of expression: JinjaExpression, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    switch expression {
    case .not(let base): return .bool(try !value(of: base, in: scope).isTrue)
    case .negated(let base): return try value(of: base, in: scope).negated()
    case .plus(let base): return try value(of: base, in: scope).negated().negated()
    case .and(let left, let right):
      let first = try value(of: left, in: scope)
      return first.isTrue ? try value(of: right, in: scope) : first
    case .or(let left, let right):
      let first = try value(of: left, in: scope)
      return first.isTrue ? first : try value(of: right, in: scope)
    case .binary(let operation, let left, let right):
      return try value(of: left, in: scope).applying(
        operation, try value(of: right, in: scope))
    case .comparison(let first, let rest):
      var left = try value(of: first, in: scope)
      for (comparison, expression) in rest {
        let right = try value(of: expression, in: scope)
        if try !left.satisfies(comparison, right) { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .concatenation(let parts):
      return .string(try values(of: parts, in: scope).map(\.text).joined())
    case .conditional(let then, let condition, let otherwise):
      if try value(of: condition, in: scope).isTrue { return try value(of: then, in: scope) }
      return try optionalValue(of: otherwise, in: scope)
        ?? .undefined("the inline if-expression evaluated to false and has no else")
    default: throw JinjaError("expected an operator")
    }
  }

  private func values(
    of expressions: [JinjaExpression], in scope: JinjaScope
  ) throws(JinjaError) -> [JinjaValue] {
    var values: [JinjaValue] = []
    for expression in expressions { values.append(try value(of: expression, in: scope)) }
    return values
  }

  private func optionalValue(
    of expression: JinjaExpression?, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue? {
    guard let expression else { return nil }
    return try value(of: expression, in: scope)
  }

  private func arguments(
    _ syntax: JinjaCallArguments, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaArguments {
    var arguments = JinjaArguments(positional: try values(of: syntax.positional, in: scope))
    if let sequence = try optionalValue(of: syntax.positionalSequence, in: scope) {
      arguments.positional += try sequence.elements()
    }
    for (name, expression) in syntax.named {
      arguments.named.append((name, try value(of: expression, in: scope)))
    }
    if let mapping = try optionalValue(of: syntax.namedMapping, in: scope) {
      guard case .dictionary(let dictionary) = mapping else {
        throw JinjaError("argument after ** must be a mapping, not \(mapping.typeName)")
      }
      for (key, value) in dictionary.members { arguments.named.append((key.text, value)) }
    }
    return arguments
  }

  /// The value of a call; `caller` is the body of a `call` block.
  func value(
    ofCall expression: JinjaExpression, caller: JinjaValue?, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    guard case .call(let callee, let syntax) = expression else {
      return try value(of: expression, in: scope)
    }
    let function = try value(of: callee, in: scope)
    var arguments = try arguments(syntax, in: scope)
    if let caller { arguments.named.append(("caller", caller)) }
    if case .object(let object) = function, let result = try object.call(arguments, self) {
      return result
    }
    if case .undefined(let reason) = function { throw JinjaError(reason) }
    throw JinjaError("'\(function.typeName)' object is not callable")
  }

  /// The value of a chain of filters whose innermost has no value of its own.
  func value(
    ofFilter expression: JinjaExpression, on input: JinjaValue, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    guard case .filter(let base, _, _) = expression else { return input }
    let inner = try base.map { (base) throws(JinjaError) in
      try value(ofFilter: base, on: input, in: scope)
    }
    return try applyFilter(expression, to: inner ?? input, in: scope)
  }

  private func applyFilter(
    _ expression: JinjaExpression, to input: JinjaValue, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    guard case .filter(_, let name, let syntax) = expression else { return input }
    return try filter(name, input, try arguments(syntax, in: scope))
  }

  /// Applies a filter by its name, as `map` does.
  func filter(
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    guard let filter = JinjaFilter.all[name] else {
      throw JinjaError("the filter \(name) is not supported")
    }
    return try filter.apply(name, input, arguments, self)
  }

  /// Applies a test by its name, as `select` does.
  func test(
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> Bool {
    guard let test = JinjaTest.all[name] else {
      throw JinjaError("the test \(name) is not supported")
    }
    return try test.holds(name, input, arguments)
  }
}
