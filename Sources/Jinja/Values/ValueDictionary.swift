/// A dictionary that keeps the order of its keys.
struct ValueDictionary {
  /// A key in the form that is hashed.
  enum Key: Hashable {
    case none
    case integer(Int)
    case number(Double)
    /// The scalars of a string: Python tells apart what is canonically equivalent.
    case string([Unicode.Scalar])
    case tuple([Key])
  }

  /// Approximate bytes of a member.
  static let sizeOfMember = 160

  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private var indices: [Key: Int] = [:]

  /// Containers within one another, this one included.
  private(set) var depth = 1

  init() {}

  var count: Int { keys.count }

  /// The value of a key.
  ///
  /// - Throws: when the key is of a type that cannot be one.
  func value(of key: Value, _ budget: Budget) throws(JinjaError) -> Value? {
    indices[try key.key(budget)].map { values[$0] }
  }

  /// Gives a key its value; a new key comes last.
  mutating func set(
    _ value: Value, for key: Value, _ budget: Budget
  ) throws(JinjaError) {
    try budget.spend(bytes: Self.sizeOfMember)
    set(value, for: key, hashed: try key.key(budget))
  }

  /// Gives a key that is a text its value; a new key comes last.
  mutating func set(_ value: Value, for name: String) {
    set(value, for: .string(name), hashed: .string(Array(name.unicodeScalars)))
  }

  private mutating func set(_ value: Value, for key: Value, hashed hash: Key) {
    depth = max(depth, value.depth + 1, key.depth + 1)
    if let index = indices[hash] {
      values[index] = value
    } else {
      indices[hash] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  /// The value of a key that is text.
  subscript(name: String) -> Value? {
    indices[.string(Array(name.unicodeScalars))].map { values[$0] }
  }

  /// The members in their order.
  var members: [(key: Value, value: Value)] { Array(zip(keys, values)).map { ($0, $1) } }
}

extension Value {
  /// The value as a key. `True` and `1` are the same key, as in Python.
  fileprivate func key(_ budget: Budget) throws(JinjaError) -> ValueDictionary.Key {
    switch self {
    case .none: return .none
    case .bool(let value): return .integer(value ? 1 : 0)
    case .integer(let value): return .integer(value)
    case .number(let value): return Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .string(let text):
      try budget.spend(reading: text.utf8.count)
      return .string(Array(text.unicodeScalars))
    case .tuple(let sequence):
      // A tuple may hold the same tuple many times.
      try budget.spend(bytes: ValueDictionary.sizeOfMember * (1 + sequence.elements.count))
      var keys: [ValueDictionary.Key] = []
      for element in sequence.elements { keys.append(try element.key(budget)) }
      return .tuple(keys)
    case .undefined(let reason): throw JinjaError(reason)
    case .list, .dictionary, .object: throw JinjaError("unhashable type: '\(typeName)'")
    }
  }
}
