/// Names in a sentence, with a word before the last one: `a, b or c`.
package struct Listed: CustomStringConvertible {
  /// The text.
  package let description: String

  /// - Parameters:
  ///   - names: the names, in their order.
  ///   - conjunction: the word between the last two.
  package init(_ names: [String], _ conjunction: String = "or") {
    let last = names.suffix(2).joined(separator: " \(conjunction) ")
    description = (names.dropLast(2) + [last]).joined(separator: ", ")
  }
}
