import JSON
import Tokenizers

extension GGUFVocabulary {
  /// What llama.cpp's converter writes for a tokenizer.json: added tokens by their text, and
  /// spaces for U+2581 in those that are not special. Files of SentencePiece have scores; a
  /// tokenizer.json has none, but its tokens stand in their order.
  ///
  /// - Parameters:
  ///   - json: the tokenizer.json.
  ///   - preTokenizer: `tokenizer.ggml.pre`; nil for SentencePiece.
  ///   - keepsMerges: whether the merges are written for SentencePiece too.
  init(
    converting json: JSONNode, preTokenizer: String?, keepsMerges: Bool = false
  ) throws {
    let model: JSONNode = try json.required("model")
    let vocabulary: JSONNode = try model.required("vocab")
    var byIdentifier: [Int: (text: String, type: Int)] = [:]
    for member in try vocabulary.members().members {
      guard case .integer(let identifier) = member.value else { continue }
      byIdentifier[identifier] = (member.key, member.key.isByteToken ? 6 : 1)
    }
    for token in try json.required("added_tokens", [JSONNode].self) {
      let content: String = try token.required("content")
      let isSpecial: Bool = try token.required("special")
      byIdentifier[try token.required("id")] =
        isSpecial ? (content, 3) : (content.replacing("\u{2581}", with: " "), 4)
    }
    let count = (byIdentifier.keys.max() ?? -1) + 1
    let tokens = (0..<count).map { byIdentifier[$0] ?? ("[PAD\($0)]", 5) }
    self.init(
      file: "converted.gguf", model: preTokenizer == nil ? "llama" : "gpt2",
      tokens: tokens.map(\.text))
    types = tokens.map(\.type)
    self.preTokenizer = preTokenizer
    if preTokenizer == nil {
      // Those of Llama's SentencePiece model: its order, and runs of spaces last.
      scores = tokens.enumerated().map { index, token in
        let isRun = token.text.count > 1 && token.text.allSatisfy { $0 == "\u{2581}" }
        return token.type == 4 ? -1000 : isRun ? -1e9 : -Double(index)
      }
    }
    if preTokenizer != nil || keepsMerges {
      merges = try model.required("merges", [JSONNode].self).map { merge in
        if case .string(let text) = merge.json { return text }
        return try ([String](reading: merge) ?? []).joined(separator: " ")
      }
    }
  }

  /// The identifier of a token.
  func identifier(of token: String) -> Int? {
    tokens.firstIndex { $0.utf8.elementsEqual(token.utf8) }
  }
}

extension String {
  fileprivate var isByteToken: Bool {
    utf8.count == 6 && hasPrefix("<0x") && hasSuffix(">")
  }
}
