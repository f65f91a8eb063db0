/// Rows of text in aligned columns, two spaces apart.
struct TextTable {
  /// The alignment of a column's text.
  enum Alignment {
    case left, right
  }

  let columns: [Alignment]
  let rows: [[String]]

  /// The rows, one per line, without spaces at their ends.
  var text: String {
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = columns.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return columns[column] == .left ? row[column] + space : space + row[column]
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
