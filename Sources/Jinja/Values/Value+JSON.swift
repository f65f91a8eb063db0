import JSON

extension Value {
  /// A value of JSON.
  init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .unsigned(let value): self = .number(Double(value))
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { Value($0) })
    case .object(let object):
      var dictionary = ValueDictionary()
      for (key, value) in object.members {
        dictionary.set(Value(value), for: key)
      }
      self = .dictionary(dictionary)
    }
  }

  /// The value as JSON text.
  ///
  /// - Throws: where Python's `json` refuses: an undefined value, an object, a key that is no plain
  ///   value; and where the text would exceed the budget.
  func jsonText(
    _ layout: JSON.Layout, _ budget: Budget
  ) throws(JinjaError) -> String {
    var layout = layout
    // Python breaks lines for a negative indentation too.
    layout.indentation = layout.indentation.map { max($0, 0) }
    return try json(layout, level: 0, budget).text(layout)
  }

  /// The value as JSON, after taking the bytes of its text.
  private func json(
    _ layout: JSON.Layout, level: Int, _ budget: Budget
  ) throws(JinjaError) -> JSON {
    try budget.spend(reading: self)
    switch self {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text):
      try budget.spend(bytes: text.utf8.count)
      return .string(text)
    case .list(let sequence), .tuple(let sequence):
      try Self.spend(for: sequence.elements.count, layout, level, budget)
      var array: [JSON] = []
      for element in sequence.elements {
        array.append(try element.json(layout, level: level + 1, budget))
      }
      return .array(array)
    case .dictionary(let dictionary):
      try Self.spend(for: dictionary.count, layout, level, budget)
      var object = JSONObject()
      for (key, value) in dictionary.members {
        object[try key.jsonKey(budget)] = try value.json(layout, level: level + 1, budget)
      }
      return .object(object)
    case .undefined(let reason): throw JinjaError(reason)
    case .object(let object): throw JinjaError("\(object.typeName) cannot be written as JSON")
    }
  }

  /// Takes the bytes of the separators and indentations of `count` elements or members, and of the
  /// nodes themselves.
  private static func spend(
    for count: Int, _ layout: JSON.Layout, _ level: Int, _ budget: Budget
  ) throws(JinjaError) {
    let indentation = layout.indentation ?? 0
    try budget.require(bytes: indentation, times: (level + 1) * (count + 1))
    let separators = layout.elementSeparator.utf8.count + layout.keySeparator.utf8.count
    try budget.require(bytes: separators + ValueDictionary.sizeOfMember, times: count)
    try budget.spend(
      bytes: indentation * (level + 1) * (count + 1)
        + (separators + ValueDictionary.sizeOfMember) * count)
  }

  private func jsonKey(_ budget: Budget) throws(JinjaError) -> String {
    switch self {
    case .string(let text):
      try budget.spend(bytes: text.utf8.count)
      return text
    case .none: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer, .number: return try json(JSON.Layout(), level: 0, budget).text()
    default: throw JinjaError("\(typeName) cannot be a key in JSON")
    }
  }
}
