/// A method together with the value that it belongs to.
final class Method: Object {
  let name: String
  private let value: Value

  init(name: String, value: Value) {
    self.name = name
    self.value = value
  }

  var typeName: String { "builtin_function_or_method" }

  var isCallable: Bool { true }

  var depth: Int { value.depth + 1 }

  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value? {
    try arguments.budget.spend(reading: value)
    return switch value {
    case .string(let text): try Self.call(name, on: text, arguments)
    case .dictionary(let dictionary): try Self.call(name, on: dictionary, arguments)
    case .list(let sequence), .tuple(let sequence):
      try Self.call(name, on: sequence, arguments)
    default: nil
    }
  }

  /// Whether values of this type have a method of this name.
  static func exists(_ name: String, on value: Value) -> Bool {
    switch value {
    case .string: stringMethods.keys.contains(name)
    case .dictionary: ["items", "keys", "values", "get"].contains(name)
    case .list, .tuple: ["count", "index"].contains(name)
    default: false
    }
  }
}
