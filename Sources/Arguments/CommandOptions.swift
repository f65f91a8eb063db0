import JSON

/// The options of a command.
package struct CommandOptions {
  /// The names of all, with their dashes.
  package private(set) var names: Set<String> = []
  /// Those of options with one value.
  package private(set) var single: Set<String> = []

  /// - Parameter help: the command's options, as ArgumentParser writes them in JSON.
  package init(help: String) throws(ArgumentError) {
    do { try read(help) } catch { throw ArgumentError(description: error.description) }
  }

  private mutating func read(_ help: String) throws(JSONReadingError) {
    let command: JSONNode = try JSONNode(parsing: Array(help.utf8), file: "the help")
      .required("command")
    for option in try command.optional("arguments", [JSONNode].self) ?? [] {
      let kind: String = try option.required("kind")
      let isRepeating: Bool = try option.optional("isRepeating") ?? false
      for name in try option.optional("names", [JSONNode].self) ?? [] {
        let text: String = try name.required("name")
        let form: String = try name.required("kind")
        let written = form == "long" ? "--\(text)" : "-\(text)"
        names.insert(written)
        if kind == "option" && !isRepeating { single.insert(written) }
      }
    }
  }

  /// Checks that the command has every option of the arguments. ArgumentParser complains of a
  /// missing one first, and a user who takes one command for another reads of the wrong thing.
  ///
  /// - Throws: for the first that it does not have.
  package func checkNames(of arguments: [String]) throws(ArgumentError) {
    for argument in arguments.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let name = String(argument.prefix { $0 != "=" })
      guard !names.contains(name), !["--help", "--version"].contains(name) else { continue }
      throw ArgumentError(
        description: "Unknown option '\(name)'" + NearestName.question(name, among: names.sorted()))
    }
  }
}
