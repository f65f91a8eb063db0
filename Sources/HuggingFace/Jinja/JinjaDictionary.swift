/// A dictionary that keeps the order of its keys.
struct JinjaDictionary {
  /// What can be a key.
  enum Key: Hashable {
    case none
    case integer(Int)
    case number(Double)
    /// The scalars of a string: Python tells apart what is canonically equivalent.
    case string([Unicode.Scalar])
    case tuple([Key])
  }

  private(set) var keys: [JinjaValue] = []
  private(set) var values: [JinjaValue] = []
  private var places: [Key: Int] = [:]

  init() {}

  var count: Int { keys.count }

  /// The value of a key.
  ///
  /// - Throws: when the key is of a type that cannot be one.
  func value(of key: JinjaValue) throws(JinjaError) -> JinjaValue? {
    places[try key.key()].map { values[$0] }
  }

  /// Gives a key its value; a new key comes last.
  mutating func set(_ value: JinjaValue, for key: JinjaValue) throws(JinjaError) {
    let place = try key.key()
    if let index = places[place] {
      values[index] = value
    } else {
      places[place] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  /// The value of a key that is text.
  subscript(name: String) -> JinjaValue? {
    places[.string(Array(name.unicodeScalars))].map { values[$0] }
  }

  /// The members in their order.
  var members: [(key: JinjaValue, value: JinjaValue)] { Array(zip(keys, values)).map { ($0, $1) } }
}

extension JinjaValue {
  /// The value as a key. `True` and `1` are the same key, as in Python.
  fileprivate func key() throws(JinjaError) -> JinjaDictionary.Key {
    switch self {
    case .none: return .none
    case .bool(let value): return .integer(value ? 1 : 0)
    case .integer(let value): return .integer(value)
    case .number(let value): return Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .string(let text): return .string(Array(text.unicodeScalars))
    case .tuple(let elements):
      var keys: [JinjaDictionary.Key] = []
      for element in elements { keys.append(try element.key()) }
      return .tuple(keys)
    case .undefined(let reason): throw JinjaError(reason)
    case .list, .dictionary, .object: throw JinjaError("unhashable type: '\(typeName)'")
    }
  }
}
