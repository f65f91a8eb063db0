import Foundation
import GGUF

/// The files of a split model, as `llama-gguf-split` writes them: `NAME-00001-of-00003.gguf` and so
/// on. The first has the metadata; each says its number, their count and the count of all tensors.
enum GGUFShards {
  /// More shards are refused before any is looked for.
  private static let limit = 9999

  /// The number and the count of a shard's name, counted from 1; nil for other names.
  static func number(of name: String) -> (stem: Substring, number: Int, count: Int)? {
    guard let match = name.wholeMatch(of: /(.*)-(\d{5})-of-(\d{5})\.gguf/.ignoresCase()),
      let number = Int(match.output.2), let count = Int(match.output.3), number > 0,
      number <= count, count <= limit
    else { return nil }
    return (match.output.1, number, count)
  }

  /// The name of a shard.
  static func name(_ stem: some StringProtocol, _ number: Int, of count: Int) -> String {
    func digits(_ value: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "\(stem)-\(digits(number))-of-\(digits(count)).gguf"
  }

  /// Opens a file, and where it is a shard, all others too.
  static func open(_ url: URL) throws(GGUFError) -> [GGUFFile] {
    let named = try GGUFFile(contentsOf: url)
    let count = try named.metadata.optional("split.count") ?? 1
    guard count != 1 else { return [named] }
    guard let name = number(of: url.lastPathComponent) else {
      throw named.metadata.failure(
        at: "split.count", expected: "1, or a name such as model-00001-of-00002.gguf")
    }
    guard name.count == count else {
      throw named.metadata.failure(
        at: "split.count", expected: "\(name.count), as the file's name says")
    }
    var files: [GGUFFile] = []
    for number in 1...count {
      let shard = url.deletingLastPathComponent()
        .appending(path: Self.name(name.stem, number, of: count))
      let file = number == name.number ? named : try GGUFFile(contentsOf: shard)
      try check(file, number: number, count: count)
      files.append(file)
    }
    let (expected, found) = (
      try files[0].metadata.optional("split.tensors.count", Int.self),
      files.reduce(0) { $0 + $1.tensors.count }
    )
    if let expected, expected != found {
      throw files[0].metadata.failure(
        at: "split.tensors.count", expected: "\(found), the tensors of all shards")
    }
    return files
  }

  private static func check(
    _ file: GGUFFile, number: Int, count: Int
  ) throws(GGUFError) {
    for (key, expected) in [("split.count", count), ("split.no", number - 1)] {
      guard try file.metadata.optional(key) == expected else {
        throw file.metadata.failure(at: key, expected: "\(expected)")
      }
    }
  }
}
