extension Float {
  /// Reads a number of the command line. One that f32 rounds to 0, 1 or infinity would be taken, or
  /// refused, as another number than the user has written.
  package static func argument(_ text: String) throws(ArgumentError) -> Float {
    let exact = try Double.argument(text)
    let value = Float(text) ?? Float(exact)
    guard (value == 0) == (exact == 0), (value == 1) == (exact == 1), value.isFinite else {
      throw ArgumentError(
        description: "expected a number that f32 can tell from \(value), found \(text)")
    }
    return value
  }
}
