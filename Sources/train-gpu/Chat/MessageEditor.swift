import CTerminal

/// Reads messages that are typed or pasted in the terminal. Keys that are pressed while nothing
/// reads them count for the next message.
final class MessageEditor {
  private var editor = LineEditor()
  private var decoder = KeyDecoder()
  private var waiting: [Key] = []
  private var screen = EditorScreen(sign: "> ")
  private let interruption: ChatInterruption

  /// An Esc that nothing follows within so many milliseconds is no beginning of another key.
  private static let escapeTime: Int32 = 50

  /// Takes the terminal's keys from now on.
  ///
  /// - Parameter interruption: its SIGINT is Ctrl-C here.
  init(_ interruption: ChatInterruption) {
    self.interruption = interruption
    _ = terminal_enter(TERMINAL_INTERRUPTIBLE)
  }

  /// The next message; nil at the end of the input.
  func next() throws -> String? {
    _ = terminal_enter(TERMINAL_KEYS)
    StandardError.draw(KeyDecoder.markingPaste)
    defer {
      StandardError.draw(KeyDecoder.notMarkingPaste)
      _ = terminal_enter(TERMINAL_INTERRUPTIBLE)
    }
    while true {
      while !waiting.isEmpty {
        switch editor.handle(waiting.removeFirst()) {
        case .editing, .cleared(true): break
        case .cleared(false): say("Ctrl-D ends the chat")
        case .blank: say("a message of white space alone is not sent")
        case .unreadable: say("bytes that are no UTF-8 stand as \u{FFFD} in the message")
        case .sent(let message):
          leave(showing: message)
          return message
        case .endOfInput:
          leave(showing: "")
          return nil
        }
      }
      draw()
      switch try Terminal.wait(
        or: interruption.descriptor, atMost: decoder.isInEscape ? Self.escapeTime : nil)
      {
      case .bytes(let bytes) where bytes.isEmpty: return nil
      case .bytes(let bytes): waiting = decoder.keys(of: bytes)
      case .woken: waiting = interruption.take() ? [.interrupt] : []
      case .timeout: decoder.endEscape()
      }
    }
  }

  private func draw() {
    let size = Terminal.size
    StandardError.draw(
      screen.drawing(
        before: editor.before, after: editor.after, columns: size.columns, most: size.rows - 1))
  }

  /// Leaves the whole message on the terminal, with the cursor below it.
  private func leave(showing message: String) {
    StandardError.draw(
      screen.drawing(before: message, after: "", columns: Terminal.size.columns, most: .max) + "\n")
    screen.leave()
  }

  /// Says something below the message, which goes on in the next rows.
  private func say(_ hint: String) {
    leave(showing: editor.text)
    StandardError.draw("\(Terminal.faint(hint))\n")
  }
}
