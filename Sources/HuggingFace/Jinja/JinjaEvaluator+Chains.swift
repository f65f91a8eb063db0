extension JinjaEvaluator {
  /// The value of what stands behind a value, link by link; `caller` is the body of a `call` block,
  /// which the last link is called with.
  func value(
    ofChain base: JinjaExpression, _ links: [JinjaLink], caller: JinjaValue? = nil,
    in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    var value = try value(of: base, in: scope)
    for (index, link) in links.enumerated() {
      try budget.spend()
      value = try result(
        of: link, on: value, caller: index == links.count - 1 ? caller : nil, in: scope)
    }
    return value
  }

  private func result(
    of link: JinjaLink, on value: JinjaValue, caller: JinjaValue?, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
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
    _ function: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    try read(arguments)
    if case .object(let object) = function, let result = try object.call(arguments, self) {
      return try budget.made(result)
    }
    if case .undefined(let reason) = function { throw JinjaError(reason) }
    throw JinjaError("'\(function.typeName)' object is not callable")
  }

  /// What a filter with its arguments makes of a value.
  func filtered(
    _ value: JinjaValue, by filter: JinjaFilterSyntax, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    try self.filter(filter.name, value, try arguments(filter.arguments, in: scope))
  }

  /// Applies a filter by its name, as `map` does.
  func filter(
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue {
    guard let filter = JinjaFilter.all[name] else {
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
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> Bool {
    guard let test = JinjaTest.all[name] else {
      throw JinjaError("the test \(name) is not supported")
    }
    try budget.spend(reading: input)
    return try test.holds(name, input, arguments)
  }

  /// Takes the steps of reading arguments.
  private func read(_ arguments: JinjaArguments) throws(JinjaError) {
    for value in arguments.positional { try budget.spend(reading: value) }
    for (_, value) in arguments.named { try budget.spend(reading: value) }
  }
}
