/// A value with identity: a namespace, a loop, a macro, a function.
protocol JinjaObject: AnyObject {
  /// What Python calls the type of the value.
  var typeName: String { get }

  /// Containers within one another, this one included where it keeps values for good. What can be
  /// given values later counts for nothing: the evaluator keeps it and empties it at the end.
  var depth: Int { get }

  /// Bytes of the object itself.
  var size: Int { get }

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
  var depth: Int { 0 }

  var size: Int { 128 }

  func attribute(_ name: String) -> JinjaValue? { nil }

  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? { nil }

  var isCallable: Bool { false }
}

/// What can be given values after it was made: a scope that something refers to, a namespace, a loop
/// that remembers. Values in it may refer back to it, and one to the next without end, so all of them
/// are emptied one by one when a rendering ends.
protocol JinjaRefillable: AnyObject {
  /// Lets go of all values.
  func empty()
}
