import ArgumentParser

/// One value of an option, or several with commas between them.
struct OptionList<Value: ExpressibleByArgument> {
  let values: [Value]

  /// A list of at least one value.
  init(_ values: [Value]) { self.values = values }

  /// Reads a list.
  ///
  /// - Parameter expected: what a value is, in a refusal.
  init(_ text: String, expected: String) throws(UsageError) {
    let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
    let values = pieces.compactMap { Value(argument: String($0)) }
    guard values.count == pieces.count else {
      throw UsageError(description: "expected \(expected), or several with commas between them")
    }
    self.init(values)
  }
}
