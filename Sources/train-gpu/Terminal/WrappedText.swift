/// A growing text in lines of limited width, broken between words. Complete lines never change.
struct WrappedText {
  /// The most columns of a line; at least 2.
  let width: Int
  /// The lines that are complete.
  private(set) var lines: [String] = []
  /// The line that the text goes on in.
  private(set) var last = ""
  private var columns = 0

  /// No text.
  init(width: Int) { self.width = max(width, 2) }

  /// Adds text.
  mutating func append(_ text: String) {
    for character in text { append(character) }
  }

  /// Ends the last line.
  mutating func finish() {
    if !last.isEmpty { endLine(carrying: "") }
  }

  /// A line, complete or not; empty where there is none.
  subscript(row: Int) -> String {
    row < lines.count ? lines[row] : row == lines.count ? last : ""
  }

  private mutating func append(_ character: Character) {
    if character == "\n" || character == "\r\n" {
      endLine(carrying: "")
      return
    }
    last.append(character)
    columns += character.terminalWidth
    // Spaces may stand beyond the end, where nobody sees them.
    guard columns > width, character != " " else { return }
    if let space = last.lastIndex(of: " ") {
      let rest = String(last[last.index(after: space)...])
      last.removeSubrange(space...)
      endLine(carrying: rest)
    } else {
      last.removeLast()
      endLine(carrying: String(character))
    }
  }

  private mutating func endLine(carrying rest: String) {
    while last.last == " " { last.removeLast() }
    lines.append(last)
    last = rest
    columns = rest.terminalWidth
  }
}
