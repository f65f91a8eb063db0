import Foundation
import TestSupport
import Testing

/// `chat` in a terminal.
@Suite struct ChatTerminalTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func open(_ more: [String], tokens: Int = 6, columns: UInt16 = 100) throws
    -> PseudoTerminal
  {
    try PseudoTerminal(
      [
        "chat", "--model", workspace.model, "--template", "chatml", "--device", "cpu", "--threads",
        "1", "--max-tokens", "\(tokens)",
      ] + more, columns: columns)
  }

  @Test func messagesAreTypedAndTheChatEnds() throws {
    let terminal = try open([])
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    terminal.press("the cag\u{7F}b é\r")
    #expect(terminal.wait(for: "; window: "))
    #expect(terminal.screen.contains("> the cab é\n"))
    terminal.press("\u{1B}[200~two\rlines\u{1B}[201~\r")
    #expect(terminal.wait(for: "; window: ", times: 2))
    #expect(terminal.screen.contains("> two\n  lines\n"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
    #expect(terminal.output.hasSuffix("\u{1B}[?2004l"))
  }

  @Test func anInterruptEndsTheAnswerAndNotTheChat() throws {
    let terminal = try open([], tokens: 200)
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    terminal.press("the cab\r")
    // The editor has left the terminal to the answer.
    #expect(terminal.wait(for: "\u{1B}[?2004l"))
    terminal.send(SIGINT)
    #expect(terminal.wait(for: "; window: "))
    // Now it reads keys again, of which Ctrl-C is one.
    #expect(terminal.wait(for: "\u{1B}[?2004h", times: 2))
    terminal.press("\u{03}")
    #expect(terminal.wait(for: "Ctrl-D ends the chat"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
  }

  /// A signal that no key has sent is Ctrl-C at the prompt too.
  @Test func anInterruptOfAnotherProgramIsTheKey() throws {
    let terminal = try open([])
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    #expect(terminal.wait(for: "\u{1B}[?2004h"))
    terminal.send(SIGINT)
    #expect(terminal.wait(for: "Ctrl-D ends the chat"))
    terminal.press("half a message")
    #expect(terminal.wait(for: "half a message"))
    terminal.send(SIGINT)
    usleep(300_000)
    terminal.press("the cab\r")
    #expect(terminal.wait(for: "; window: "))
    #expect(terminal.screen.contains("> the cab\n"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
  }

  @Test func whatIsNotSentIsSaid() throws {
    let terminal = try open([])
    #expect(terminal.wait(for: "\u{1B}[?2004h"))
    terminal.press("   \r")
    #expect(terminal.wait(for: "a message of white space alone is not sent"))
    terminal.press("\u{15}caf")
    terminal.press(bytes: [0xE9])
    terminal.press("!\r")
    #expect(terminal.wait(for: "bytes that are no UTF-8 stand as \u{FFFD} in the message"))
    #expect(terminal.wait(for: "; window: "))
    #expect(terminal.screen.contains("> caf\u{FFFD}!\n"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
  }

  @Test func aLoneEscapeTakesNoOtherKey() throws {
    let terminal = try open([])
    #expect(terminal.wait(for: "\u{1B}[?2004h"))
    terminal.press("\u{1B}")
    usleep(500_000)
    terminal.press("abc\r")
    #expect(terminal.wait(for: "; window: "))
    #expect(terminal.screen.contains("> abc\n"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
  }

  @Test func aFullWindowLeavesTheChatOpen() throws {
    let terminal = try open(["--window", "60"])
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    terminal.press(String(repeating: "cab ", count: 60) + "\r")
    #expect(terminal.wait(for: "the window is full: "))
    terminal.press("a\r")
    #expect(terminal.wait(for: "; window: "))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
  }

  @Test(arguments: [100, 60] as [UInt16])
  func twoAnswersStandSideBySideWhereThereIsSpace(columns: UInt16) throws {
    let made = try workspace.distill(["--steps", "2", "--template", "chatml"])
    try #require(made.code == 0, "\(made.errors)")
    let terminal = try open(
      ["--context", workspace.context, "--adapter", workspace.output.path], columns: columns)
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    terminal.press("the cab\r")
    #expect(terminal.wait(for: "with the context: 6 tokens"))
    terminal.press("\u{04}")
    #expect(terminal.finish() == 0)
    let titles = terminal.screen.split(separator: "\n").filter { $0.contains("with the context") }
    #expect(titles[0].contains("with the adapter") == (columns == 100))
  }

  @Test func aSignalLeavesTheTerminalAsItWas() throws {
    let terminal = try open([])
    #expect(terminal.wait(for: "Ctrl-D the chat"))
    terminal.send(SIGTERM)
    #expect(terminal.finish() == 143)
  }
}
