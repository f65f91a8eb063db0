import Files
import Foundation
import JSON
import Tokenizers

extension ModelFolder {
  /// A `tokenizer.json` that gives the folder's tokens without the files beside it and whatever the
  /// class that reads it; nil where the folder has none.
  ///
  /// - Throws: where a file of it is damaged, or its class is not supported.
  package func tokenizerJSON() throws(ModelFolderError) -> JSON? {
    if let gguf { return try gguf.tokenizerJSON() }
    guard let node = try assembledTokenizer() else { return nil }
    guard case .object(var object) = node.json else { return node.json }
    do {
      object["added_tokens"] = try Tokenizer(node).addedTokenList
    } catch {
      throw .tokenizer("\(error)")
    }
    object["truncation"] = .null
    object["padding"] = .null
    return .object(object)
  }

  /// The special tokens by the name that chat templates use, as the class and the files give them.
  func specialTokens() throws(ModelFolderError) -> [String: String] {
    let (type, settings) = try tokenizerReading(nil)
    let named = type.namedTokens(settings).map { ($0.name, $0.token.content) }
    return Dictionary(named, uniquingKeysWith: { $1 })
  }

  /// `tokenizer.json` as the class of the folder makes it.
  func assembledTokenizer() throws(ModelFolderError) -> JSONNode? {
    guard let file = try optionalJSON("tokenizer.json") else { return nil }
    let (type, settings) = try tokenizerReading(file)
    do {
      return JSONNode(try type.assemble(file, settings), file: file.file)
    } catch {
      throw .json(error)
    }
  }

  /// The class and the settings of the tokenizer; `file` is `tokenizer.json`, whose added tokens
  /// count where `tokenizer_config.json` has none.
  private func tokenizerReading(
    _ file: JSONNode?
  ) throws(ModelFolderError) -> (type: TokenizerClass, settings: TokenizerSettings) {
    let config = try optionalJSON("tokenizer_config.json")
    let specialTokens = try optionalJSON("special_tokens_map.json")
    let addedTokens = try optionalJSON("added_tokens.json")
    let model = try optionalJSON("config.json")
    do {
      let type = try TokenizerClass(settings: config, config: model) { namesByteLevel() }
      let settings = try TokenizerSettings(
        config: config, specialTokens: specialTokens, addedTokens: addedTokens, tokenizer: file)
      return (type, settings)
    } catch {
      throw .json(error)
    }
  }

  /// Whether the text of `tokenizer.json` names the component ByteLevel, which is what transformers
  /// looks for.
  private func namesByteLevel() -> Bool {
    let file = url.appending(path: "tokenizer.json")
    guard SpecialFile(at: file.path) == nil,
      let data = try? Data(contentsOf: file, options: .mappedIfSafe)
    else { return false }
    return data.range(of: Data("\"ByteLevel\"".utf8)) != nil
  }
}
