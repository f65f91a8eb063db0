/// `namespace(...)`: the one value that a template can change, and so carry out of a loop.
final class JinjaNamespace: JinjaObject, JinjaRefillable {
  private var attributes: [String: JinjaValue]

  init(_ attributes: [String: JinjaValue]) {
    self.attributes = attributes
  }

  var typeName: String { "Namespace" }

  func attribute(_ name: String) -> JinjaValue? { attributes[name] }

  func set(_ value: JinjaValue, for name: String) { attributes[name] = value }

  func empty() { attributes = [:] }
}
