/// A macro, or the body of a `call` block.
final class Macro: Object {
  private let name: String
  private let parameters: Parameters
  private let body: [Statement]
  private let scope: Scope

  init(
    name: String, parameters: Parameters, body: [Statement], scope: Scope
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.scope = scope
  }

  var typeName: String { "Macro" }

  var isCallable: Bool { true }

  func attribute(_ name: String) -> Value? {
    name == "name" ? .string(self.name) : nil
  }

  /// Renders the body with the arguments as variables; arguments without a parameter are in
  /// `varargs` and `kwargs`.
  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value? {
    try evaluator.budget.enter()
    defer { evaluator.budget.leave() }
    let inner = Scope(parent: scope)
    let names = parameters.names
    try evaluator.budget.spend(steps: arguments.named.count * (1 + names.count / 8))
    for (name, value) in zip(names, arguments.positional) { inner.variables[name] = value }
    inner.variables["varargs"] = try evaluator.budget.made(
      .tuple(Array(arguments.positional.dropFirst(names.count))))
    var rest = ValueDictionary()
    for (name, value) in arguments.named {
      if name == "caller" && !names.contains("caller") {
        inner.variables[name] = value
      } else if !names.contains(name) {
        rest.set(value, for: name)
      } else if inner.variables.updateValue(value, forKey: name) != nil {
        throw JinjaError("macro \(self.name) got two values for \(name)")
      }
    }
    inner.variables["kwargs"] = try evaluator.budget.made(.dictionary(rest))
    let required = names.count - parameters.defaults.count
    for (index, name) in names.enumerated() where inner.variables[name] == nil {
      inner.variables[name] =
        index < required
        ? .undefined("parameter '\(name)' was not provided")
        : try evaluator.value(of: parameters.defaults[index - required], in: inner)
    }
    return .string(try evaluator.render(body, in: inner))
  }
}
