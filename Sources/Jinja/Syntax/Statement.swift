/// The target of an assignment by `set` or `for`.
indirect enum AssignmentTarget: Sendable {
  case name(String)
  /// An attribute of a namespace.
  case attribute(namespace: String, name: String)
  case tuple([AssignmentTarget])
}

/// The parameters of a macro or a call block.
struct Parameters: Sendable {
  var names: [String] = []
  /// The default values of the last parameters.
  var defaults: [Expression] = []
}

/// A statement of a template with the line where it begins.
struct Statement: Sendable {
  let line: Int
  let kind: Kind

  indirect enum Kind: Sendable {
    case text(String)
    case output(Expression)
    case conditional(
      branches: [(condition: Expression, body: [Statement])],
      otherwise: [Statement])
    case loop(ForLoop)
    case set(AssignmentTarget, Expression)
    /// `{% set name | filter %}text{% endset %}`
    case setBlock(AssignmentTarget, filters: [FilterCall], body: [Statement])
    case macro(name: String, Parameters, body: [Statement])
    case callBlock(Expression, Parameters, body: [Statement])
    case filterBlock([FilterCall], body: [Statement])
    case with([(target: AssignmentTarget, value: Expression)], body: [Statement])
    /// Statements with variables of their own, as the body of `{% generation %}`.
    case scope([Statement])
    case leaveLoop
    case nextIteration
  }
}

/// A `for` loop.
struct ForLoop: Sendable {
  let target: AssignmentTarget
  let sequence: Expression
  let condition: Expression?
  let isRecursive: Bool
  let body: [Statement]
  let otherwise: [Statement]
}
