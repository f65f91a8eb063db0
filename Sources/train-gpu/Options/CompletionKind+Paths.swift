import ArgumentParser
import Foundation

extension CompletionKind {
  /// Files of examples, one JSON object a line.
  static let jsonLines = CompletionKind.file(extensions: ["jsonl"])

  /// Fixed names, and the files and folders below the path that the word begins with.
  static func namesOrPaths(_ names: [String]) -> CompletionKind {
    .custom { _, _, word in names + paths(word) }
  }

  /// The entries of the folder in a beginning of a path. A shell expands what it completes, so names
  /// with characters that mean something to one are left out.
  private static func paths(_ word: String) -> [String] {
    let folder = word.lastIndex(of: "/").map { String(word[...$0]) } ?? ""
    let entries =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    return entries.filter { name in
      !name.hasPrefix(".")
        && name.allSatisfy { $0.isLetter || $0.isNumber || "._-+@%,".contains($0) }
    }.sorted().map { folder + $0 }
  }
}
