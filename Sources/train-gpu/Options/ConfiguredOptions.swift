import Foundation

/// Which options hold as a configuration file states them: a refusal names the file with them,
/// where nobody sees them on the command line.
struct ConfiguredOptions {
  private let path: String
  private let entries: [ConfigurationFile.Entry]

  /// None.
  init() { (path, entries) = ("", []) }

  /// Options of a file.
  ///
  /// - Parameters:
  ///   - entries: those that the command line has not replaced.
  ///   - path: the file.
  init(_ entries: [ConfigurationFile.Entry], of path: String) {
    self.path = path
    self.entries = entries
  }

  /// Where the options that a message names stand, and those whose path it begins with; empty
  /// where none of them is the file's.
  ///
  /// - Parameter message: a refusal with names as the command line has them.
  func places(in message: String) -> String {
    var found: [ConfigurationFile.Entry] = []
    func add(_ entry: ConfigurationFile.Entry?) {
      guard let entry, !found.contains(where: { $0.name == entry.name }) else { return }
      found.append(entry)
    }
    for match in message.matches(of: #/--([a-z]+(?:-[a-z]+)*)/#) {
      add(entry(String(match.output.1)))
    }
    entries(ofPathIn: message).forEach(add)
    let places = found.map { "\(CommandLineOption.name($0.name)) stands in \(path):\($0.line)" }
    return places.isEmpty ? "" : "; " + places.joined(separator: ", ")
  }

  /// The option of a name or its opposite: `filter: false` is `--no-filter`.
  private func entry(_ name: String) -> ConfigurationFile.Entry? {
    let opposite = name.hasPrefix("no-") ? String(name.dropFirst(3)) : "no-\(name)"
    return entries.first { $0.name == name } ?? entries.first { $0.name == opposite }
  }

  /// The options that name the file or folder, or the nearest above it, of which a message is.
  private func entries(ofPathIn message: String) -> [ConfigurationFile.Entry] {
    let named = entries.compactMap { entry in
      [entry.value, URL(fileURLWithPath: entry.value).path]
        .filter { path in
          let next = message.dropFirst(path.count).first
          return !path.isEmpty && message.hasPrefix(path) && (next == ":" || next == "/")
        }
        .map(\.count).max().map { (entry, length: $0) }
    }
    let longest = named.map(\.length).max()
    return named.filter { $0.length == longest }.map(\.0)
  }
}
