/// A JSON value as it stands in the file.
///
/// Foundation's parser puts object members into a dictionary of strings, and Swift strings are
/// equal when they are canonically equivalent: a vocabulary that holds both "é" and "e" + U+0301
/// would lose one of them. Here members stay a list in file order, and nothing compares them.
enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Sendable {
    let key: String
    let value: JSONValue
  }

  /// What to call this value in a message: its text if short, else its kind.
  var summary: String {
    switch self {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text):
      text.utf8.count <= 60 ? "\"\(text)\"" : "a string of \(text.utf8.count) bytes"
    case .array(let elements): "an array of \(elements.count)"
    case .object(let members): "an object of \(members.count) members"
    }
  }
}
