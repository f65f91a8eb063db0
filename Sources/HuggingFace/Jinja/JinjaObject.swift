/// A value with identity: a namespace, a loop, a macro, a function.
protocol JinjaObject: AnyObject {
  /// What Python calls the type of the value.
  var typeName: String { get }

  /// The value of an attribute, or nil where there is none of that name.
  func attribute(_ name: String) -> JinjaValue?

  /// Calls the value, or returns nil where it cannot be called.
  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue?

  /// Whether ``call(_:_:)`` does something.
  var isCallable: Bool { get }
}

extension JinjaObject {
  func attribute(_ name: String) -> JinjaValue? { nil }

  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? { nil }

  var isCallable: Bool { false }
}
