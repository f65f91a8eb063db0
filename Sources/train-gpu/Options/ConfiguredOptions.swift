/// Which options hold as a configuration file states them: a refusal names the file with them,
/// where nobody sees them on the command line.
struct ConfiguredOptions {
  private let path: String
  /// The line of each option, by its name without dashes.
  private let lines: [String: Int]

  /// None.
  init() { (path, lines) = ("", [:]) }

  /// Options of a file.
  ///
  /// - Parameters:
  ///   - entries: those that the command line has not replaced.
  ///   - path: the file.
  init(_ entries: [ConfigurationFile.Entry], of path: String) {
    self.path = path
    lines = Dictionary(entries.map { ($0.name, $0.line) }) { first, _ in first }
  }

  /// Where the options that a message names stand; empty where none of them is the file's.
  ///
  /// - Parameter message: a refusal with names as the command line has them.
  func places(in message: String) -> String {
    var found: [(name: String, line: Int)] = []
    for match in message.matches(of: #/--([a-z]+(?:-[a-z]+)*)/#) {
      let name = String(match.output.1)
      guard let (own, line) = entry(name), !found.contains(where: { $0.name == own }) else {
        continue
      }
      found.append((own, line))
    }
    let places = found.map { "\(CommandLineOption.name($0.name)) stands in \(path):\($0.line)" }
    return places.isEmpty ? "" : "; " + places.joined(separator: ", ")
  }

  /// The option of a name or its opposite: `filter: false` is `--no-filter`.
  private func entry(_ name: String) -> (name: String, line: Int)? {
    let opposite = name.hasPrefix("no-") ? String(name.dropFirst(3)) : "no-\(name)"
    for name in [name, opposite] {
      if let line = lines[name] { return (name, line) }
    }
    return nil
  }
}
