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
