/// `cycler(...)`: gives its values in turn.
final class JinjaCycler: JinjaObject {
  private let values: [JinjaValue]
  private var index = 0

  init(_ values: [JinjaValue]) {
    self.values = values
  }

  var typeName: String { "Cycler" }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "current": values[index]
    case "next":
      .object(
        JinjaFunction(name: "next") { [self] (_, _) throws(JinjaError) in
          defer { index = (index + 1) % values.count }
          return values[index]
        })
    case "reset":
      .object(
        JinjaFunction(name: "reset") { [self] (_, _) throws(JinjaError) in
          index = 0
          return .none
        })
    default: nil
    }
  }
}
