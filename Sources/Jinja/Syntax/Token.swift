/// One token of a template.
struct Token: Equatable {
  enum Kind: Equatable {
    /// Text between the tags, as it will be printed.
    case text(String)
    /// `{{`
    case outputBegin
    /// `}}`
    case outputEnd
    /// `{%`
    case tagBegin
    /// `%}`
    case tagEnd
    case name(String)
    case string(String)
    case integer(Int)
    case number(Double)
    /// An operator or a bracket.
    case symbol(String)
    case end
  }

  let kind: Kind

  /// The line of the template where the token begins, counted from 1.
  let line: Int
}

extension Token.Kind: CustomStringConvertible {
  /// The token in the words of an error message.
  var description: String {
    switch self {
    case .text: "text"
    case .outputBegin: "{{"
    case .outputEnd: "}}"
    case .tagBegin: "{%"
    case .tagEnd: "%}"
    case .name(let name): name
    case .string: "a string"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .symbol(let symbol): symbol
    case .end: "the end of the template"
    }
  }
}
