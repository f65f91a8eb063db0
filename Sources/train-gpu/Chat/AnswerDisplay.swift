import Distillation
import Files

/// Shows the answers of a turn as their tokens come: beside each other on a terminal that is wide
/// enough, else one after the other.
struct AnswerDisplay {
  let conversation: Conversation
  /// Nil where Ctrl-C ends the program.
  let interruption: ChatInterruption?
  let isOnTerminal: Bool

  /// Generates and shows the answers to the last message.
  func show() throws {
    _ = interruption?.take()
    if isOnTerminal, conversation.sides.count == 2, Terminal.size.columns >= TwoColumns.leastWidth {
      try showSideBySide()
    } else {
      for side in conversation.sides { try showAlone(side) }
    }
  }

  private func showAlone(_ side: ConversationSide) throws {
    if conversation.sides.count > 1 { try StandardOutput.line(title(of: side)) }
    var shown = ""
    while side.ending == nil {
      try advance(side)
      guard let more = side.text.continuation(of: shown), !more.isEmpty else { continue }
      try StandardOutput.write(isOnTerminal ? more.terminalText : more)
      shown = side.text
    }
    try StandardOutput.write("\n")
  }

  private func showSideBySide() throws {
    let sides = conversation.sides
    var columns = TwoColumns(width: Terminal.size.columns)
    try StandardOutput.line(columns.row(sides[0].reading.title, sides[1].reading.title))
    while let index = columns.next {
      try advance(sides[index])
      let change = columns.update(
        index, sides[index].text, hasEnded: sides[index].ending != nil)
      try StandardOutput.write(change)
    }
  }

  /// Runs the model once, or ends all answers where the user requests it.
  private func advance(_ side: ConversationSide) throws {
    if interruption?.take() == true {
      for side in conversation.sides { try side.stop() }
    } else {
      try side.advance()
    }
    guard isOnTerminal else { return }
    if side.ending == nil && side.answer.isEmpty {
      StandardError.showStatus("reading \(side.readTokens) of \(side.tokenCount) tokens")
    } else {
      StandardError.clearStatus()
    }
  }

  private func title(of side: ConversationSide) -> String {
    let title = side.reading.title
    return isOnTerminal ? Terminal.faint(title) : "\(title):"
  }
}

extension ConversationSide.Reading {
  /// What stands before the answers.
  var title: String {
    switch self {
    case .adapter: "with the adapter"
    case .context: "with the context"
    case .nothing: "with nothing before it"
    }
  }
}
