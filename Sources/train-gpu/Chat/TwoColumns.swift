/// Two growing texts side by side on a terminal. A row is written for good once both have passed
/// it, so that the present row alone is ever rewritten.
struct TwoColumns {
  private var columns: [WrappedText]
  /// The texts so far.
  private var texts = ["", ""]
  private var hasEnded = [false, false]
  /// The present row.
  private var row = 0

  private static let gap = " | "
  /// The fewest columns of a terminal with space for two texts.
  static let leastWidth = 80

  /// Two empty columns.
  ///
  /// - Parameter width: columns of the terminal.
  init(width: Int) {
    let column = WrappedText(width: (width - 1 - Self.gap.count) / 2)
    columns = [column, column]
  }

  /// The texts beside each other in one row.
  func row(_ left: String, _ right: String) -> String {
    let space = max(columns[0].width - left.terminalWidth, 0)
    return left + String(repeating: " ", count: space) + Terminal.faint(Self.gap) + right
  }

  /// The column to go on in: the one that is behind, so that rows fill from both sides. Nil at the
  /// end of both.
  var next: Int? {
    columns.indices.filter { !hasEnded[$0] }.min {
      (columns[$0].lines.count, texts[$0].utf8.count)
        < (columns[$1].lines.count, texts[$1].utf8.count)
    }
  }

  /// Takes the present text of a column, which continues the last one.
  ///
  /// - Returns: what brings it to the terminal.
  mutating func update(_ index: Int, _ text: String, hasEnded ended: Bool) -> String {
    if let more = text.continuation(of: texts[index]) {
      columns[index].append(more.terminalText)
      texts[index] = text
    }
    if ended {
      hasEnded[index] = true
      columns[index].finish()
    }
    var output = ""
    while columns.contains(where: { $0.lines.count > row }),
      columns.indices.allSatisfy({ hasEnded[$0] || columns[$0].lines.count > row })
    {
      output += Self.rewriting + row(columns[0][row], columns[1][row]) + "\n"
      row += 1
    }
    let isOver = !hasEnded.contains(false)
    return output + Self.rewriting + (isOver ? "" : row(columns[0][row], columns[1][row]))
  }

  private static let rewriting = "\r\u{1B}[K"
}

extension String {
  /// What this text adds to another one; nil where it does not begin with it.
  func continuation(of other: String) -> String? {
    guard utf8.starts(with: other.utf8) else { return nil }
    return String(decoding: utf8.dropFirst(other.utf8.count), as: UTF8.self)
  }
}
