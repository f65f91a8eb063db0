/// Arguments that a program does not take, in one line.
package struct ArgumentError: Error, CustomStringConvertible {
  package let description: String
}
