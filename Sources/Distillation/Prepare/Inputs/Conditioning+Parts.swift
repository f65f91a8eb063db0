import HuggingFace
package import Inference

extension Conditioning {
  /// The teacher's prefix of the prompts after a part of the context; without tokens between header
  /// and closing where the tokenizer leaves nothing of it.
  package func teacherPrefix(of part: ContextPart) throws(DistillationError) -> Prefix {
    guard part != .whole, let text = reader.text(of: part), let placed = try placed(text) else {
      return teacherPrefix
    }
    return Prefix(
      Frame(header: frame.header, closing: placed.closing), .context(placed.identifiers))
  }

  /// The tokens of a text in the context's position; nil with token ids.
  func placed(_ text: String) throws(DistillationError) -> PlacedContext? {
    do { return try placement?.contextTokens(of: text) } catch { throw .placement(error) }
  }
}
