/// A terminal that keeps what it shows: as much of xterm as the chat writes.
struct Screen {
  private(set) var rows: [[Character]] = [[]]
  private var (row, column) = (0, 0)

  /// The rows without spaces at their ends, and without empty ones below.
  var text: String {
    let lines = rows.map { String(String($0).reversed().drop { $0 == " " }.reversed()) }
    return String(lines.joined(separator: "\n").reversed().drop { $0 == "\n" }.reversed())
  }

  var cursor: (row: Int, column: Int) { (row, column) }

  /// Takes text and control codes.
  mutating func write(_ text: String) {
    var rest = text[...].unicodeScalars
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": newLine()
      case "\u{1B}":
        guard rest.popFirst() == "[" else { continue }
        let parameters = rest.prefix { !("@"..."~").contains($0) }
        rest = rest.dropFirst(parameters.count)
        if let code = rest.popFirst() { run(code, Int(String(parameters)) ?? 1) }
      default: put(Character(scalar))
      }
    }
  }

  private mutating func newLine() {
    row += 1
    column = 0
    if row == rows.count { rows.append([]) }
  }

  private mutating func run(_ code: Unicode.Scalar, _ count: Int) {
    switch code {
    case "A": row = max(row - count, 0)
    case "C": column += count
    case "K": rows[row].removeSubrange(min(column, rows[row].count)...)
    case "J":
      rows[row].removeSubrange(min(column, rows[row].count)...)
      rows.removeSubrange((row + 1)...)
    default: break
    }
  }

  private mutating func put(_ character: Character) {
    while rows[row].count <= column { rows[row].append(" ") }
    rows[row][column] = character
    column += 1
  }
}
