/// `cycler(...)`: gives its values in turn.
final class JinjaCycler: JinjaObject {
  private let values: JinjaSequence
  private var index = 0

  init(_ values: [JinjaValue]) {
    self.values = JinjaSequence(values)
  }

  var typeName: String { "Cycler" }

  var depth: Int { values.depth }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "current": values.elements[index]
    case "next":
      .object(
        JinjaFunction(name: "next", depth: depth + 1) { [self] (_, _) throws(JinjaError) in
          defer { index = (index + 1) % values.elements.count }
          return values.elements[index]
        })
    case "reset":
      .object(
        JinjaFunction(name: "reset", depth: depth + 1) { [self] (_, _) throws(JinjaError) in
          index = 0
          return .none
        })
    default: nil
    }
  }
}
