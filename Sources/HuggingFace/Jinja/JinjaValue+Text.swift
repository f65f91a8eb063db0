extension JinjaValue {
  /// What `{{ value }}` prints: Python's `str`, and nothing for an undefined value.
  var text: String {
    switch self {
    case .undefined: ""
    case .string(let text): text
    default: representation
    }
  }

  /// Python's `repr`.
  var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .number(let value): Self.text(of: value)
    case .string(let text): Self.representation(of: text)
    case .list(let elements): "[\(Self.joined(elements))]"
    case .tuple(let elements):
      elements.count == 1 ? "(\(Self.joined(elements)),)" : "(\(Self.joined(elements)))"
    case .dictionary(let dictionary):
      "{"
        + dictionary.members.map { "\($0.key.representation): \($0.value.representation)" }
        .joined(separator: ", ") + "}"
    case .object(let object): "<\(object.typeName)>"
    }
  }

  private static func joined(_ elements: [JinjaValue]) -> String {
    elements.map(\.representation).joined(separator: ", ")
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
