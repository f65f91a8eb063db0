import JSON

/// The arguments of a call, evaluated.
struct Arguments {
  var positional: [Value] = []
  var named: [(name: String, value: Value)] = []

  /// The budget of the rendering.
  let budget: Budget

  /// Binds every argument to its parameter.
  ///
  /// - Parameters:
  ///   - parameters: the names of the parameters in their order.
  ///   - function: the function's name, for error messages.
  /// - Throws: when there are too many arguments, one has an unknown name, or one comes twice.
  func bound(
    to parameters: [String], of function: String
  ) throws(JinjaError) -> BoundArguments {
    guard positional.count <= parameters.count else {
      throw JinjaError(
        "\(function) takes at most \(Counted(parameters.count, "argument")), "
          + "found \(positional.count)"
      )
    }
    var values: [String: Value] = [:]
    for (name, value) in zip(parameters, positional) { values[name] = value }
    for (name, value) in named {
      guard parameters.contains(name) else {
        throw JinjaError("\(function) has no parameter \(name)")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw JinjaError("\(function) got two values for \(name)")
      }
    }
    return BoundArguments(function: function, values: values, budget: budget)
  }
}

/// The arguments of a call under the names of their parameters.
struct BoundArguments {
  let function: String
  let values: [String: Value]

  /// The budget of the rendering.
  let budget: Budget

  subscript(name: String) -> Value? { values[name] }

  /// A required argument.
  func required(_ name: String) throws(JinjaError) -> Value {
    guard let value = values[name] else {
      throw JinjaError("\(function) needs an argument \(name)")
    }
    if case .undefined(let reason) = value { throw JinjaError(reason) }
    return value
  }

  /// A text, or nil where the argument is absent or `None`.
  func text(_ name: String) throws(JinjaError) -> String? {
    switch values[name] {
    case nil, Value.none?: return nil
    case .string(let text)?: return text
    case let value?: throw wrongType(name, "a string", value)
    }
  }

  /// A required argument of any type, as text.
  func requiredText(_ name: String) throws(JinjaError) -> String {
    try required(name).text(budget)
  }

  /// An integer, or nil where the argument is absent or `None`.
  func integer(_ name: String) throws(JinjaError) -> Int? {
    switch values[name] {
    case nil, Value.none?: return nil
    case let value?:
      guard let integer = value.asInteger else { throw wrongType(name, "an integer", value) }
      return integer
    }
  }

  /// Whether an argument is given and true.
  func isTrue(_ name: String) -> Bool { values[name]?.isTrue ?? false }

  private func wrongType(_ name: String, _ expected: String, _ found: Value) -> JinjaError {
    if case .undefined(let reason) = found { return JinjaError(reason) }
    return JinjaError("\(function), \(name): expected \(expected), found \(found.typeName)")
  }
}
