/// A type that can be read from a ``JSONNode``.
package protocol JSONReadable {
  /// The kind of JSON that is expected, for error messages: `an integer`.
  static var kindOfJSON: String { get }

  /// Reads the value; nil where it is of another kind.
  ///
  /// - Throws: when something inside it is of another kind.
  init?(reading value: JSONNode) throws(JSONReadingError)
}

extension Int: JSONReadable {
  package static var kindOfJSON: String { "an integer" }

  /// Reads `4096`, and `4096.0` too: some configurations were written by way of floating point.
  package init?(reading value: JSONNode) {
    switch value.json {
    case .integer(let integer): self = integer
    case .number(let number): self.init(exactly: number)
    default: return nil
    }
  }
}

extension Double: JSONReadable {
  package static var kindOfJSON: String { "a number" }

  package init?(reading value: JSONNode) {
    switch value.json {
    case .integer(let integer): self = Double(integer)
    case .unsigned(let integer): self = Double(integer)
    case .number(let number): self = number
    default: return nil
    }
  }
}

extension Bool: JSONReadable {
  package static var kindOfJSON: String { "true or false" }

  package init?(reading value: JSONNode) {
    guard case .bool(let bool) = value.json else { return nil }
    self = bool
  }
}

extension String: JSONReadable {
  package static var kindOfJSON: String { "a string" }

  package init?(reading value: JSONNode) {
    guard case .string(let string) = value.json else { return nil }
    self = string
  }
}

extension Array: JSONReadable where Element: JSONReadable {
  package static var kindOfJSON: String { "an array" }

  package init?(reading value: JSONNode) throws(JSONReadingError) {
    guard case .array(let elements) = value.json else { return nil }
    self = []
    for (index, json) in elements.enumerated() {
      append(try value.element(json, at: index).read())
    }
  }
}

extension JSONNode: JSONReadable {
  package static var kindOfJSON: String { "a value" }

  package init?(reading value: JSONNode) {
    self = value
  }
}
