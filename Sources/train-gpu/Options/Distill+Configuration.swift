import ArgumentParser
import Arguments
import HuggingFace
import JSON

extension Distill {
  /// Names that only the command line may use.
  private static let forbidden: Set = ["config", "help", "version"]

  /// Options that exclude each other, and the context and adapters, which would add up: those of
  /// the command line replace the others.
  private var answered: Set<String> {
    var names: Set<String> = []
    if plan.steps != nil || plan.epochs != nil { names.formUnion(["steps", "epochs"]) }
    if !files.context.isEmpty { names.insert("context") }
    if !files.beside.isEmpty { names.insert("beside") }
    if !files.lora.lora.isEmpty { names.insert("lora") }
    if files.overwrite || files.resume { names.formUnion(["overwrite", "resume"]) }
    if common.verbose || common.quiet { names.formUnion(["verbose", "quiet"]) }
    return names
  }

  /// Whether an entry is a variable that the command line sets.
  private func isAnsweredByName(_ entry: ConfigurationFile.Entry) -> Bool {
    guard entry.name == "template-variable",
      let variable = try? TemplateVariables(argument: entry.value)
    else { return false }
    return variable.values.keys.contains(where: objective.templateVariables.names.contains)
  }

  /// The command with the options of its configuration file, where it has one, before those of the
  /// command line, which take precedence.
  ///
  /// - Parameters:
  ///   - arguments: of the whole program.
  ///   - options: takes the options of the file that hold.
  /// - Throws: for an unknown option or an invalid value, with its line.
  func withConfiguration(
    of arguments: [String], _ options: inout ConfiguredOptions
  ) throws -> Distill {
    guard let path = files.config else { return self }
    let file = try ConfigurationFile(path)
    let given = RepeatedOptions(arguments)
    var configured: [String] = []
    var (entries, taken) = ([ConfigurationFile.Entry](), [ConfigurationFile.Entry]())
    for entry in file.entries {
      let accepted = try Self.accepted(entry, of: file.path)
      guard !answered.contains(entry.name), !isAnsweredByName(entry) else { continue }
      configured += accepted
      guard !accepted.isEmpty else { continue }
      taken.append(entry)
      if !given.replaces(entry.name) { entries.append(entry) }
    }
    if let name = RepeatedOptions(configured).contradiction {
      options = ConfiguredOptions(taken, of: path)
      throw UsageError(description: "give one of --\(name) and --no-\(name)")
    }
    options = ConfiguredOptions(entries, of: path)
    let own = arguments.first == Self._commandName ? Array(arguments.dropFirst()) : arguments
    return try Distill.parse(configured + own)
  }

  /// The arguments of an entry, parsed by themselves.
  private static func accepted(
    _ entry: ConfigurationFile.Entry, of path: String
  ) throws -> [String] {
    let location = "\(path):\(entry.line): "
    guard !forbidden.contains(entry.name), entry.name.count > 1, !entry.name.hasPrefix("-") else {
      throw UsageError(
        description: "\(location)'\(entry.name)' is no option of a configuration file")
    }
    if isFlag(entry.name) {
      guard let bool = entry.bool else {
        let found = entry.isQuoted ? "the text \"\(entry.value.excerpt)\"" : entry.value.excerpt
        throw UsageError(
          description: "\(location)\(entry.name): expected true or false, found \(found)")
      }
      // Most flags are off by default; the others have a name that turns them off.
      if bool { return ["--\(entry.name)"] }
      return (try? Distill.parse(["--no-\(entry.name)"])) == nil ? [] : ["--no-\(entry.name)"]
    }
    let argument = "--\(entry.name)=\(entry.value)"
    do {
      _ = try Distill.parse([argument])
      return [argument]
    } catch {
      let reason = InvalidValue.line(Distill.message(for: error))
      if reason.hasPrefix("Unknown option") {
        let names = try CommandOptions(help: Distill._dumpHelp()).names
          .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
        throw UsageError(
          description: "\(location)unknown option '\(entry.name)'"
            + NearestName.question(
              entry.name, among: names.filter { !forbidden.contains($0) }.sorted()))
      }
      throw UsageError(description: location + reason)
    }
  }

  /// Whether a name is that of an option without a value.
  static func isFlag(_ name: String) -> Bool {
    (try? Distill.parse(["--\(name)"])) != nil
  }
}
