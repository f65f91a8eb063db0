import Foundation

/// Python's `format % values` with the conversions s, r, d, i, x, X, o, f, F, e, E, g, G and %,
/// with flags, width and precision; values by position or, as `%(name)s`, by name.
func printf(
  _ format: String, _ values: Value, _ budget: Budget
) throws(JinjaError) -> String {
  try budget.spend(reading: format.utf8.count)
  var remaining: ArraySlice<Value> =
    if case .tuple(let sequence) = values { sequence.elements[...] } else { [values] }
  var result = String.UnicodeScalarView()
  var scalars = format.unicodeScalars[...]
  while let scalar = scalars.popFirst() {
    guard scalar == "%" else {
      result.append(scalar)
      continue
    }
    var named: Value?
    if scalars.first == "(" {
      let name = scalars.dropFirst().prefix { $0 != ")" }
      scalars = scalars[name.endIndex...].dropFirst()
      named = try values.item(.string(String(name)), budget)
    }
    let flags = scalars.prefix { "-+ 0#".unicodeScalars.contains($0) }
    scalars = scalars[flags.endIndex...]
    let width = scalars.prefix { ("0"..."9").contains($0) }
    scalars = scalars[width.endIndex...]
    var precision: Int?
    if scalars.first == "." {
      let digits = scalars.dropFirst().prefix { ("0"..."9").contains($0) }
      scalars = scalars[digits.endIndex...]
      precision = try number(of: digits) ?? 0
    }
    guard let conversion = scalars.popFirst() else { throw JinjaError("incomplete format") }
    if conversion == "%" {
      result.append("%")
      continue
    }
    guard let value = named ?? remaining.popFirst() else {
      throw JinjaError("not enough arguments for format string")
    }
    let specification = FormatSpecification(
      conversion: conversion, flags: String(flags), width: try number(of: width) ?? 0,
      precision: precision)
    let text = try specification.text(of: value, budget)
    try budget.spend(bytes: text.utf8.count)
    result.append(contentsOf: text.unicodeScalars)
  }
  if case .tuple = values, !remaining.isEmpty {
    throw JinjaError("not all arguments converted during string formatting")
  }
  return String(result)
}

/// A width or precision; none where there are no digits.
private func number(
  of digits: String.UnicodeScalarView.SubSequence
) throws(JinjaError) -> Int? {
  if digits.isEmpty { return nil }
  guard let number = Int(String(digits)) else { throw JinjaError("too large a number in a format") }
  return number
}

/// How one value of a format is written.
private struct FormatSpecification {
  let conversion: Unicode.Scalar
  let flags: String
  let width: Int
  let precision: Int?

  func text(of value: Value, _ budget: Budget) throws(JinjaError) -> String {
    try budget.require(bytes: width)
    switch conversion {
    case "s", "r":
      let text = conversion == "s" ? try value.text(budget) : try value.representation(budget)
      return padded(precision.map { String(text.unicodeScalars.prefix($0)) } ?? text, sign: "")
    case "d", "i", "u", "x", "X", "o":
      guard
        let integer = value.asInteger
          ?? value.asNumber.flatMap({ Int(exactly: $0.rounded(.towardZero)) })
      else {
        throw JinjaError("%\(conversion) format: a number is required, not \(value.typeName)")
      }
      try budget.require(bytes: precision ?? 0)
      let radix = conversion == "o" ? 8 : conversion == "x" || conversion == "X" ? 16 : 10
      var digits = String(integer.magnitude, radix: radix, uppercase: conversion == "X")
      digits = String(repeating: "0", count: max((precision ?? 0) - digits.count, 0)) + digits
      return padded(digits, sign: sign(isNegative: integer < 0))
    case "f", "F", "e", "E", "g", "G":
      guard let number = value.asNumber else {
        throw JinjaError("%\(conversion) format: a number is required, not \(value.typeName)")
      }
      let precision = precision ?? 6
      guard precision <= 100 else {
        throw JinjaError(
          "%\(conversion) format: expected a precision of at most 100, found \(precision)")
      }
      let digits = String(format: "%.\(precision)\(conversion)", abs(number))
      return padded(digits, sign: sign(isNegative: number.sign == .minus))
    default: throw JinjaError("unsupported format character '\(conversion)'")
    }
  }

  private func sign(isNegative: Bool) -> String {
    isNegative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : ""
  }

  private func padded(_ text: String, sign: String) -> String {
    let missing = max(width - text.unicodeScalars.count - sign.count, 0)
    if flags.contains("-") { return sign + text + String(repeating: " ", count: missing) }
    let isText = conversion == "s" || conversion == "r"
    if flags.contains("0") && !isText {
      return sign + String(repeating: "0", count: missing) + text
    }
    return String(repeating: " ", count: missing) + sign + text
  }
}

/// Python's `str.format` with fields that are empty, a position or a name, without attributes and
/// format specifications.
func pythonFormat(_ format: String, _ arguments: Arguments) throws(JinjaError) -> String {
  let budget = arguments.budget
  try budget.spend(reading: format.utf8.count)
  var result = String.UnicodeScalarView()
  var scalars = format.unicodeScalars[...]
  var next = 0
  while let scalar = scalars.popFirst() {
    if scalar == "{" || scalar == "}", scalars.first == scalar {
      scalars.removeFirst()
      result.append(scalar)
      continue
    }
    if scalar == "}" { throw JinjaError("Single '}' encountered in format string") }
    guard scalar == "{" else {
      result.append(scalar)
      continue
    }
    let field = scalars.prefix { $0 != "}" }
    guard field.endIndex < scalars.endIndex else {
      throw JinjaError("expected '}' before end of string")
    }
    scalars = scalars[field.endIndex...].dropFirst()
    let name = String(field)
    let value: Value?
    if let position = name.isEmpty ? next : Int(name) {
      next += 1
      value = arguments.positional.indices.contains(position) ? arguments.positional[position] : nil
    } else {
      value = arguments.named.first { $0.name == name }?.value
    }
    guard let value else { throw JinjaError("format: the field {\(name)} is not supported") }
    let text = try value.text(budget)
    try budget.spend(bytes: text.utf8.count)
    result.append(contentsOf: text.unicodeScalars)
  }
  return String(result)
}
