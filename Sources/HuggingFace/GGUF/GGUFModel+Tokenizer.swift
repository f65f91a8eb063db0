import GGUF
import JSON
import Tokenizers

/// The tokenizer and the chat template of a GGUF file.
extension GGUFModel {
  /// The tokenizer that the metadata describe, or nil where they describe none.
  func tokenizer() throws(ModelFolderError) -> Tokenizer? {
    try withVocabulary { vocabulary throws(TokenizerError) in try vocabulary.tokenizer() }
  }

  /// The same tokenizer as a tokenizer.json.
  func tokenizerJSON() throws(ModelFolderError) -> JSON? {
    try withVocabulary { vocabulary throws(TokenizerError) in try vocabulary.tokenizerJSON() }
  }

  /// Special tokens and the chat template.
  func tokenizerConfiguration() throws(ModelFolderError) -> TokenizerConfiguration {
    let tokens = try withVocabulary { vocabulary throws(TokenizerError) in
      try vocabulary.specialTokens()
    }
    do {
      return TokenizerConfiguration(
        specialTokens: tokens ?? [:], chatTemplate: try metadata.chatTemplate())
    } catch {
      throw .gguf(error)
    }
  }

  /// The error of a file without a tokenizer.
  var missingTokenizer: ModelFolderError {
    .gguf(
      metadata.failure(
        at: "tokenizer.ggml.model", expected: "gpt2 or llama, the tokenizers that are read"))
  }

  private func withVocabulary<Value>(
    _ body: (GGUFVocabulary) throws(TokenizerError) -> Value
  ) throws(ModelFolderError) -> Value? {
    let vocabulary: GGUFVocabulary?
    do { vocabulary = try GGUFVocabulary(metadata) } catch { throw .gguf(error) }
    guard let vocabulary else { return nil }
    do { return try body(vocabulary) } catch { throw .tokenizer("\(error)") }
  }
}
