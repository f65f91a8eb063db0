extension Value {
  /// What `{{ value }}` prints: Python's `str`, and nothing for an undefined value.
  func text(_ budget: Budget) throws(JinjaError) -> String {
    switch self {
    case .undefined: return ""
    case .string(let text): return text
    default: return try representation(budget)
    }
  }

  /// Python's `repr`.
  func representation(_ budget: Budget) throws(JinjaError) -> String {
    var output = ""
    try writeRepresentation(to: &output, budget)
    return output
  }

  /// Appends Python's `repr`. A container may hold the same container many times, so every value
  /// counts.
  private func writeRepresentation(
    to output: inout String, _ budget: Budget
  ) throws(JinjaError) {
    try budget.spend(reading: self)
    try budget.require(bytes: output.utf8.count)
    switch self {
    case .undefined: output += "Undefined"
    case .none: output += "None"
    case .bool(let value): output += value ? "True" : "False"
    case .integer(let value): output += String(value)
    case .number(let value): output += Self.text(of: value)
    case .string(let text): output += Self.representation(of: text)
    case .list(let sequence):
      output += "["
      try Self.write(sequence.elements, to: &output, budget)
      output += "]"
    case .tuple(let sequence):
      output += "("
      try Self.write(sequence.elements, to: &output, budget)
      output += sequence.elements.count == 1 ? ",)" : ")"
    case .dictionary(let dictionary):
      output += "{"
      for (index, (key, value)) in dictionary.members.enumerated() {
        if index > 0 { output += ", " }
        try key.writeRepresentation(to: &output, budget)
        output += ": "
        try value.writeRepresentation(to: &output, budget)
      }
      output += "}"
    case .object(let object): output += "<\(object.typeName)>"
    }
  }

  private static func write(
    _ elements: [Value], to output: inout String, _ budget: Budget
  ) throws(JinjaError) {
    for (index, element) in elements.enumerated() {
      if index > 0 { output += ", " }
      try element.writeRepresentation(to: &output, budget)
    }
  }

  /// The shortest digits that give the number back; both languages change to an exponent at 1e16
  /// and below 1e-4.
  static func text(of number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    if let integer = Int(exactly: number), abs(number) < 1e16 {
      return number.sign == .minus && integer == 0 ? "-0.0" : "\(integer).0"
    }
    return number.description
  }

  /// A string literal: in single quotes unless it has some and no double ones.
  private static func representation(of text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in scalars {
      switch scalar {
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case quote:
        result.append("\\")
        result.append(scalar)
      default:
        if scalar.isPythonPrintable {
          result.append(scalar)
        } else {
          result.append(contentsOf: escape(of: scalar).unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }

  private static func escape(of scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    let (letter, width) =
      scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\" + letter + String(repeating: "0", count: width - digits.count) + digits
  }
}

extension Unicode.Scalar {
  /// What `str.isprintable` accepts: no separators but the space, nothing unassigned, private or
  /// for control.
  fileprivate var isPythonPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}
