import Foundation

/// Which of several GGUF files a user means: one whose name has certain words, such as `Q4_K_M`, or
/// the only one.
package struct GGUFChoice: Sendable, Equatable {
  /// The words; nil where none are named.
  let words: String?

  init(_ words: String?) { self.words = words }

  /// The path in a folder of its GGUF file, which may be in a folder in it; of shards the first.
  /// Nil where none is named and the folder has safetensors files, or no GGUF file.
  ///
  /// - Throws: when none or several have the name, or there are several and none is named.
  func file(in folder: URL) throws(GGUFChoiceError) -> String? {
    let names = Self.names(in: folder)
    if words == nil, Self.hasSafetensors(names) || Self.models(among: names).isEmpty { return nil }
    return try file(among: names, of: folder.path)
  }

  /// The GGUF file of these files; of shards the first.
  ///
  /// - Parameters:
  ///   - names: paths inside a folder or repository.
  ///   - place: the folder or repository, for messages.
  func file(
    among names: some Collection<String>, of place: String
  ) throws(GGUFChoiceError) -> String {
    let models = Self.models(among: names)
    var found = models
    if let words {
      let exact = models.filter { $0 == words || $0 == "\(words).gguf" }
      found = exact.isEmpty ? models.filter { Self.has(words, in: $0) } : exact
    }
    guard found.count == 1, let name = found.first else {
      throw GGUFChoiceError(place: place, words: words, found: found.isEmpty ? models : found)
    }
    return name
  }

  /// Whether a GGUF file is meant where there are these files: one is named, or there is nothing
  /// else.
  func isMeant(among names: some Collection<String>) -> Bool {
    words != nil || (!Self.hasSafetensors(names) && !Self.models(among: names).isEmpty)
  }

  /// The file of a name with the other shards of its model.
  static func shards(of name: String) -> [String] {
    let parts = name.split(separator: "/")
    guard let last = parts.last, let shard = GGUFShards.number(of: String(last)) else {
      return [name]
    }
    let folder = parts.dropLast().map { "\($0)/" }.joined()
    return (1...shard.count).map { folder + GGUFShards.name(shard.stem, $0, of: shard.count) }
  }

  /// The names of the files of a folder, and of those in its folders.
  static func names(in folder: URL) -> [String] {
    let manager = FileManager.default
    return ((try? manager.contentsOfDirectory(atPath: folder.path)) ?? []).flatMap { name in
      let inner = folder.appending(path: name).path
      var isFolder: ObjCBool = false
      guard !name.hasPrefix("."), unsafe manager.fileExists(atPath: inner, isDirectory: &isFolder),
        isFolder.boolValue
      else { return [name] }
      return ((try? manager.contentsOfDirectory(atPath: inner)) ?? []).map { "\(name)/\($0)" }
    }
  }

  private static func hasSafetensors(_ names: some Collection<String>) -> Bool {
    names.contains { $0 == Checkpoint.singleName || $0 == Checkpoint.indexName }
  }

  /// The files that hold a model, sorted; of shards the first. Projectors of images and matrices of
  /// importance stand beside models under names of their own.
  private static func models(among names: some Collection<String>) -> [String] {
    names.filter { name in
      let last = name.split(separator: "/").last.map(String.init) ?? name
      let lowered = last.lowercased()
      guard lowered.hasSuffix(".gguf"), !lowered.hasPrefix("."), !lowered.contains("mmproj"),
        !lowered.contains("imatrix")
      else { return false }
      return (GGUFShards.number(of: last)?.number ?? 1) == 1
    }.sorted()
  }

  /// Whether a file's name has these words, such as `Q4_K_M` in `model-Q4_K_M.gguf`, whatever their
  /// case. Inside a longer word, such as `IQ4_K_M`, they do not count.
  private static func has(_ words: String, in name: String) -> Bool {
    let (text, words) = (name.lowercased(), words.lowercased())
    guard !words.isEmpty else { return false }
    func isPartOfWord(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_"
    }
    return text.ranges(of: words).contains { range in
      !(text[..<range.lowerBound].last.map(isPartOfWord) ?? false)
        && !(text[range.upperBound...].first.map(isPartOfWord) ?? false)
    }
  }
}

/// A choice among GGUF files that leaves none or several.
package struct GGUFChoiceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder or repository.
  let place: String
  /// What was named, or nil.
  let words: String?
  /// The files among which it leaves the choice.
  let found: [String]

  /// More names than these are counted instead.
  private static let limit = 24

  /// The whole error in one line.
  package var description: String {
    let names = found.prefix(Self.limit).joined(separator: ", ")
    let rest = found.count - Self.limit
    let expected =
      words.map { "one GGUF file with \($0) in its name" }
      ?? "one GGUF file, or a part of its name behind a colon"
    return "\(place): expected \(expected), found "
      + (found.isEmpty ? "none" : rest > 0 ? "\(names) and \(rest) more" : names)
  }
}
