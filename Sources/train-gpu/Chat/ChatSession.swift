import Distillation
import Files
import Logging

/// The turns of a chat: messages typed in the terminal, or the lines of a pipe.
struct ChatSession {
  private let conversation: Conversation
  private let log: ConversationLog?
  private let logger: Logger
  private let isQuiet: Bool
  private let display: AnswerDisplay
  /// Nil where lines of standard input are the messages.
  private let editor: MessageEditor?
  private var lines = StandardInput()
  private var lineNumber = 0

  init(_ conversation: Conversation, log: ConversationLog?, logger: Logger, isQuiet: Bool) {
    self.conversation = conversation
    self.log = log
    self.logger = logger
    self.isQuiet = isQuiet
    let interruption = Terminal.canEdit ? ChatInterruption() : nil
    editor = interruption.map { MessageEditor($0) }
    display = AnswerDisplay(
      conversation: conversation, interruption: interruption,
      isOnTerminal: editor != nil && Terminal.showsOutput)
  }

  /// Answers messages until there are no more.
  mutating func run() throws {
    if editor != nil { say("Ctrl-C ends an answer, Ctrl-D the chat, Ctrl-J begins a line") }
    while let message = try nextMessage() {
      do throws(DistillationError) {
        try conversation.ask(message)
      } catch {
        // In a terminal another message, or another chat, is at hand.
        guard editor != nil, error.isBadInput else { throw error }
        logger.error("\(error.line)")
        continue
      }
      try display.show()
      try summarize()
    }
  }

  private mutating func nextMessage() throws -> String? {
    if let editor { return try editor.next() }
    while let line = try lines.nextLine() {
      lineNumber += 1
      guard let text = String(validating: line, as: UTF8.self) else {
        throw UsageError(
          description: "standard input:\(lineNumber): expected UTF-8, found other bytes")
      }
      let message = text.hasSuffix("\r") ? String(text.dropLast()) : text
      if message.contains(where: { !$0.isWhitespace }) { return message }
    }
    return nil
  }

  private func summarize() throws {
    var lines = try TurnSummary(conversation).lines
    if let log {
      if let example = conversation.example {
        try log.append(example)
      } else {
        lines.append("not logged: the answer has no end")
      }
    }
    if conversation.sides.count > 1 && editor == nil {
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    } else {
      lines.forEach(say)
    }
  }

  /// Says something about the chat.
  private func say(_ text: String) {
    if isQuiet { return }
    StandardError.write(editor == nil ? "\(text)\n" : "\(Terminal.faint(text))\n")
  }
}
