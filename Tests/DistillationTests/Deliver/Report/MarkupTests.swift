import Testing

@testable import Distillation

@Suite struct MarkupTests {
  @Test func textsAndAttributesAreEscaped() {
    let markup = Tag.paragraph(Attribute("title", #"a "b" & 'c' <d>"#)) {
      "<script>alert('x' && \"y\")</script>"
    }
    #expect(
      markup.html
        == "<p title=\"a &quot;b&quot; &amp; &#39;c&#39; &lt;d&gt;\">"
        + "&lt;script&gt;alert(&#39;x&#39; &amp;&amp; &quot;y&quot;)&lt;/script&gt;</p>")
  }

  @Test func controlCharactersAreSeen() {
    #expect(
      Markup.text("a\u{0}b\u{1b}[0m\tc\nd\u{85}").html == "a\u{fffd}b\u{fffd}[0m\tc\nd\u{fffd}")
  }

  @Test func elementsNestAndVoidOnesEnd() {
    let isShown = false
    let markup = Tag.list {
      for name in ["a", "b"] { Tag.item { name } }
      if isShown { Tag.item { "c" } }
      Tag.meta(Attribute("charset", "utf-8"))
    }
    #expect(markup.html == "<ul><li>a</li><li>b</li><meta charset=\"utf-8\"/></ul>")
  }

  @Test(arguments: [
    (0.0, "0"), (12.0, "12"), (-3.5, "-3.5"), (1.005, "1"), (2.346, "2.35"), (0.1 + 0.2, "0.3"),
    (.infinity, "0"), (.nan, "0"),
  ])
  func coordinatesAreShort(value: Double, text: String) {
    #expect(Coordinate.text(value) == text)
  }
}
