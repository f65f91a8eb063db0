import Foundation

extension JinjaValue {
  /// The result of one of Python's arithmetic operators.
  func applying(
    _ operation: JinjaBinaryOperator, _ other: JinjaValue
  ) throws(JinjaError) -> JinjaValue {
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    if case .undefined(let reason) = other { throw JinjaError(reason) }
    switch (operation, self, other) {
    case (.add, .string(let left), .string(let right)): return .string(left + right)
    case (.add, .list(let left), .list(let right)): return .list(left + right)
    case (.add, .tuple(let left), .tuple(let right)): return .tuple(left + right)
    case (.multiply, .string(let text), _):
      if let count = other.asInteger { return .string(try Self.repeated(text, count)) }
    case (.multiply, _, .string(let text)):
      if let count = asInteger { return .string(try Self.repeated(text, count)) }
    case (.multiply, .list(let elements), _):
      if let count = other.asInteger { return .list(try Self.repeated(elements, count)) }
    case (.modulo, .string(let format), _):
      return .string(try printf(format, other))
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
  func negated() throws(JinjaError) -> JinjaValue {
    if let value = asInteger { return try Self.integer(.subtract, 0, value) }
    if let value = asNumber { return .number(-value) }
    if case .undefined(let reason) = self { throw JinjaError(reason) }
    throw JinjaError("cannot negate \(typeName)")
  }

  private static func integer(
    _ operation: JinjaBinaryOperator, _ left: Int, _ right: Int
  ) throws(JinjaError) -> JinjaValue {
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
    _ operation: JinjaBinaryOperator, _ left: Double, _ right: Double
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

  /// No template needs texts and lists longer than this; a mistake could ask for any length.
  private static let repetitionLimit = 1 << 24

  private static func repeated(_ text: String, _ count: Int) throws(JinjaError) -> String {
    try checkRepetition(text.utf8.count, count)
    return String(repeating: text, count: max(count, 0))
  }

  private static func repeated(
    _ elements: [JinjaValue], _ count: Int
  ) throws(JinjaError) -> [JinjaValue] {
    try checkRepetition(elements.count, count)
    return Array(repeatElement(elements, count: max(count, 0)).joined())
  }

  private static func checkRepetition(_ length: Int, _ count: Int) throws(JinjaError) {
    let (total, overflow) = length.multipliedReportingOverflow(by: max(count, 0))
    if overflow || total > repetitionLimit { throw JinjaError("a repetition is too long") }
  }
}
