/// `cycler(...)`: returns its values one after another.
final class Cycler: Object {
  private let values: ValueSequence
  private var index = 0

  init(_ values: [Value]) {
    self.values = ValueSequence(values)
  }

  var typeName: String { "Cycler" }

  var depth: Int { values.depth }

  func attribute(_ name: String) -> Value? {
    switch name {
    case "current": values.elements[index]
    case "next":
      .object(
        Function(name: "next", depth: depth + 1) { [self] (_, _) throws(JinjaError) in
          defer { index = (index + 1) % values.elements.count }
          return values.elements[index]
        })
    case "reset":
      .object(
        Function(name: "reset", depth: depth + 1) { [self] (_, _) throws(JinjaError) in
          index = 0
          return .none
        })
    default: nil
    }
  }
}
