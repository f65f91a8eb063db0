import Foundation

/// The documentation that a user reads: the catalog of the site, and README.md.
enum Catalog {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let folder = root.appending(path: "Documentation/Pith.docc")

  private static func text(_ url: URL) throws -> String {
    try String(contentsOf: url, encoding: .utf8)
  }

  /// A file that a tutorial shows.
  static func resource(_ name: String) throws -> String {
    try text(folder.appending(path: "Resources/\(name)"))
  }

  /// The files that have commands, and those.
  static func shellTexts() throws -> [(file: String, text: String)] {
    let readme = try text(root.appending(path: "README.md"))
    var found = [("README.md", indentedCalls(of: readme) + "\n" + inlineCalls(of: readme))]
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    for name in names {
      let file = folder.appending(path: name)
      switch file.pathExtension {
      case "sh": found.append((name, try text(file)))
      case "md":
        let markdown = try text(file)
        let parts = [fencedBlocks(of: markdown), indentedCalls(of: markdown)]
        found.append((name, (parts + [inlineCalls(of: markdown)]).joined(separator: "\n")))
      default: break
      }
    }
    return found
  }

  private static func fencedBlocks(of markdown: String) -> String {
    markdown.matches(of: /```sh\n([\s\S]*?)```/).map { String($0.output.1) }.joined(separator: "\n")
  }

  private static func indentedCalls(of markdown: String) -> String {
    markdown.replacing("\\\n", with: " ").split(separator: "\n")
      .filter { $0.hasPrefix("    ") && $0.contains("train-gpu ") }.joined(separator: "\n")
  }

  /// Calls within sentences and tables that have arguments; the others are names of commands.
  private static func inlineCalls(of markdown: String) -> String {
    markdown.replacing(/```[\s\S]*?```/, with: "").matches(of: /`([^`]+)`/)
      .map { String($0.output.1).replacing("\n", with: " ") }
      .filter { $0.contains(/train-gpu [a-z]+ .*--/) }.joined(separator: "\n")
  }

  /// The blocks of code of an export's README.md, in their order.
  static func codeBlocks(of markdown: String) -> [String] {
    markdown.matches(of: /```(?:sh|python)\n([\s\S]*?)```/).map { String($0.output.1) }
  }
}
