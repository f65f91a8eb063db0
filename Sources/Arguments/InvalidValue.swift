import JSON

/// What ArgumentParser says of a value that an option does not take.
package enum InvalidValue {
  /// A message in one line that says what was expected. ArgumentParser lists names as sentences or
  /// lines of their own, and of a whole number it says nothing.
  ///
  /// - Parameter message: any message of ArgumentParser.
  package static func line(_ message: String) -> String {
    guard
      let match = message.wholeMatch(
        of: #/(The value '((?s).*)' is invalid for '[^']*')(?:\. Please provide one of((?s).*))?/#)
    else { return message }
    let start = String(match.output.1)
    guard let list = match.output.3 else {
      return "\(start): expected \(wholeNumber(match.output.2))"
    }
    return "\(start): expected \(Listed(names(list)))"
  }

  /// The names of a list: in quotation marks, or behind a dash each.
  private static func names(_ list: Substring) -> [String] {
    let quoted = list.matches(of: #/'([^']*)'/#).map { String($0.output.1) }
    return quoted.isEmpty
      ? list.matches(of: #/- (\S+)/#).map { String($0.output.1) } : quoted
  }

  /// What a text that is not the number of an option should have been.
  private static func wholeNumber(_ text: Substring) -> String {
    guard text.wholeMatch(of: #/[+-]?[0-9]+/#) != nil else { return "a whole number" }
    return text.hasPrefix("-") ? "a whole number of 0 or more" : "a smaller whole number"
  }
}
