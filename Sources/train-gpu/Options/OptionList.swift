import ArgumentParser

/// One value of an option, or several with commas between them.
struct OptionList<Value: ExpressibleByArgument>: ExpressibleByArgument {
  let values: [Value]

  /// A list of at least one value.
  init(_ values: [Value]) { self.values = values }

  init?(argument: String) {
    let pieces = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = pieces.compactMap { Value(argument: String($0)) }
    guard values.count == pieces.count else { return nil }
    self.init(values)
  }

  var defaultValueDescription: String {
    values.map(\.defaultValueDescription).joined(separator: ",")
  }

  static var allValueStrings: [String] { Value.allValueStrings }

  static var defaultCompletionKind: CompletionKind { Value.defaultCompletionKind }
}
