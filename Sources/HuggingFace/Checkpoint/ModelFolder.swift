import Files
import Foundation
import GGUF
import JSON
import Tokenizers

/// A model as the Hugging Face hub stores it: `config.json`, safetensors files, `tokenizer.json`
/// and the small files beside them, also a snapshot folder of the hub's cache; or a GGUF file,
/// which holds all of this in its own way.
///
/// Each file of a folder is read when it is needed, so that a folder with a tokenizer alone still
/// tokenizes.
package struct ModelFolder: Sendable {
  /// What holds the model.
  enum Contents: Sendable {
    /// The files of the folder.
    case files
    case gguf(GGUFModel)
  }

  /// The folder, or the GGUF file; the first of its shards.
  package let url: URL

  let contents: Contents

  /// The path of the GGUF file inside the folder where it was chosen; nil where it was named
  /// itself, and of other models.
  let ggufName: String?

  /// ``weightsDigest()`` once it is known, shared by all copies of this value.
  let knownWeights = KnownDigest()

  /// LoRA adapters, whose updates are added to the weights at load, in this order.
  package var adapters: [LoRAAdapter] = []

  /// The model without LoRA adapters.
  package var withoutAdapters: ModelFolder {
    var folder = self
    folder.adapters = []
    return folder
  }

  /// Takes the folder at `url` without reading its files, or opens the GGUF file that is there or
  /// in it. A folder's safetensors files precede its GGUF files.
  ///
  /// - Parameters:
  ///   - url: a folder or a GGUF file.
  ///   - choice: which GGUF file of the folder is meant.
  /// - Throws: when there is neither, the choice leaves none or several, or the file is damaged.
  package init(at url: URL, choosing choice: GGUFChoice = GGUFChoice(nil)) throws(ModelFolderError)
  {
    // Links are followed: the hub's caches are full of them.
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isDirectoryKey])
    guard let isFolder = values?.isDirectory else { throw .missing(url.path) }
    guard isFolder else {
      guard GGUFFile.isGGUF(url) || url.pathExtension.lowercased() == "gguf",
        SpecialFile(at: url.path) == nil
      else { throw .notAFolder(url.path, found: Self.file(at: url)) }
      if let words = choice.words { throw .choiceInFile(url.path, words: words) }
      self.init(try Self.open(url))
      return
    }
    let file: String?
    do { file = try choice.file(in: url) } catch { throw .ggufChoice(error) }
    guard let file else {
      self.init(url: url, contents: .files)
      return
    }
    self.init(try Self.open(url.appending(path: file)), name: file)
  }

  private init(_ model: GGUFModel, name: String? = nil) {
    self.init(url: URL(fileURLWithPath: model.path), contents: .gguf(model), ggufName: name)
  }

  private init(url: URL, contents: Contents, ggufName: String? = nil) {
    self.url = url
    self.contents = contents
    self.ggufName = ggufName
  }

  private static func open(_ url: URL) throws(ModelFolderError) -> GGUFModel {
    do { return try GGUFModel(contentsOf: url) } catch { throw .gguf(error) }
  }

  /// The GGUF file of the model, or nil.
  var gguf: GGUFModel? {
    if case .gguf(let model) = contents { model } else { nil }
  }

  /// `config.json`, which says what the model is.
  ///
  /// - Throws: where there is none, or it is damaged.
  package func config() throws(ModelFolderError) -> JSONNode {
    if let gguf { return gguf.config }
    guard has("config.json") else {
      throw .missingFile(folder: url.path, name: "config.json", found: insteadOfConfiguration)
    }
    return try json("config.json")
  }

  /// The weights.
  ///
  /// - Throws: where there are none, or they are damaged.
  package func checkpoint() throws(ModelFolderError) -> Checkpoint {
    if let gguf { return Checkpoint(gguf) }
    do {
      return try Checkpoint(folder: url)
    } catch {
      throw .checkpoint(error)
    }
  }

  /// The tokenizer that `AutoTokenizer` of transformers makes of the folder, or nil where it has no
  /// `tokenizer.json`.
  ///
  /// - Throws: where a file of it is damaged, or names a component that is not supported.
  package func tokenizer() throws(ModelFolderError) -> Tokenizer? {
    if let gguf { return try gguf.tokenizer() }
    guard let node = try assembledTokenizer() else { return nil }
    do {
      return try Tokenizer(node)
    } catch {
      throw .tokenizer("\(error)")
    }
  }

  /// The tokens that begin, end and pad a text, as far as the folder says. Where no configuration
  /// names one that ends a text, the tokenizer's `eos_token` does.
  ///
  /// - Throws: where a configuration is damaged.
  package func generationConfiguration() throws(ModelFolderError) -> GenerationConfiguration {
    if let gguf { return try gguf.generationConfiguration() }
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
  ///
  /// - Throws: where a file is damaged.
  package func tokenizerConfiguration() throws(ModelFolderError) -> TokenizerConfiguration {
    if let gguf { return try gguf.tokenizerConfiguration() }
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
    gguf == nil
      && FileManager.default.fileExists(atPath: url.appending(path: name).path)
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
