import JSON

/// A type that ``JSONValue`` can read.
package protocol JSONReadable {
  /// The kind of JSON that is expected, for error messages: `an integer`.
  static var kindOfJSON: String { get }

  /// Reads the value; nil where it is of another kind.
  ///
  /// - Throws: when something inside it is of another kind.
  init?(reading value: JSONValue) throws(JSONValueError)
}

extension Int: JSONReadable {
  package static var kindOfJSON: String { "an integer" }

  /// Reads `4096`, and `4096.0` too: some configurations were written by way of floating point.
  package init?(reading value: JSONValue) {
    switch value.json {
    case .integer(let integer): self = integer
    case .number(let number): self.init(exactly: number)
    default: return nil
    }
  }
}

extension Double: JSONReadable {
  package static var kindOfJSON: String { "a number" }

  package init?(reading value: JSONValue) {
    switch value.json {
    case .integer(let integer): self = Double(integer)
    case .number(let number): self = number
    default: return nil
    }
  }
}

extension Bool: JSONReadable {
  package static var kindOfJSON: String { "true or false" }

  package init?(reading value: JSONValue) {
    guard case .bool(let bool) = value.json else { return nil }
    self = bool
  }
}

extension String: JSONReadable {
  package static var kindOfJSON: String { "a string" }

  package init?(reading value: JSONValue) {
    guard case .string(let string) = value.json else { return nil }
    self = string
  }
}

extension Array: JSONReadable where Element: JSONReadable {
  package static var kindOfJSON: String { "an array" }

  package init?(reading value: JSONValue) throws(JSONValueError) {
    guard case .array(let elements) = value.json else { return nil }
    self = []
    for (index, json) in elements.enumerated() {
      let place = JSONValue(json, file: value.file, path: "\(value.path)[\(index)]")
      guard let element = try Element(reading: place) else {
        throw place.failure(expected: Element.kindOfJSON, found: json.kind)
      }
      append(element)
    }
  }
}

extension JSONValue: JSONReadable {
  package static var kindOfJSON: String { "a value" }

  package init?(reading value: JSONValue) {
    self = value
  }
}
