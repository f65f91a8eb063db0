import HuggingFace

/// A conversation with a model after learned prompts, after a context, or with both side by side:
/// each side then goes on from its own answers.
package final class Conversation {
  /// The adapters' side, then the context's; one at least.
  package let sides: [ConversationSide]
  /// Notices on the inputs.
  package let notices: [InputNotice]
  /// The indices of adapters that record another model.
  package let foreignAdapters: [Int]
  private let conditioning: Conditioning

  init(
    _ sides: [ConversationSide], _ conditioning: Conditioning, notices: [InputNotice],
    foreignAdapters: [Int]
  ) {
    self.sides = sides
    self.conditioning = conditioning
    self.notices = notices
    self.foreignAdapters = foreignAdapters
  }

  /// Begins the answers to a message.
  ///
  /// - Throws: `.windowFull` where a side has no space for it. All are then as before.
  package func ask(_ message: String) throws(DistillationError) {
    // The longest side is the first to refuse.
    for side in sides.sorted(by: { $0.usedTokens > $1.usedTokens }) { try side.ask(message) }
  }

  /// The messages of an example for training, which end with a whole answer: the model's that read
  /// the context, where there is one. Nil where the last answer is empty or was cut.
  package var example: [ChatMessage]? {
    guard let side = sides.last, side.ending == .complete, !side.text.isEmpty else { return nil }
    return side.messages
  }

  /// Where the last answers of two sides part.
  package struct Difference: Sendable, Equatable {
    /// Tokens that both begin with.
    package var commonTokens: Int
    /// What each goes on with; empty at its end.
    package var texts: [String]
  }

  /// Nil for one side, and where both answers are the same.
  ///
  /// - Throws: as ``Conditioning/text(of:)``.
  package func difference() throws(DistillationError) -> Difference? {
    guard sides.count == 2, sides[0].answer != sides[1].answer else { return nil }
    let common = zip(sides[0].answer, sides[1].answer).prefix { $0 == $1 }.count
    return Difference(
      commonTokens: common,
      texts: try sides.map { (side) throws(DistillationError) in
        var text = StreamedText()
        text.update(
          try conditioning.text(of: Array(side.answer[common...].prefix(Self.shownTokens))) ?? "")
        return text.text
      })
  }

  /// Tokens that a difference shows of each answer.
  private static let shownTokens = 4
}
