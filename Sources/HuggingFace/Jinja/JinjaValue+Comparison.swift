extension JinjaValue {
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
  func isEqual(to other: JinjaValue) -> Bool {
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): true
    case (.string(let left), .string(let right)):
      left.unicodeScalars.elementsEqual(right.unicodeScalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      left.elementsEqual(right) { $0.isEqual(to: $1) }
    case (.dictionary(let left), .dictionary(let right)):
      left.count == right.count
        && left.members.allSatisfy { key, value in
          (try? right.value(of: key))?.isEqual(to: value) ?? false
        }
    case (.object(let left), .object(let right)): left === right
    default:
      if let left = asInteger, let right = other.asInteger {
        left == right
      } else if let left = asNumber, let right = other.asNumber {
        left == right
      } else {
        false
      }
    }
  }

  /// Python's `<`: numbers, texts by their scalars, lists and tuples element by element.
  func isLess(than other: JinjaValue) throws(JinjaError) -> Bool {
    switch (self, other) {
    case (.undefined(let reason), _), (_, .undefined(let reason)): throw JinjaError(reason)
    case (.string(let left), .string(let right)):
      return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (first, second) in zip(left, right) where !first.isEqual(to: second) {
        return try first.isLess(than: second)
      }
      return left.count < right.count
    default:
      if let left = asInteger, let right = other.asInteger { return left < right }
      if let left = asNumber, let right = other.asNumber { return left < right }
      throw JinjaError("cannot order \(typeName) and \(other.typeName)")
    }
  }

  /// Whether one of Python's comparisons holds.
  func satisfies(
    _ comparison: JinjaComparison, _ other: JinjaValue
  ) throws(JinjaError) -> Bool {
    switch comparison {
    case .equal: return isEqual(to: other)
    case .notEqual: return !isEqual(to: other)
    case .less: return try isLess(than: other)
    case .greater: return try other.isLess(than: self)
    case .lessOrEqual: return try !other.isLess(than: self)
    case .greaterOrEqual: return try !isLess(than: other)
    case .contained: return try other.contains(self)
    case .notContained: return try !other.contains(self)
    }
  }

  /// Python's `in`.
  func contains(_ element: JinjaValue) throws(JinjaError) -> Bool {
    switch self {
    case .string(let text):
      guard case .string(let part) = element else {
        throw JinjaError("'in <string>' requires string as left operand, not \(element.typeName)")
      }
      let scalars = Array(text.unicodeScalars)
      return scalars.first(of: Array(part.unicodeScalars), in: 0..<scalars.count) != nil
    case .list(let elements), .tuple(let elements):
      return elements.contains { $0.isEqual(to: element) }
    case .dictionary(let dictionary): return try dictionary.value(of: element) != nil
    case .undefined: return false
    case .object(let object as JinjaGenerator):
      return object.take().contains { $0.isEqual(to: element) }
    case .none, .bool, .integer, .number, .object:
      throw JinjaError("argument of type '\(typeName)' is not iterable")
    }
  }
}
