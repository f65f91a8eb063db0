import Foundation

extension Value {
  /// The result of one of Python's arithmetic operators.
  func applying(
    _ operation: BinaryOperator, _ other: Value, _ budget: Budget
  ) throws(JinjaError) -> Value {
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    if case .undefined(let reason) = other { throw JinjaError(reason) }
    switch (operation, self, other) {
    case (.add, .string(let left), .string(let right)):
      try budget.require(bytes: size + other.size)
      return .string(left + right)
    case (.add, .list(let left), .list(let right)):
      try budget.require(bytes: size + other.size)
      return .list(left.elements + right.elements)
    case (.add, .tuple(let left), .tuple(let right)):
      try budget.require(bytes: size + other.size)
      return .tuple(left.elements + right.elements)
    case (.multiply, .string, _), (.multiply, .list, _), (.multiply, .tuple, _):
      if let count = other.asInteger { return try repeated(count, budget) }
    case (.multiply, _, .string), (.multiply, _, .list), (.multiply, _, .tuple):
      if let count = asInteger { return try other.repeated(count, budget) }
    case (.modulo, .string(let format), _):
      return .string(try printf(format, other, budget))
    default: break
    }
    if let left = asInteger, let right = other.asInteger, operation != .divide {
      return try Self.integer(operation, left, right)
    }
    if let left = asNumber, let right = other.asNumber {
      return .number(try Self.number(operation, left, right))
    }
    throw JinjaError(
      "cannot apply \(operation.rawValue) to \(typeName) and \(other.typeName)")
  }

  /// The negated number.
  func negated() throws(JinjaError) -> Value {
    if let value = asInteger { return try Self.integer(.subtract, 0, value) }
    if let value = asNumber { return .number(-value) }
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    throw JinjaError("cannot negate \(typeName)")
  }

  private static func integer(
    _ operation: BinaryOperator, _ left: Int, _ right: Int
  ) throws(JinjaError) -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = left.addingReportingOverflow(right)
    case .subtract: result = left.subtractingReportingOverflow(right)
    case .multiply: result = left.multipliedReportingOverflow(by: right)
    case .floorDivide, .modulo:
      guard right != 0 else { throw JinjaError("division by zero") }
      let quotient = left.dividedReportingOverflow(by: right)
      let remainder = left.remainderReportingOverflow(dividingBy: right)
      // Python rounds down, and the remainder has the sign of the divisor.
      let isCorrected = remainder.partialValue != 0 && (remainder.partialValue < 0) != (right < 0)
      result =
        operation == .modulo
        ? (remainder.partialValue + (isCorrected ? right : 0), false)
        : (quotient.partialValue - (isCorrected ? 1 : 0), quotient.overflow)
    case .power:
      if right < 0 { return .number(pow(Double(left), Double(right))) }
      result = try power(left, right)
    case .divide:
      guard right != 0 else { throw JinjaError("division by zero") }
      return .number(Double(left) / Double(right))
    }
    if result.overflow { throw JinjaError("an integer is too large") }
    return .integer(result.partialValue)
  }

  private static func power(
    _ base: Int, _ exponent: Int
  ) throws(JinjaError) -> (partialValue: Int, overflow: Bool) {
    if base == 0 || base == 1 { return (exponent == 0 ? 1 : base, false) }
    if base == -1 { return (exponent % 2 == 0 ? 1 : -1, false) }
    var result = (partialValue: 1, overflow: false)
    for _ in 0..<exponent {
      result = result.partialValue.multipliedReportingOverflow(by: base)
      if result.overflow { break }
    }
    return result
  }

  private static func number(
    _ operation: BinaryOperator, _ left: Double, _ right: Double
  ) throws(JinjaError) -> Double {
    switch operation {
    case .add: return left + right
    case .subtract: return left - right
    case .multiply: return left * right
    case .power: return pow(left, right)
    case .divide, .floorDivide, .modulo:
      guard right != 0 else { throw JinjaError("division by zero") }
      if operation == .divide { return left / right }
      if operation == .floorDivide { return (left / right).rounded(.down) }
      let remainder = left.truncatingRemainder(dividingBy: right)
      return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
    }
  }

  /// A text, list or tuple so many times behind itself.
  private func repeated(_ count: Int, _ budget: Budget) throws(JinjaError) -> Value {
    try budget.require(bytes: size, times: count)
    let count = size == 0 ? 0 : max(count, 0)
    func elements(_ sequence: ValueSequence) -> [Value] {
      Array(repeatElement(sequence.elements, count: count).joined())
    }
    switch self {
    case .string(let text): return .string(String(repeating: text, count: count))
    case .list(let sequence): return .list(elements(sequence))
    case .tuple(let sequence): return .tuple(elements(sequence))
    default: throw JinjaError("cannot repeat \(typeName)")
    }
  }
}
