import HuggingFace
package import Inference

extension Conditioning {
  /// The teacher's prefix of the prompts after a part of the context; without tokens between header
  /// and closing where the tokenizer leaves nothing of it.
  ///
  /// - Throws: ``DistillationError/placement(_:)`` where the chat template or the tokenizer refuses
  ///   the text of the part.
  package func teacherPrefix(of part: ContextPart) throws(DistillationError) -> Prefix {
    guard part != .whole, let text = reader.text(of: part), let placed = try placed(text) else {
      return teacherPrefix
    }
    return Prefix(
      Frame(header: placed.header, closing: placed.closing), .context(placed.identifiers))
  }

  /// Tokens of the tools, which stand beside every part of the context; 0 without tools.
  func toolTokens() throws(DistillationError) -> Int {
    guard placement?.hasTools == true, let placed = try placed("x") else { return 0 }
    return max(placed.identifiers.count - 1, 0)
  }

  /// The tokens of a text in the context's position; nil with token ids.
  func placed(_ text: String) throws(DistillationError) -> PlacedContext? {
    do { return try placement?.contextTokens(of: text) } catch { throw .placement(error) }
  }
}
