extension DecodingError {
  /// What a decoder found in its place.
  package var finding: String {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let start = "found "
      let text = context.debugDescription
      return text.hasPrefix(start) ? String(text.dropFirst(start.count)) : "another record"
    default: return "another record"
    }
  }

  /// The expected value that a decoder did not find, and its path.
  package var expectation: String {
    func location(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : " at \(path.map(\.stringValue).joined(separator: "."))"
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "the key \(key.stringValue)\(location(context.codingPath))"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return "\(Self.name(of: type))\(location(context.codingPath))"
    case .dataCorrupted(let context):
      return "JSON that can be read\(location(context.codingPath))"
    @unknown default:
      return "a record of this program"
    }
  }

  /// A type of values in words.
  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any FixedWidthInteger.Type: "an integer"
    case is any FloatingPoint.Type: "a number"
    default: "\(type)".hasPrefix("Array<") ? "an array" : "an object"
    }
  }
}
