/// A part of an HTML document. Texts and the values of attributes are escaped when they are
/// written, so that the words of a model or of a user never become elements.
indirect enum Markup: Sendable {
  /// A text.
  case text(String)
  /// An element with its attributes and content.
  case element(Tag, [Attribute], Markup)
  /// Parts one after the other.
  case group([Markup])
  /// The style sheet of this program, which is no one else's text.
  case sheet(StyleSheet)
}

/// The elements of HTML and of the SVG inside it that reports consist of.
enum Tag: String, Sendable {
  case html, head, meta, title, style, body
  case header, main, section, article, footer, figure, figcaption, div
  case heading1 = "h1"
  case heading2 = "h2"
  case heading3 = "h3"
  case paragraph = "p"
  case span, mark, small, code, preformatted = "pre", details, summary
  case table, tableHead = "thead", tableBody = "tbody", row = "tr", headCell = "th", cell = "td"
  case definitions = "dl"
  case term = "dt"
  case definition = "dd"
  case list = "ul"
  case item = "li"
  case svg, graphics = "g", path, line, circle, label = "text"

  /// Whether the element has no content and no end.
  var isVoid: Bool { self == .meta }

  /// An element.
  func callAsFunction(
    _ attributes: Attribute..., @MarkupBuilder content: () -> Markup = { .group([]) }
  ) -> Markup {
    .element(self, attributes, content())
  }
}

/// An attribute of an element; one without a value is not written.
struct Attribute: Sendable {
  let name: String
  let value: String

  /// An attribute with a text.
  init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }

  /// An attribute with a number of at most two decimals, such as a coordinate.
  init(_ name: String, _ value: Double) { self.init(name, Coordinate.text(value)) }

  static func classes(_ names: String) -> Attribute { Attribute("class", names) }
}

/// Collects the parts of an element's content: markup, texts, lists and what a condition adds.
@resultBuilder
enum MarkupBuilder {
  static func buildExpression(_ text: String) -> Markup { .text(text) }
  static func buildExpression(_ markup: Markup) -> Markup { markup }
  static func buildExpression(_ markup: Markup?) -> Markup { markup ?? .group([]) }
  static func buildExpression(_ markup: [Markup]) -> Markup { .group(markup) }
  static func buildBlock(_ parts: Markup...) -> Markup { .group(parts) }
  static func buildOptional(_ part: Markup?) -> Markup { part ?? .group([]) }
  static func buildEither(first part: Markup) -> Markup { part }
  static func buildEither(second part: Markup) -> Markup { part }
  static func buildArray(_ parts: [Markup]) -> Markup { .group(parts) }
}
