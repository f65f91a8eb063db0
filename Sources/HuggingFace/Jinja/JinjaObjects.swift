/// `namespace(...)`: the one value that a template can change, and so carry out of a loop.
final class JinjaNamespace: JinjaObject {
  private var attributes: [String: JinjaValue]

  init(_ attributes: [String: JinjaValue]) {
    self.attributes = attributes
  }

  var typeName: String { "Namespace" }

  func attribute(_ name: String) -> JinjaValue? { attributes[name] }

  func set(_ value: JinjaValue, for name: String) { attributes[name] = value }
}

/// `cycler(...)`: gives its values in turn.
final class JinjaCycler: JinjaObject {
  private let values: [JinjaValue]
  private var index = 0

  init(_ values: [JinjaValue]) {
    self.values = values
  }

  var typeName: String { "Cycler" }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "current": values[index]
    case "next":
      .object(
        JinjaFunction(name: "next") { [self] (_, _) throws(JinjaError) in
          defer { index = (index + 1) % values.count }
          return values[index]
        })
    case "reset":
      .object(
        JinjaFunction(name: "reset") { [self] (_, _) throws(JinjaError) in
          index = 0
          return .none
        })
    default: nil
    }
  }
}

/// What filters such as `map` and `select` give: its elements can be visited once, it has no length, and it is true even
/// when it is empty.
final class JinjaGenerator: JinjaObject {
  private var elements: ArraySlice<JinjaValue>

  init(_ elements: [JinjaValue]) {
    self.elements = elements[...]
  }

  var typeName: String { "generator" }

  /// All elements that are left.
  func take() -> [JinjaValue] {
    defer { elements = [] }
    return Array(elements)
  }

  /// The next element.
  func next() -> JinjaValue? { elements.popFirst() }
}

/// A function that a template can call.
final class JinjaFunction: JinjaObject {
  typealias Body = (JinjaArguments, JinjaEvaluator) throws(JinjaError) -> JinjaValue

  let name: String
  private let body: Body

  init(name: String, _ body: @escaping Body) {
    self.name = name
    self.body = body
  }

  var typeName: String { "function" }

  var isCallable: Bool { true }

  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? {
    try body(arguments, evaluator)
  }
}

/// A method together with the value that it belongs to.
final class JinjaMethod: JinjaObject {
  let name: String
  private let value: JinjaValue

  init(name: String, value: JinjaValue) {
    self.name = name
    self.value = value
  }

  var typeName: String { "builtin_function_or_method" }

  var isCallable: Bool { true }

  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? {
    switch value {
    case .string(let text): try Self.call(name, on: text, arguments)
    case .dictionary(let dictionary): try Self.call(name, on: dictionary, arguments)
    case .list(let elements), .tuple(let elements):
      try Self.call(name, on: elements, arguments)
    default: nil
    }
  }

  /// Whether values of this type have a method of this name.
  static func exists(_ name: String, on value: JinjaValue) -> Bool {
    switch value {
    case .string: stringMethods.keys.contains(name)
    case .dictionary: ["items", "keys", "values", "get"].contains(name)
    case .list, .tuple: ["count", "index"].contains(name)
    default: false
    }
  }
}

/// A macro, or the body of a `call` block.
final class JinjaMacro: JinjaObject {
  private let name: String
  private let parameters: JinjaParameters
  private let body: [JinjaStatement]
  private let scope: JinjaScope

  init(
    name: String, parameters: JinjaParameters, body: [JinjaStatement], scope: JinjaScope
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.scope = scope
  }

  var typeName: String { "Macro" }

  var isCallable: Bool { true }

  func attribute(_ name: String) -> JinjaValue? {
    name == "name" ? .string(self.name) : nil
  }

  /// Renders the body with the arguments as variables; what the parameters do not take up is in `varargs` and
  /// `kwargs`.
  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? {
    let inner = JinjaScope(parent: scope)
    let names = parameters.names
    for (name, value) in zip(names, arguments.positional) { inner.variables[name] = value }
    inner.variables["varargs"] = .tuple(Array(arguments.positional.dropFirst(names.count)))
    var rest = JinjaDictionary()
    for (name, value) in arguments.named {
      if name == "caller" && !names.contains("caller") {
        inner.variables[name] = value
      } else if !names.contains(name) {
        try rest.set(value, for: .string(name))
      } else if inner.variables.updateValue(value, forKey: name) != nil {
        throw JinjaError("macro \(self.name) got two values for \(name)")
      }
    }
    inner.variables["kwargs"] = .dictionary(rest)
    let required = names.count - parameters.defaults.count
    for (index, name) in names.enumerated() where inner.variables[name] == nil {
      inner.variables[name] =
        index < required
        ? .undefined("parameter '\(name)' was not provided")
        : try evaluator.value(of: parameters.defaults[index - required], in: inner)
    }
    return .string(try evaluator.renderCall(body, in: inner))
  }
}
