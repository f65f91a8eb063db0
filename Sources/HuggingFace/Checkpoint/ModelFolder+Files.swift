import Files
import Foundation
import JSON
import Safetensors
import Tokenizers

extension ModelFolder {
  /// The names of the folder's files.
  var files: ModelFiles {
    ModelFiles((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [])
  }

  /// What was found instead of `config.json`.
  var insteadOfConfiguration: String {
    if has("adapter_config.json") {
      let config = try? JSONNode(contentsOf: url.appending(path: "adapter_config.json"))
      return files.insteadOfConfiguration(adapter: AdapterDescription(config))
    }
    let found = files.insteadOfConfiguration()
    guard found == "no such file", let inner = innerModel else { return found }
    return "one in \(inner); name that folder"
  }

  /// The first folder inside this one that holds a `config.json`, such as a snapshot of the hub's
  /// cache.
  private var innerModel: String? {
    for depth in ["", "snapshots/"] {
      let outer = url.appending(path: depth).path
      for name in (try? FileManager.default.contentsOfDirectory(atPath: outer))?.sorted() ?? [] {
        if has("\(depth)\(name)/config.json") { return "\(depth)\(name)" }
      }
    }
    return nil
  }

  /// What a path names that is a file.
  static func file(at url: URL) -> String {
    let folder = url.deletingLastPathComponent()
    let hasConfiguration = FileManager.default.fileExists(
      atPath: folder.appending(path: "config.json").path)
    if hasConfiguration { return "a file; name its folder \(folder.path)" }
    if let special = SpecialFile(at: url.path) { return special.description }
    guard let handle = try? FileHandle(forReadingFrom: url) else { return "a file" }
    let start = (try? handle.read(upToCount: FileKind.prefixLength)) ?? nil
    return FileKind([UInt8](start ?? Data())).map(\.description) ?? "a file"
  }

  /// The path of the file with the tokenizer.
  package var tokenizerPath: String {
    gguf?.path ?? url.appending(path: "tokenizer.json").path
  }

  /// The tokenizer, for texts.
  ///
  /// - Throws: where the folder has none, with what it has instead.
  package func requiredTokenizer() throws(ModelFolderError) -> Tokenizer {
    guard let tokenizer = try tokenizer() else {
      if let gguf { throw gguf.missingTokenizer }
      throw .missingFile(
        folder: url.path, name: "tokenizer.json", found: files.insteadOfTokenizer())
    }
    return tokenizer
  }
}
