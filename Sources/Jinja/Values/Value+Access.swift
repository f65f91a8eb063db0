extension Value {
  /// `value.name`: a method or an attribute, else an item of that name.
  func attribute(_ name: String) throws(JinjaError) -> Value {
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    if Method.exists(name, on: self) { return .object(Method(name: name, value: self)) }
    switch self {
    case .dictionary(let dictionary):
      if let value = dictionary[name] { return value }
    case .object(let object):
      if let value = object.attribute(name) { return value }
    default: break
    }
    return .undefined("'\(typeName) object' has no attribute '\(name)'")
  }

  /// `value[key]`: an item, else an attribute of that name.
  func item(_ key: Value, _ budget: Budget) throws(JinjaError) -> Value {
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    if case .undefined(let reason) = key { throw JinjaError(reason) }
    switch self {
    case .dictionary(let dictionary):
      if let value = try dictionary.value(of: key, budget) { return value }
    case .list(let sequence), .tuple(let sequence):
      let elements = sequence.elements
      if let index = key.asInteger {
        let position = index < 0 ? index + elements.count : index
        if elements.indices.contains(position) { return elements[position] }
      }
    case .string(let text):
      if let index = key.asInteger {
        try budget.spend(reading: self)
        let scalars = Array(text.unicodeScalars)
        let position = index < 0 ? index + scalars.count : index
        if scalars.indices.contains(position) { return .string(String(scalars[position])) }
      }
    default: break
    }
    if case .string(let name) = key { return try attribute(name) }
    return .undefined(
      "'\(typeName) object' has no element "
        + (key.depth == 0 ? try key.text(budget) : "of type \(key.typeName)"))
  }

  /// `value[start:stop:step]` of a text, a list or a tuple.
  func slice(
    start: Value?, stop: Value?, step: Value?, _ budget: Budget
  ) throws(JinjaError) -> Value {
    try budget.spend(reading: self)
    switch self {
    case .string(let text):
      let scalars = Array(text.unicodeScalars)
      let indices = try Self.indices(scalars.count, start, stop, step)
      return .string(String(indices.map { scalars[$0] }))
    case .list(let sequence):
      let elements = sequence.elements
      return .list(try Self.indices(elements.count, start, stop, step).map { elements[$0] })
    case .tuple(let sequence):
      let elements = sequence.elements
      return .tuple(try Self.indices(elements.count, start, stop, step).map { elements[$0] })
    case .undefined(let reason): throw JinjaError(reason)
    case .none, .bool, .integer, .number, .dictionary, .object:
      throw JinjaError("'\(typeName)' object is not subscriptable by a slice")
    }
  }

  /// The indices of a slice, by the rules of Python's `slice.indices`.
  private static func indices(
    _ count: Int, _ start: Value?, _ stop: Value?, _ step: Value?
  ) throws(JinjaError) -> [Int] {
    let step = try bound(step) ?? 1
    if step == 0 { throw JinjaError("slice step cannot be zero") }
    let limits = step > 0 ? 0...count : -1...count - 1
    func clamped(_ value: Int?, otherwise: Int) -> Int {
      guard let value else { return otherwise }
      let index = value < 0 ? value + count : value
      return min(max(index, limits.lowerBound), limits.upperBound)
    }
    let first = clamped(try bound(start), otherwise: step > 0 ? 0 : count - 1)
    let end = clamped(try bound(stop), otherwise: step > 0 ? count : -1)
    // Steps beyond the length give what the length gives, and cannot overflow.
    return Array(stride(from: first, to: end, by: min(max(step, -count - 1), count + 1)))
  }

  private static func bound(_ value: Value?) throws(JinjaError) -> Int? {
    switch value {
    case nil, Value.none?: return nil
    case let value?:
      guard let index = value.asInteger else {
        throw JinjaError("slice indices must be integers, not \(value.typeName)")
      }
      return index
    }
  }

  /// The elements that a loop visits: of a list or tuple, the characters of a text, the keys of a
  /// dictionary, none of an undefined value.
  func elements(_ budget: Budget) throws(JinjaError) -> [Value] {
    try budget.spend(reading: self)
    switch self {
    case .list(let sequence), .tuple(let sequence): return sequence.elements
    case .string(let text):
      try budget.spend(bytes: Self.sizeOfElement * text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .dictionary(let dictionary): return dictionary.keys
    case .undefined: return []
    case .object(let object as Generator): return object.take()
    case .none, .bool, .integer, .number, .object:
      throw JinjaError("'\(typeName)' object is not iterable")
    }
  }

  /// The number of elements, or nil where the value has none.
  var count: Int? {
    switch self {
    case .list(let sequence), .tuple(let sequence): sequence.elements.count
    case .string(let text): text.unicodeScalars.count
    case .dictionary(let dictionary): dictionary.count
    case .undefined: 0
    case .none, .bool, .integer, .number, .object: nil
    }
  }
}
