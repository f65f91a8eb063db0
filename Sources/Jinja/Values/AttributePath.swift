/// The attribute by which a filter looks at its elements: names and indices with dots between them,
/// or none for the element itself.
struct AttributePath {
  private let parts: [Value]

  init(_ argument: Value?) throws(JinjaError) {
    switch argument {
    case nil, Value.none?: parts = []
    case .integer(let index)?: parts = [.integer(index)]
    case .string(let path)?:
      parts = path.split(separator: ".", omittingEmptySubsequences: false).map { part in
        Int(part).map { .integer($0) } ?? .string(String(part))
      }
    case let value?: throw JinjaError("expected the name of an attribute, found \(value.typeName)")
    }
  }

  /// The attribute of an element, or `otherwise` where the element lacks it.
  func value(
    of element: Value, otherwise: Value? = nil, _ budget: Budget
  ) throws(JinjaError) -> Value {
    try budget.spend()
    var value = element
    for part in parts {
      value = try value.item(part, budget)
      if case .undefined = value, let otherwise { value = otherwise }
    }
    return value
  }
}
