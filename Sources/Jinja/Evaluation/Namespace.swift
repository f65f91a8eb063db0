/// `namespace(...)`: the only mutable value, which carries results out of a loop.
final class Namespace: Object, Releasable {
  private var attributes: [String: Value]

  init(_ attributes: [String: Value]) {
    self.attributes = attributes
  }

  var typeName: String { "Namespace" }

  func attribute(_ name: String) -> Value? { attributes[name] }

  func set(_ value: Value, for name: String) { attributes[name] = value }

  func empty() { attributes = [:] }
}
