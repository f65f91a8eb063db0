import Testing

@testable import train_gpu

@Suite struct LineEditorTests {
  private func typed(_ text: String, _ keys: [Key] = []) -> LineEditor {
    var editor = LineEditor()
    for character in text { _ = editor.handle(.text(String(character))) }
    for key in keys { _ = editor.handle(key) }
    return editor
  }

  @Test func characterByCharacter() {
    let editor = typed("näi", [.left, .backspace, .text("ö"), .right, .text("!")])
    #expect(editor.text == "nöi!" && editor.after.isEmpty)
    #expect(typed("abc", [.home, .delete, .end, .backspace]).text == "b")
    #expect(typed("ab", [.left, .left, .left, .text("x")]).text == "xab")
  }

  @Test func aCombiningMarkIsOneWithItsLetter() {
    let editor = typed("e", [.text("\u{301}"), .text("👩"), .text("\u{200D}"), .text("💻")])
    #expect(editor.before.count == 2)
    var shorter = editor
    _ = shorter.handle(.backspace)
    #expect(shorter.text == "e\u{301}")
  }

  @Test func partsAreDeleted() {
    #expect(typed("one two  ", [.deleteWord]).text == "one ")
    #expect(typed("one two", [.left, .left, .deleteToEnd]).text == "one t")
    #expect(typed("one two", [.left, .left, .deleteToStart]).text == "wo")
  }

  @Test func enterSendsWhatIsThere() {
    var editor = typed("hello")
    #expect(editor.handle(.enter) == .sent("hello"))
    #expect(editor.text.isEmpty)
    #expect(editor.handle(.enter) == .editing)
    _ = editor.handle(.pasted("two\nlines"))
    #expect(editor.handle(.enter) == .sent("two\nlines"))
    _ = editor.handle(.pasted("  \t"))
    #expect(editor.handle(.enter) == .blank && editor.text == "  \t")
    #expect(editor.handle(.unreadable) == .unreadable && editor.text == "  \t")
  }

  @Test func controlCharactersEndTheMessageOrTheChat() {
    var editor = typed("half")
    #expect(editor.handle(.interrupt) == .cleared(true))
    #expect(editor.text.isEmpty)
    #expect(editor.handle(.interrupt) == .cleared(false))
    #expect(editor.handle(.endOfInput) == .endOfInput)
    editor = typed("ab", [.left])
    #expect(editor.handle(.endOfInput) == .editing)
    #expect(editor.text == "a")
  }

  @Test func earlierMessagesComeBack() {
    var editor = LineEditor()
    for message in ["one", "two", "two"] {
      _ = editor.handle(.pasted(message))
      _ = editor.handle(.enter)
    }
    _ = editor.handle(.text("d"))
    var seen: [String] = []
    for key in [Key.up, .up, .up, .down, .down, .down] {
      _ = editor.handle(key)
      seen.append(editor.text)
    }
    #expect(seen == ["two", "one", "one", "two", "d", "d"])
  }
}
