import Testing

@testable import train_gpu

/// What is drawn, on a terminal that keeps what it shows.
@Suite struct DrawingTests {
  @Test func aMessageIsShownWithItsCursor() {
    var (screen, editor) = (Screen(), EditorScreen(sign: "> "))
    func draw(_ before: String, _ after: String, most: Int = .max) {
      screen.write(editor.drawing(before: before, after: after, columns: 11, most: most))
    }
    draw("hello", "")
    #expect(screen.text == "> hello")
    #expect(screen.cursor == (0, 7))
    draw("hello wor", "ld")
    #expect(screen.text == "> hello wo\n  rld")
    #expect(screen.cursor == (1, 3))
    draw("h", "i")
    #expect(screen.text == "> hi")
    #expect(screen.cursor == (0, 3))
    draw("one\ntwo", "\nthree")
    #expect(screen.text == "> one\n  two\n  three")
    #expect(screen.cursor == (1, 5))
    draw("", "")
    #expect(screen.text == ">")
  }

  @Test func aLongMessageShowsTheRowsAroundTheCursor() {
    var (screen, editor) = (Screen(), EditorScreen(sign: "> "))
    let rows = (0..<9).map(String.init).joined(separator: "\n")
    screen.write(editor.drawing(before: rows, after: "", columns: 20, most: 3))
    #expect(screen.text == "  6\n  7\n  8")
    screen.write(editor.drawing(before: "0", after: String(rows.dropFirst()), columns: 20, most: 3))
    #expect(screen.text == "> 0\n  1\n  2")
    screen.write(editor.drawing(before: rows, after: "", columns: 20, most: .max))
    #expect(screen.text.split(separator: "\n").count == 9)
  }

  /// Columns that grow in turns end as the whole texts beside each other.
  @Test func columnsFillFromBothSides() {
    let texts = [
      "the cab has a bad back; a cabbage is abaca.",
      "no.\n\nBut the back of a cab is bad, as is known.",
    ]
    var (screen, columns) = (Screen(), TwoColumns(width: 30))
    screen.write(columns.row("left", "right") + "\n")
    var counts = [0, 0]
    while let index = columns.next {
      counts[index] += 1
      let ended = counts[index] >= texts[index].count
      let text = String(texts[index].prefix(counts[index]))
      screen.write(columns.update(index, text, hasEnded: ended))
      #expect(screen.rows.count <= 9)
    }
    #expect(
      screen.text == """
        left          | right
        the cab has a | no.
        bad back; a   |
        cabbage is    | But the back
        abaca.        | of a cab is
                      | bad, as is
                      | known.
        """)
    #expect(screen.cursor.column == 0)
  }
}
