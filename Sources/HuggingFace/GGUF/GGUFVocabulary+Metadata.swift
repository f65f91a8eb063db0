import GGUF
import JSON
import Tokenizers

extension GGUFVocabulary {
  /// Reads the tokenizer of a file's metadata; nil where they describe none.
  ///
  /// What the lists hold is checked when a tokenizer is made of them.
  ///
  /// - Throws: where a value is of another kind, or a text is not UTF-8.
  package init?(_ metadata: GGUFMetadata) throws(GGUFError) {
    let prefix = "tokenizer.ggml."
    guard let model: String = try metadata.optional("\(prefix)model"),
      model != "none", model != "no_vocab"
    else { return nil }
    self.init(
      file: metadata.file, model: model, tokens: try metadata.required("\(prefix)tokens"))
    architecture = try metadata.optional("general.architecture") ?? ""
    preTokenizer = try metadata.optional("\(prefix)pre")
    types = try metadata.optional("\(prefix)token_type")
    scores = try metadata.optional("\(prefix)scores")
    merges = try metadata.optional("\(prefix)merges")
    addsBegin = try metadata.optional("\(prefix)add_bos_token")
    addsEnd = try metadata.optional("\(prefix)add_eos_token")
    addsPrefixSpace = try metadata.optional("\(prefix)add_space_prefix")
    for role in GGUFTokenRole.allCases { roles[role] = try metadata.optional(role.key) }
  }
}

extension GGUFMetadata {
  /// The source of the chat template and its place, or nil where there is none.
  ///
  /// A model may have several: the default under `tokenizer.chat_template`, the others under that
  /// key and a name.
  ///
  /// - Throws: where there are named ones alone.
  package func chatTemplate() throws(GGUFError) -> (source: String, location: String)? {
    let key = "tokenizer.chat_template"
    if let source: String = try optional(key) { return (source, "\(file), \(key)") }
    let named = keys.filter { $0.hasPrefix("\(key).") }.map { $0.dropFirst(key.count + 1) }
    guard named.isEmpty else {
      throw failure(
        at: key, expected: "a default template, or one of those with a name in a file of its own",
        found: named.joined(separator: ", "))
    }
    return nil
  }
}
