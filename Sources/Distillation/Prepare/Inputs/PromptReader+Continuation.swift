import HuggingFace
import Tokenizers

extension PromptReader {
  /// The tokens of a completion after its prompt: a tokenizer that adds a mark before the first
  /// word of a text must not add it to a completion. Where a token would span the last word of the
  /// prompt and the completion, the completion is tokenized by itself.
  func continuation(
    of text: String, _ prompt: [Int], with completion: String, _ tokenizer: Tokenizer
  ) throws(PlacementError) -> [Int] {
    do {
      let joint = try tokenizer.encode(text + completion, addingSpecialTokens: false)
      if joint.starts(with: prompt) { return Array(joint.dropFirst(prompt.count)) }
      return try tokenizer.encode(completion, addingSpecialTokens: false)
    } catch { throw .folder(.tokenizer("\(error)")) }
  }

  /// The tokens of a prompt and of a text that goes on after it and has no end: as a model's answer
  /// with a chat template, else as the same text.
  func tokens(
    of text: String, openEnded completion: String
  ) throws(PlacementError) -> Tokens? {
    guard case .text(let tokenizer, let placement) = form else { return nil }
    let placed = try placement.promptTokens(of: text)
    let response =
      placement.isChat
      ? try placement.responseIdentifiers(
        of: completion, after: [ChatMessage(role: "user", content: text)], tools: nil)
      : try continuation(of: text, placed.identifiers, with: completion, tokenizer)
    return Tokens(prompt: placed.identifiers, response: response, isCut: placed.isCut)
  }
}
