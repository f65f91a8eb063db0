/// A message while it is typed. It may have several lines: pasted ones, or those after Ctrl-J.
struct LineEditor {
  /// The text before and after the cursor.
  private(set) var (before, after) = ("", "")
  /// The messages so far, oldest first, and the one that is shown; their count for the new one.
  private var history: [String] = []
  private var shown = 0
  /// The new message while an old one is shown.
  private var draft = ""

  /// What a key led to.
  enum Outcome: Equatable {
    case editing
    /// The message is sent; the next one begins empty.
    case sent(String)
    /// Ctrl-C threw the message away; false where there was none.
    case cleared(Bool)
    /// The message is white space alone, which is not sent.
    case blank
    /// Some of what was typed is no text.
    case unreadable
    /// Ctrl-D where no message stands.
    case endOfInput
  }

  /// The whole text.
  var text: String { before + after }

  /// Takes a key.
  mutating func handle(_ key: Key) -> Outcome {
    switch key {
    case .text(let text), .pasted(let text): before += text
    case .enter: return send()
    case .unreadable: return .unreadable
    case .backspace: _ = before.popLast()
    case .delete: _ = after.popFirst()
    case .left: if let last = before.popLast() { after.insert(last, at: after.startIndex) }
    case .right: if let first = after.popFirst() { before.append(first) }
    case .home: (before, after) = ("", text)
    case .end: (before, after) = (text, "")
    case .deleteToStart: before = ""
    case .deleteToEnd: after = ""
    case .deleteWord: deleteWord()
    case .up: show(shown - 1)
    case .down: show(shown + 1)
    case .interrupt:
      let wasEmpty = text.isEmpty
      begin()
      return .cleared(!wasEmpty)
    case .endOfInput:
      if text.isEmpty { return .endOfInput }
      _ = after.popFirst()
    }
    return .editing
  }

  private mutating func send() -> Outcome {
    let message = text
    guard message.contains(where: { !$0.isWhitespace }) else {
      return message.isEmpty ? .editing : .blank
    }
    if history.last != message { history.append(message) }
    begin()
    return .sent(message)
  }

  private mutating func begin() {
    (before, after, draft) = ("", "", "")
    shown = history.count
  }

  private mutating func show(_ index: Int) {
    guard (0...history.count).contains(index) else { return }
    if shown == history.count { draft = text }
    shown = index
    (before, after) = (index == history.count ? draft : history[index], "")
  }

  private mutating func deleteWord() {
    while before.last?.isWhitespace == true { before.removeLast() }
    while let last = before.last, !last.isWhitespace { before.removeLast() }
  }
}

extension String {
  /// Removes and returns the first character; nil where there is none.
  fileprivate mutating func popFirst() -> Character? { isEmpty ? nil : removeFirst() }
}
