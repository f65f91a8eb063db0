/// The commands of a program, one of which is taken where none is named. ArgumentParser takes a
/// name that is none of them for an argument of that one.
package struct CommandNames {
  private let names: [String]
  private let hidden: Set<String>

  /// - Parameters:
  ///   - names: in the order of the help.
  ///   - hidden: of further ones, which the help does not show.
  package init(_ names: [String], hidden: [String] = []) {
    self.names = names
    self.hidden = Set(hidden)
  }

  /// Checks the command that arguments name, or ask help about; none of the commands may take an
  /// argument before its first option where it is left out.
  ///
  /// - Throws: for a name that is none of them.
  package func check(_ arguments: [String]) throws(ArgumentError) {
    let name = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
    guard let name, !name.hasPrefix("-"), name != "help", !names.contains(name),
      !hidden.contains(name)
    else { return }
    throw ArgumentError(
      description: "unknown command '\(name)': expected \(names.joined(separator: ", "))"
        + NearestName.question(name, among: names))
  }
}
