import CTerminal

/// Reads messages that are typed or pasted in the terminal. Keys that are pressed while nothing reads
/// them count for the next message.
final class MessageEditor {
  private var editor = LineEditor()
  private var decoder = KeyDecoder()
  private var waiting: [Key] = []
  private var screen = EditorScreen(sign: "> ")

  /// Takes the terminal's keys from now on.
  init() { _ = terminal_enter(TERMINAL_INTERRUPTIBLE) }

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
        case .cleared(false): endLine("Ctrl-D ends the chat")
        case .sent(let message):
          leave(showing: message)
          return message
        case .endOfInput:
          leave(showing: "")
          return nil
        }
      }
      draw()
      let bytes = try Terminal.readBytes()
      if bytes.isEmpty { return nil }
      waiting = decoder.keys(of: bytes)
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

  private func endLine(_ hint: String) {
    StandardError.draw("\n\(Terminal.faint(hint))\n")
    screen.leave()
  }
}
