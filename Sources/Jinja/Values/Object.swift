/// A value with identity: a namespace, a loop, a macro, a function.
protocol Object: AnyObject {
  /// What Python calls the type of the value.
  var typeName: String { get }

  /// Containers within one another, this one included where it keeps values for good. A
  /// ``Releasable`` counts as 0: the evaluator keeps it and empties it at the end.
  var depth: Int { get }

  /// Bytes of the object itself.
  var size: Int { get }

  /// The value of an attribute, or nil where there is none of that name.
  func attribute(_ name: String) -> Value?

  /// Calls the value, or returns nil where it cannot be called.
  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value?

  /// Whether ``call(_:_:)`` does something.
  var isCallable: Bool { get }
}

extension Object {
  var depth: Int { 0 }

  var size: Int { 128 }

  func attribute(_ name: String) -> Value? { nil }

  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value? { nil }

  var isCallable: Bool { false }
}

/// An object that is given values after it was made: a scope that something refers to, a namespace,
/// a loop that keeps its last values. These can form reference cycles and long chains, so all of
/// them are emptied one by one when a rendering ends.
protocol Releasable: AnyObject {
  /// Releases all values.
  func empty()
}
