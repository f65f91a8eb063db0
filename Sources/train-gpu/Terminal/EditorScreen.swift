/// The rows of a message that is typed, and the control codes that bring them to a terminal.
struct EditorScreen {
  private let sign: String
  /// The row of the cursor among those that are shown.
  private var cursorRow = 0

  /// A screen below the cursor.
  ///
  /// - Parameter sign: stands before the first row.
  init(sign: String) { self.sign = sign }

  /// Rewrites the rows of a message.
  ///
  /// - Parameters:
  ///   - before: the text before the cursor.
  ///   - after: the text after it.
  ///   - columns: of the terminal.
  ///   - most: the most rows; those around the cursor are shown.
  mutating func drawing(before: String, after: String, columns: Int, most: Int) -> String {
    // The last column stays free: some terminals begin a new row there, and others wait.
    let (rows, cursor) = Self.rows(
      before, after, sign: sign, width: max(columns - 1, sign.count + 2))
    let count = min(rows.count, max(most, 1))
    let first = min(max(cursor.row - count + 1, 0), rows.count - count)
    let start = "\r" + (cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : "") + "\u{1B}[J"
    let shown = rows[first..<(first + count)].joined(separator: "\r\n")
    cursorRow = cursor.row - first
    let up = count - 1 - cursorRow
    return start + shown + (up > 0 ? "\u{1B}[\(up)A" : "") + "\r"
      + (cursor.column > 0 ? "\u{1B}[\(cursor.column)C" : "")
  }

  /// Forgets the rows: the next drawing begins in the row of the cursor.
  mutating func leave() { cursorRow = 0 }

  /// A text in rows, each behind the sign or as many spaces, and the place of the cursor.
  private static func rows(
    _ before: String, _ after: String, sign: String, width: Int
  ) -> (rows: [String], cursor: (row: Int, column: Int)) {
    let indent = String(repeating: " ", count: sign.terminalWidth)
    var (rows, columns) = ([sign], sign.terminalWidth)
    func place(_ text: String) {
      for character in text.terminalText {
        if character == "\n" || columns + character.terminalWidth > width {
          rows.append(indent)
          columns = indent.count
        }
        if character == "\n" { continue }
        rows[rows.count - 1].append(character)
        columns += character.terminalWidth
      }
    }
    place(before)
    let cursor = (rows.count - 1, columns)
    place(after)
    return (rows, cursor)
  }
}
