/// Negative numbers of the command line. ArgumentParser reads an argument that begins with a dash
/// as an option, and would say of `--price -1` that the value is missing.
enum NegativeNumbers {
  /// The arguments with each negative number joined to the option before it: `--price=-1`.
  static func joined(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for argument in arguments {
      if let last = joined.last, takesValue(last), isNegative(argument), !joined.contains("--") {
        joined[joined.count - 1] = "\(last)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  private static func takesValue(_ argument: String) -> Bool {
    argument.hasPrefix("--") && argument.count > 2 && !argument.contains("=")
  }

  /// A dash with a number behind it, or with what begins as one: no option's name does.
  private static func isNegative(_ argument: String) -> Bool {
    guard argument.first == "-", let next = argument.dropFirst().first else { return false }
    return next.isNumber || next == "." || Double(argument) != nil
  }
}
