/// Options of one value that are given more than once. ArgumentParser takes the last of them and
/// drops the others without a word.
package struct RepeatedOptions {
  /// The arguments that follow each name, or its own values (`--name=value`), in their order.
  private var values: [String: [String]] = [:]

  /// Finds the options in the arguments of a program.
  package init(_ arguments: [String]) {
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { break }
      guard argument.hasPrefix("-"), argument.contains(where: \.isLetter) else { continue }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let next = index + 1 < arguments.count ? arguments[index + 1] : ""
      values[String(parts[0]), default: []].append(parts.count > 1 ? String(parts[1]) : next)
    }
  }

  /// The first flag, by its name without dashes, that is given beside its opposite.
  package var contradiction: String? {
    values.keys.filter { $0.hasPrefix("--no-") }.map { String($0.dropFirst(5)) }
      .filter { values["--\($0)"] != nil }.min()
  }

  /// Whether the arguments give an option or its opposite, by its name without dashes.
  package func replaces(_ name: String) -> Bool {
    let opposite = name.hasPrefix("no-") ? String(name.dropFirst(3)) : "no-\(name)"
    return [name, opposite].contains { values["--\($0)"] != nil }
  }

  /// Checks the arguments of a command.
  ///
  /// - Parameter help: the command's options, as ArgumentParser writes them in JSON.
  /// - Throws: for the first option of one value that is given twice, and for a flag with its
  ///   opposite.
  package func check(help: @autoclosure () -> String) throws(ArgumentError) {
    if let name = contradiction {
      throw ArgumentError(description: "give one of --\(name) and --no-\(name)")
    }
    let repeated = values.filter { $0.value.count > 1 }.keys.sorted()
    guard !repeated.isEmpty else { return }
    let single = try CommandOptions(help: help()).single
    for name in repeated where single.contains(name) {
      let found = (values[name] ?? []).map(\.excerpt).joined(separator: " and ")
      throw ArgumentError(description: "\(name): expected once, found \(found)")
    }
  }
}
