/// An expression of a template.
indirect enum JinjaExpression: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case name(String)
  case list([JinjaExpression])
  case tuple([JinjaExpression])
  case dictionary([(key: JinjaExpression, value: JinjaExpression)])
  /// A value with everything that stands behind it, from left to right.
  case chain(JinjaExpression, [JinjaLink])
  case not(JinjaExpression)
  case negated(JinjaExpression)
  case plus(JinjaExpression)
  case and([JinjaExpression])
  case or([JinjaExpression])
  /// Operators of one precedence, from left to right.
  case arithmetic(
    JinjaExpression, [(operation: JinjaBinaryOperator, value: JinjaExpression)])
  case comparison(
    JinjaExpression, [(comparison: JinjaComparison, value: JinjaExpression)])
  case concatenation([JinjaExpression])
  case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
}

/// What can stand behind a value. Links are a list and not nested expressions, so that a long chain
/// needs no deep stack.
enum JinjaLink: Sendable {
  case attribute(String)
  case item(JinjaExpression)
  case slice(start: JinjaExpression?, stop: JinjaExpression?, step: JinjaExpression?)
  case call(JinjaCallArguments)
  case filter(JinjaFilterSyntax)
  case test(name: String, JinjaCallArguments, isNegated: Bool)
}

/// A filter with its arguments.
struct JinjaFilterSyntax: Sendable {
  let name: String
  let arguments: JinjaCallArguments
}

/// An arithmetic operator; the raw value is its text.
enum JinjaBinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
}

/// A comparison; the raw value is its text.
enum JinjaComparison: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case contained = "in"
  case notContained = "not in"
}

/// The arguments of a call, as the template writes them.
struct JinjaCallArguments: Sendable {
  var positional: [JinjaExpression] = []
  var named: [(name: String, value: JinjaExpression)] = []
  /// `*sequence`
  var positionalSequence: JinjaExpression?
  /// `**mapping`
  var namedMapping: JinjaExpression?
}

/// What `set` and `for` give values to.
indirect enum JinjaTarget: Sendable {
  case name(String)
  /// An attribute of a namespace.
  case attribute(namespace: String, name: String)
  case tuple([JinjaTarget])
}

/// The parameters of a macro or a call block.
struct JinjaParameters: Sendable {
  var names: [String] = []
  /// The default values of the last parameters.
  var defaults: [JinjaExpression] = []
}

/// A statement of a template with the line where it begins.
struct JinjaStatement: Sendable {
  let line: Int
  let kind: Kind

  indirect enum Kind: Sendable {
    case text(String)
    case output(JinjaExpression)
    case conditional(
      branches: [(condition: JinjaExpression, body: [JinjaStatement])],
      otherwise: [JinjaStatement])
    case loop(JinjaLoopSyntax)
    case set(JinjaTarget, JinjaExpression)
    /// `{% set name | filter %}text{% endset %}`
    case setBlock(JinjaTarget, filters: [JinjaFilterSyntax], body: [JinjaStatement])
    case macro(name: String, JinjaParameters, body: [JinjaStatement])
    case callBlock(JinjaExpression, JinjaParameters, body: [JinjaStatement])
    case filterBlock([JinjaFilterSyntax], body: [JinjaStatement])
    case with([(target: JinjaTarget, value: JinjaExpression)], body: [JinjaStatement])
    /// Statements with variables of their own: what `{% generation %}` makes of its body.
    case scope([JinjaStatement])
    case leaveLoop
    case nextIteration
  }
}

/// A `for` loop.
struct JinjaLoopSyntax: Sendable {
  let target: JinjaTarget
  let sequence: JinjaExpression
  let condition: JinjaExpression?
  let isRecursive: Bool
  let body: [JinjaStatement]
  let otherwise: [JinjaStatement]
}
