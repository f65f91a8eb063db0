/// Arguments that a program does not take, in one line.
package struct ArgumentError: Error, CustomStringConvertible {
  package let description: String

  /// An error in one line.
  package init(description: String) { self.description = description }
}
