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
