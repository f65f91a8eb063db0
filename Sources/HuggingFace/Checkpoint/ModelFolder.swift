import Foundation
import JSON
import Tokenizers

/// A model as the Hugging Face hub stores it: `config.json`, safetensors files, `tokenizer.json`
/// and the small files beside them. Also a snapshot folder of the hub's cache.
///
/// Each file is read when it is needed, so that a folder with a tokenizer alone still tokenizes.
package struct ModelFolder: Sendable {
  /// The folder.
  package let url: URL

  /// Takes the folder at `url`, without reading anything in it.
  ///
  /// - Throws: when there is no folder.
  package init(at url: URL) throws(ModelFolderError) {
    // Links are followed: the hub's caches are full of them.
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isDirectoryKey])
    guard let isFolder = values?.isDirectory else { throw .missing(url.path) }
    guard isFolder else {
      throw .notAFolder(url.path, found: Self.file(at: url))
    }
    self.url = url
  }

  /// `config.json`, which says what the model is.
  package func config() throws(ModelFolderError) -> JSONNode {
    guard has("config.json") else {
      throw .missingFile(folder: url.path, name: "config.json", found: insteadOfConfiguration)
    }
    return try json("config.json")
  }

  /// The weights.
  package func checkpoint() throws(ModelFolderError) -> Checkpoint {
    do {
      return try Checkpoint(folder: url)
    } catch {
      throw .checkpoint(error)
    }
  }

  /// The tokenizer that `AutoTokenizer` of transformers makes of the folder, or nil where it has no
  /// `tokenizer.json`.
  package func tokenizer() throws(ModelFolderError) -> Tokenizer? {
    guard let node = try assembledTokenizer() else { return nil }
    do {
      return try Tokenizer(node)
    } catch {
      throw .tokenizer("\(error)")
    }
  }

  /// The tokens that begin, end and pad a text, as far as the folder says. Where no configuration
  /// names one that ends a text, the tokenizer's `eos_token` does.
  package func generationConfiguration() throws(ModelFolderError) -> GenerationConfiguration {
    let generation: JSONNode? = try optionalJSON("generation_config.json")
    let config: JSONNode? = try optionalJSON("config.json")
    var found: GenerationConfiguration
    do {
      found = try GenerationConfiguration(generation: generation, config: config)
    } catch {
      throw .json(error)
    }
    if found.endIdentifiers.isEmpty,
      let token = try tokenizerConfiguration().specialTokens["eos_token"],
      let identifier = try tokenizer()?.identifier(of: token)
    {
      found.endIdentifiers = [identifier]
    }
    return found
  }

  /// `tokenizer_config.json` with the files beside it: special tokens and the chat template.
  package func tokenizerConfiguration() throws(ModelFolderError) -> TokenizerConfiguration {
    let config = try optionalJSON("tokenizer_config.json")
    let specialTokens = try specialTokens()
    do {
      return try TokenizerConfiguration(config: config, specialTokens: specialTokens)
    } catch {
      throw .json(error)
    }
  }

  /// Whether the folder has a file of this name.
  package func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appending(path: name).path)
  }

  /// A JSON file of the folder, or nil where it is absent.
  func optionalJSON(_ name: String) throws(ModelFolderError) -> JSONNode? {
    has(name) ? try json(name) : nil
  }

  private func json(_ name: String) throws(ModelFolderError) -> JSONNode {
    do {
      return try JSONNode(contentsOf: url.appending(path: name))
    } catch {
      throw .json(error)
    }
  }
}
