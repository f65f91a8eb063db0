/// A JSON value. Integers stay exact, and objects keep the order of the file.
///
/// Foundation's decoder offers neither, and it lets the last of two equal keys win in silence,
/// where the safetensors format forbids them. The keys of its dictionaries are Swift strings too,
/// equal when they are canonically equivalent: a vocabulary that holds both "é" and "e" + U+0301
/// would lose one of them.
package enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits an `Int`.
  case integer(Int)
  /// A number without fraction and exponent that fits a `UInt64` and no `Int`.
  case unsigned(UInt64)
  /// Every other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  /// The value or its type for an error message: `the integer 3`, `an object`.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "the integer \(value)"
    case .unsigned(let value): "the integer \(value)"
    case .number: "the number \(text())"
    case .string(let value):
      "the string \"\(value.prefix(60))\(value.count > 60 ? "..." : "")\""
    case .array: "an array"
    case .object: "an object"
    }
  }
}
