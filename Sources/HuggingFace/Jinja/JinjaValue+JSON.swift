import JSON

extension JinjaValue {
  /// A value of JSON.
  init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { JinjaValue($0) })
    case .object(let object):
      var dictionary = JinjaDictionary()
      for (key, value) in object.members {
        // A text can always be a key.
        try? dictionary.set(JinjaValue(value), for: .string(key))
      }
      self = .dictionary(dictionary)
    }
  }

  /// The value as JSON.
  ///
  /// - Throws: where Python's `json` refuses: an undefined value, an object, a key that is no plain
  ///   value.
  func json() throws(JinjaError) -> JSON {
    switch self {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .list(let elements), .tuple(let elements):
      var array: [JSON] = []
      for element in elements { array.append(try element.json()) }
      return .array(array)
    case .dictionary(let dictionary):
      var object = JSONObject()
      for (key, value) in dictionary.members { object[try key.jsonKey()] = try value.json() }
      return .object(object)
    case .undefined(let reason): throw JinjaError(reason)
    case .object(let object): throw JinjaError("\(object.typeName) cannot be written as JSON")
    }
  }

  private func jsonKey() throws(JinjaError) -> String {
    switch self {
    case .string(let text): return text
    case .none, .bool, .integer, .number: return try json().text()
    default: throw JinjaError("\(typeName) cannot be a key in JSON")
    }
  }
}
