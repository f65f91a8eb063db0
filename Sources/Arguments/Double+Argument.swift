extension Double {
  /// A number in decimal digits, as users write it; nil for any other text. Swift reads hexadecimal
  /// digits, `inf` and `nan` too, which are no value of any option.
  package init?(decimal text: String) {
    guard text.allSatisfy({ "+-.0123456789eE".contains($0) }) else { return nil }
    self.init(text)
  }

  /// Reads a number of the command line.
  package static func argument(_ text: String) throws(ArgumentError) -> Double {
    guard let value = Double(decimal: text) else {
      throw ArgumentError(description: "expected a number")
    }
    guard value.isFinite else { throw ArgumentError(description: "expected a smaller number") }
    let digits = text.prefix { $0 != "e" && $0 != "E" }
    guard value != 0 || !digits.contains(where: "123456789".contains) else {
      throw ArgumentError(description: "expected 0, or a number that is not as near to it")
    }
    return value
  }
}
