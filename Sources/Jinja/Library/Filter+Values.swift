import Foundation
import JSON

extension Filter {
  /// Filters of single values.
  static let valueFilters: [String: Filter] = [
    "default": Filter(["default_value", "boolean"], defaultValue),
    "d": Filter(["default_value", "boolean"], defaultValue),
    "int": Filter(["default", "base"], integer),
    "float": Filter(["default"], number),
    "abs": Filter([], absolute),
    "round": Filter(["precision", "method"], round),
    "tojson": Filter(["ensure_ascii", "indent", "separators", "sort_keys"], json),
    "attr": Filter(["name"]) { (input, arguments) throws(JinjaError) in
      let name = try arguments.requiredText("name")
      if case .dictionary = input, !Method.exists(name, on: input) {
        return .undefined("'dict object' has no attribute '\(name)'")
      }
      return try input.attribute(name)
    },
  ]

  @Sendable
  private static func defaultValue(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let isMissing = if case .undefined = input { true } else { false }
    guard isMissing || (arguments.isTrue("boolean") && !input.isTrue) else { return input }
    return arguments["default_value"] ?? .string("")
  }

  /// Python's `int`, by way of a number with fraction where that helps; else the default.
  @Sendable
  private static func integer(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let otherwise = arguments["default"] ?? .integer(0)
    if let integer = input.asInteger { return .integer(integer) }
    if case .number(let number) = input {
      return Int(exactly: number.rounded(.towardZero)).map { .integer($0) } ?? otherwise
    }
    guard case .string(let text) = input else { return otherwise }
    var digits = stripped(text, nil).replacing("_", with: "").lowercased()
    let base = try arguments.integer("base") ?? 10
    if let prefix = [16: "0x", 8: "0o", 2: "0b"][base], digits.hasPrefix(prefix) {
      digits.removeFirst(2)
    }
    if (2...36).contains(base), let integer = Int(digits, radix: base) { return .integer(integer) }
    guard let number = Double(digits), let integer = Int(exactly: number.rounded(.towardZero))
    else { return otherwise }
    return .integer(integer)
  }

  @Sendable
  private static func number(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    if let number = input.asNumber { return .number(number) }
    if case .string(let text) = input, let number = Double(stripped(text, nil)) {
      return .number(number)
    }
    return arguments["default"] ?? .number(0)
  }

  @Sendable
  private static func absolute(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    if let integer = input.asInteger, integer != .min { return .integer(abs(integer)) }
    if let number = input.asNumber { return .number(abs(number)) }
    throw JinjaError("abs: expected a number, found \(input.typeName)")
  }

  /// Rounds half to even, up or down, at a decimal place. An integer that is rounded stays one.
  @Sendable
  private static func round(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    guard let number = input.asNumber else {
      throw JinjaError("round: expected a number, found \(input.typeName)")
    }
    let precision = try arguments.integer("precision") ?? 0
    let method = try arguments.text("method") ?? "common"
    let scale = pow(10, Double(precision))
    switch method {
    case "ceil": return .number((number * scale).rounded(.up) / scale)
    case "floor": return .number((number * scale).rounded(.down) / scale)
    case "common":
      if let integer = input.asInteger, precision >= 0 { return .integer(integer) }
      // Decimal digits are rounded correctly by the C library, as Python does.
      guard precision > 0 else {
        return .number((number * scale).rounded(.toNearestOrEven) / scale)
      }
      return .number(Double(String(format: "%.\(min(precision, 100))f", number)) ?? number)
    default: throw JinjaError("round: method must be common, ceil or floor, not \(method)")
    }
  }

  /// The `tojson` of transformers: `json.dumps` with Unicode as it is, not the one of Jinja, which
  /// escapes HTML.
  @Sendable
  private static func json(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    var layout = JSON.Layout(
      indentation: try arguments.integer("indent"), sortsKeys: arguments.isTrue("sort_keys"),
      escapesNonASCII: arguments.isTrue("ensure_ascii"))
    if let separators = arguments["separators"], separators.isTrue {
      let parts = try separators.elements(arguments.budget)
      guard parts.count == 2 else { throw JinjaError("tojson: expected two separators") }
      layout.elementSeparator = try parts[0].text(arguments.budget)
      layout.keySeparator = try parts[1].text(arguments.budget)
    }
    return .string(try input.jsonText(layout, arguments.budget))
  }
}
