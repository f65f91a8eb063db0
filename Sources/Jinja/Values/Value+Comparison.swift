extension Value {
  /// The value as a number, where it is one; `True` counts as 1.
  var asNumber: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The value as an integer, where it is one; `True` counts as 1.
  var asInteger: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  /// Python's `==`.
  func isEqual(to other: Value, _ budget: Budget) throws(JinjaError) -> Bool {
    try budget.spend()
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let left), .string(let right)):
      guard left.utf8.count == right.utf8.count else { return false }
      try budget.spend(reading: self)
      return left.utf8.elementsEqual(right.utf8)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      guard left.elements.count == right.elements.count else { return false }
      for (first, second) in zip(left.elements, right.elements)
      where try !first.isEqual(to: second, budget) {
        return false
      }
      return true
    case (.dictionary(let left), .dictionary(let right)):
      guard left.count == right.count else { return false }
      for (key, value) in left.members {
        guard let counterpart = try right.value(of: key, budget),
          try counterpart.isEqual(to: value, budget)
        else { return false }
      }
      return true
    case (.object(let left), .object(let right)): return left === right
    default:
      if let left = asInteger, let right = other.asInteger { return left == right }
      if let left = asNumber, let right = other.asNumber { return left == right }
      return false
    }
  }

  /// Python's `<`: numbers, texts by their scalars, lists and tuples element by element.
  func isLess(than other: Value, _ budget: Budget) throws(JinjaError) -> Bool {
    try budget.spend()
    switch (self, other) {
    case (.undefined(let reason), _), (_, .undefined(let reason)): throw JinjaError(reason)
    case (.string(let left), .string(let right)):
      try budget.spend(reading: min(left.utf8.count, right.utf8.count))
      return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (first, second) in zip(left.elements, right.elements)
      where try !first.isEqual(to: second, budget) {
        return try first.isLess(than: second, budget)
      }
      return left.elements.count < right.elements.count
    default:
      if let left = asInteger, let right = other.asInteger { return left < right }
      if let left = asNumber, let right = other.asNumber { return left < right }
      throw JinjaError("cannot order \(typeName) and \(other.typeName)")
    }
  }

  /// Whether one of Python's comparisons holds.
  func satisfies(
    _ comparison: Comparison, _ other: Value, _ budget: Budget
  ) throws(JinjaError) -> Bool {
    switch comparison {
    case .equal: return try isEqual(to: other, budget)
    case .notEqual: return try !isEqual(to: other, budget)
    case .less: return try isLess(than: other, budget)
    case .greater: return try other.isLess(than: self, budget)
    case .lessOrEqual: return try !other.isLess(than: self, budget)
    case .greaterOrEqual: return try !isLess(than: other, budget)
    case .contained: return try other.contains(self, budget)
    case .notContained: return try !other.contains(self, budget)
    }
  }

  /// Python's `in`.
  func contains(_ element: Value, _ budget: Budget) throws(JinjaError) -> Bool {
    switch self {
    case .string(let text):
      guard case .string(let part) = element else {
        throw JinjaError("'in <string>' requires string as left operand, not \(element.typeName)")
      }
      try budget.spend(reading: text.utf8.count + part.utf8.count)
      let scalars = Array(text.unicodeScalars)
      return scalars.first(of: Array(part.unicodeScalars), in: 0..<scalars.count) != nil
    case .list(let sequence), .tuple(let sequence):
      return try Self.contains(element, in: sequence.elements, budget)
    case .dictionary(let dictionary): return try dictionary.value(of: element, budget) != nil
    case .undefined: return false
    case .object(let object as Generator):
      return try Self.contains(element, in: object.take(), budget)
    case .none, .bool, .integer, .number, .object:
      throw JinjaError("argument of type '\(typeName)' is not iterable")
    }
  }
  private static func contains(
    _ value: Value, in elements: [Value], _ budget: Budget
  ) throws(JinjaError) -> Bool {
    for element in elements where try element.isEqual(to: value, budget) { return true }
    return false
  }
}
