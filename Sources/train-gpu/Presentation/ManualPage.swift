import ArgumentParser
import Distillation
import JSON

/// A man page of a program and its commands, in the language of man(7), from the texts of their
/// help.
struct ManualPage {
  let text: String

  /// Reads what the program says of itself.
  init(of program: (some ParsableCommand).Type) throws {
    let help = program._dumpHelp()
    let root: JSONNode = try JSONNode(parsing: Array(help.utf8), file: "the help")
      .required("command")
    let command = try ManualCommand(root)
    let lines =
      [
        ".TH \(command.name.uppercased().roff) 1 \(ProgramVersion.date) \"\(command.name) \(program.configuration.version)\"",
        // Names of options are broken at no hyphen.
        ".nh", ".ad l",
        ".SH NAME", "\(command.name.roff) \\- \(command.abstract.roff)", ".SH SYNOPSIS",
        ".B \(command.name.roff)", "\\fIcommand\\fR [\\fIoptions\\fR]", ".SH DESCRIPTION",
      ] + command.discussion + [".SH COMMANDS"]
      + command.subcommands.flatMap { Self.section($0, of: command.name) }
    text = lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ command: ManualCommand, of program: String) -> [String] {
    let options = command.options.flatMap { option in
      [".TP", option.heading] + (option.help.isEmpty ? ["\\&"] : [option.help])
    }
    return [".SS \"\(program.roff) \(command.name.roff)\"", command.abstract.roffLines]
      + (command.discussion.isEmpty ? [] : [".PP"] + command.discussion) + options
  }
}

/// A command in the help.
private struct ManualCommand {
  let name: String
  let abstract: String
  /// The paragraphs, with requests between them.
  let discussion: [String]
  let options: [ManualOption]
  let subcommands: [ManualCommand]

  init(_ node: JSONNode) throws(JSONReadingError) {
    name = try node.required("commandName")
    abstract = try node.optional("abstract") ?? ""
    let text: String = try node.optional("discussion") ?? ""
    discussion = Array(
      text.split(separator: "\n\n").map { [String($0).roffLines] }.joined(separator: [".PP"]))
    let arguments: [JSONNode] = try node.optional("arguments") ?? []
    var options: [ManualOption] = []
    for argument in arguments where try argument.optional("shouldDisplay") ?? true {
      options.append(try ManualOption(argument))
    }
    self.options = options
    let commands: [JSONNode] = try node.optional("subcommands") ?? []
    var subcommands: [ManualCommand] = []
    for command in commands where try command.optional("shouldDisplay") ?? true {
      let found = try ManualCommand(command)
      // The command that prints the help is the same everywhere.
      if found.name != "help" { subcommands.append(found) }
    }
    self.subcommands = subcommands
  }
}

/// An option or an argument of a command in the help.
private struct ManualOption {
  /// The names and the value, as .TP takes them.
  let heading: String
  let help: String

  init(_ node: JSONNode) throws(JSONReadingError) {
    let names: [JSONNode] = try node.optional("names") ?? []
    var spelled: [String] = []
    for name in names {
      let text: String = try name.required("name")
      let kind: String = try name.required("kind")
      spelled.append("\\fB\((kind == "long" ? "--" : "-").roff)\(text.roff)\\fR")
    }
    let kind: String = try node.required("kind")
    let value: String? = try node.optional("valueName")
    let operand = kind == "flag" ? "" : value.map { "\\fI\($0.roff)\\fR" } ?? ""
    heading = ([spelled.joined(separator: ", "), operand].filter { !$0.isEmpty })
      .joined(separator: " ")
    let standard: String? = try node.optional("defaultValue")
    let text: String = try node.optional("abstract") ?? ""
    help = (text + (standard.map { " (default: \($0))" } ?? "")).roffLines
  }
}

extension String {
  /// The text as man(7) prints it: without line ends, and with the characters that mean something
  /// there written as their names.
  fileprivate var roff: String {
    split(whereSeparator: \.isNewline).joined(separator: " ")
      .replacing("\\", with: "\\e").replacing("-", with: "\\-")
  }

  /// The same in lines of at most 80 bytes, as far as words allow, none of which is a request.
  fileprivate var roffLines: String {
    var lines: [String] = []
    for word in roff.split(separator: " ") {
      if let last = lines.last, last.utf8.count + word.utf8.count < 80 {
        lines[lines.count - 1] = "\(last) \(word)"
      } else {
        lines.append(word.hasPrefix(".") || word.hasPrefix("'") ? "\\&\(word)" : String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
