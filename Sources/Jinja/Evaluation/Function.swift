/// A function that a template can call.
final class Function: Object {
  typealias Body = (Arguments, Evaluator) throws(JinjaError) -> Value

  let name: String
  let depth: Int
  private let body: Body

  /// A function; `depth` is that of the values that it keeps.
  init(name: String, depth: Int = 0, _ body: @escaping Body) {
    self.name = name
    self.depth = depth
    self.body = body
  }

  var typeName: String { "function" }

  var isCallable: Bool { true }

  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value? {
    try body(arguments, evaluator)
  }
}
