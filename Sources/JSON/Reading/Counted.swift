/// A number with its noun: `1 example`, `12 examples`.
package struct Counted: CustomStringConvertible {
  /// The text.
  package let description: String

  /// - Parameters:
  ///   - count: how many.
  ///   - noun: in the singular; its plural ends in `s`.
  package init(_ count: Int, _ noun: String) {
    description = "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
