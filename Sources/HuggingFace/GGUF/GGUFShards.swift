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
    // llama.cpp takes 0 for a file that is not split, too.
    let count = max(1, try named.metadata.optional("split.count") ?? 1)
    let parts = number(of: url.lastPathComponent)
    guard let name = parts, name.count > 1 || count > 1 else {
      guard count == 1 else {
        throw named.metadata.failure(
          at: "split.count", expected: "1, or a name such as model-00001-of-00002.gguf")
      }
      return [named]
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
    for file in files { try check(file, against: files) }
    return files
  }

  /// Checks that a shard says of the whole model what the shards together are: the first has all
  /// metadata, the others at least the count of all tensors.
  private static func check(_ file: GGUFFile, against files: [GGUFFile]) throws(GGUFError) {
    let (metadata, first) = (file.metadata, files[0].metadata)
    let count = files.reduce(0) { $0 + $1.tensors.count }
    let stated = try metadata.optional("split.tensors.count", Int.self)
    if let stated, stated != count {
      throw metadata.failure(
        at: "split.tensors.count", expected: "\(count), the tensors of all shards")
    }
    for key in metadata.keys where key != "split.no" && first.has(key) {
      guard metadata.hasSame(key, as: first) else {
        throw metadata.failure(
          at: key, expected: "\(first.description(of: key)), as \(files[0].path) has it")
      }
    }
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
