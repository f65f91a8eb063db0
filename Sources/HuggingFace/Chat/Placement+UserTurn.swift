import Tokenizers

/// A user's message that the model is to complete.
package struct UserTurn: Sendable, Equatable {
  /// The tokens behind the closing, up to the end of the words that are given.
  package var identifiers: [Int]
  /// The special token that ends the message; nil where the template writes none there.
  package var end: Int?
}

extension Placement {
  /// Stands for the rest of the message.
  private static let restMarker = "@@pith:rest@@"

  /// The tokens of the beginning of a user's message, behind the closing; nil for a raw model.
  ///
  /// - Parameters:
  ///   - words: the first words of the message.
  ///   - messages: what was said before, none of it by the system.
  /// - Throws: when the template refuses the conversation, or its text around the message depends
  ///   on it.
  package func userTurn(
    beginning words: String, after messages: [ChatMessage] = []
  ) throws(PlacementError) -> UserTurn? {
    guard let chat else { return nil }
    let message = ChatMessage(role: "user", content: words + Self.restMarker)
    let tail = try chat.tail(of: messages + [message], tools: nil)
    guard let marker = tail.range(ofText: Self.restMarker) else {
      throw .anotherClosing(template: templateName)
    }
    let tokens = try chat.afterContext.identifiers(of: String(tail[..<marker.lowerBound]))
    guard tokens.starts(with: frame.closing), tokens.count > frame.closing.count else {
      throw .anotherClosing(template: templateName)
    }
    let behind = try tokenizer.identifiers(of: String(tail[marker.upperBound...]))
    return UserTurn(
      identifiers: Array(tokens.dropFirst(frame.closing.count)),
      end: behind.first.flatMap { tokenizer.specialIdentifiers.contains($0) ? $0 : nil })
  }
}
