extension Evaluator {
  /// Applies the links of a chain to a value, from left to right; `caller` is the body of a `call`
  /// block, an argument of the last link.
  func value(
    ofChain base: Expression, _ links: [ChainLink], caller: Value? = nil,
    in scope: Scope
  ) throws(JinjaError) -> Value {
    var value = try value(of: base, in: scope)
    for (index, link) in links.enumerated() {
      try budget.spend()
      value = try result(
        of: link, on: value, caller: index == links.count - 1 ? caller : nil, in: scope)
    }
    return value
  }

  private func result(
    of link: ChainLink, on value: Value, caller: Value?, in scope: Scope
  ) throws(JinjaError) -> Value {
    switch link {
    case .attribute(let name): return try value.attribute(name)
    case .item(let key): return try value.item(try self.value(of: key, in: scope), budget)
    case .slice(let start, let stop, let step):
      return try budget.made(
        try value.slice(
          start: try optionalValue(of: start, in: scope),
          stop: try optionalValue(of: stop, in: scope),
          step: try optionalValue(of: step, in: scope), budget))
    case .call(let syntax):
      var arguments = try arguments(syntax, in: scope)
      if let caller { arguments.named.append(("caller", caller)) }
      return try call(value, arguments)
    case .filter(let filter): return try filtered(value, by: filter, in: scope)
    case .test(let name, let syntax, let isNegated):
      return .bool(try test(name, value, try arguments(syntax, in: scope)) != isNegated)
    }
  }

  private func call(
    _ function: Value, _ arguments: Arguments
  ) throws(JinjaError) -> Value {
    try read(arguments)
    if case .object(let object) = function, let result = try object.call(arguments, self) {
      return try budget.made(result)
    }
    if case .undefined(let reason) = function { throw JinjaError(reason) }
    throw JinjaError("'\(function.typeName)' object is not callable")
  }

  /// Applies a filter with its arguments.
  func filtered(
    _ value: Value, by filter: FilterCall, in scope: Scope
  ) throws(JinjaError) -> Value {
    try self.filter(filter.name, value, try arguments(filter.arguments, in: scope))
  }

  /// Applies a filter by its name, as `map` does.
  func filter(
    _ name: String, _ input: Value, _ arguments: Arguments
  ) throws(JinjaError) -> Value {
    guard let filter = Filter.all[name] else {
      throw JinjaError("the filter \(name) is not supported")
    }
    try budget.spend(reading: input)
    try read(arguments)
    // Filters such as map apply filters that may be map again.
    try budget.enter()
    defer { budget.leave() }
    return try budget.made(try filter.apply(name, input, arguments, self))
  }

  /// Applies a test by its name, as `select` does.
  func test(
    _ name: String, _ input: Value, _ arguments: Arguments
  ) throws(JinjaError) -> Bool {
    guard let test = ValueTest.all[name] else {
      throw JinjaError("the test \(name) is not supported")
    }
    try budget.spend(reading: input)
    return try test.holds(name, input, arguments)
  }

  /// Takes the steps of reading arguments.
  private func read(_ arguments: Arguments) throws(JinjaError) {
    for value in arguments.positional { try budget.spend(reading: value) }
    for (_, value) in arguments.named { try budget.spend(reading: value) }
  }
}
