/// An expression of a template.
indirect enum Expression: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case dictionary([(key: Expression, value: Expression)])
  /// A value with the links after it, from left to right.
  case chain(Expression, [ChainLink])
  case not(Expression)
  case negated(Expression)
  case plus(Expression)
  case and([Expression])
  case or([Expression])
  /// Operators of one precedence, from left to right.
  case arithmetic(
    Expression, [(operation: BinaryOperator, value: Expression)])
  case comparison(
    Expression, [(comparison: Comparison, value: Expression)])
  case concatenation([Expression])
  case conditional(Expression, condition: Expression, otherwise: Expression?)
}

/// A link of a chain after a value. Links are a list and not nested expressions, so that a long
/// chain needs no deep stack.
enum ChainLink: Sendable {
  case attribute(String)
  case item(Expression)
  case slice(start: Expression?, stop: Expression?, step: Expression?)
  case call(CallArguments)
  case filter(FilterCall)
  case test(name: String, CallArguments, isNegated: Bool)
}

/// A filter with its arguments.
struct FilterCall: Sendable {
  let name: String
  let arguments: CallArguments
}

/// An arithmetic operator; the raw value is its text.
enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
}

/// A comparison; the raw value is its text.
enum Comparison: String, Sendable {
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
struct CallArguments: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []
  /// `*sequence`
  var positionalSequence: Expression?
  /// `**mapping`
  var namedMapping: Expression?
}
