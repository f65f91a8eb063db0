/// Parses the tokens of a template into statements; the grammar is that of Jinja 3.1.
struct Parser {
  /// Nesting beyond this is refused, so that no template can exhaust the stack.
  private static let depthLimit = 200

  private let tokens: [Token]
  private var position = 0
  private var depth = 0

  /// How many loops enclose the position: `break` and `continue` need one.
  var loopDepth = 0

  private init(_ tokens: [Token]) {
    self.tokens = tokens
  }

  /// The statements of a template.
  static func statements(of template: String) throws(JinjaError) -> [Statement] {
    var parser = Parser(try Lexer.tokens(of: template))
    return try parser.parseBody(until: []).body
  }

  /// The token at the position; the last token is always `end`.
  var current: Token { tokens[position] }

  /// The token after that.
  var following: Token { tokens[min(position + 1, tokens.count - 1)] }

  mutating func advance() {
    if position < tokens.count - 1 { position += 1 }
  }

  func at(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

  func atName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(_ symbol: String) -> Bool {
    guard at(symbol) else { return false }
    advance()
    return true
  }

  mutating func skipName(_ name: String) -> Bool {
    guard atName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: Token.Kind) throws(JinjaError) {
    guard current.kind == kind else { throw unexpected("expected \(kind)") }
    advance()
  }

  mutating func expectName() throws(JinjaError) -> String {
    guard case .name(let name) = current.kind else { throw unexpected("expected a name") }
    advance()
    return name
  }

  func unexpected(_ expectation: String) -> JinjaError {
    JinjaError("\(expectation), found \(current.kind)", line: current.line)
  }

  /// Parses something that may contain itself.
  mutating func nested<Node>(
    _ parse: (inout Parser) throws(JinjaError) -> Node
  ) throws(JinjaError) -> Node {
    depth += 1
    if depth > Self.depthLimit {
      throw JinjaError("nested more than \(Self.depthLimit) levels deep", line: current.line)
    }
    defer { depth -= 1 }
    return try parse(&self)
  }
}
