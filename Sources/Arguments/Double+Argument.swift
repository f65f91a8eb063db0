extension Double {
  /// Reads a number of the command line.
  package static func argument(_ text: String) throws(ArgumentError) -> Double {
    guard let value = Double(text) else { throw ArgumentError(description: "expected a number") }
    return value
  }
}
