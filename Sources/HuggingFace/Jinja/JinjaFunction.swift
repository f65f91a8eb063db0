/// A function that a template can call.
final class JinjaFunction: JinjaObject {
  typealias Body = (JinjaArguments, JinjaEvaluator) throws(JinjaError) -> JinjaValue

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
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? {
    try body(arguments, evaluator)
  }
}
