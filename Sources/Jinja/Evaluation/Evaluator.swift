import JSON

/// Renders the statements of a template.
final class Evaluator {
  private let globals: [String: Value]
  private var line = 1

  /// The budget of the rendering.
  let budget: Budget

  /// The objects that are emptied when the rendering ends.
  private var kept: [any Releasable] = []

  /// The effect of a statement on the loop around it.
  private enum Flow {
    case next
    case leaveLoop
    case nextIteration
  }

  init(globals: [String: Value], budget: Budget) {
    self.globals = globals
    self.budget = budget
  }

  /// The text of a whole template.
  ///
  /// - Throws: the error, with the line of the statement that was being rendered.
  func render(
    _ statements: [Statement], variables: [String: Value]
  ) throws(JinjaError) -> String {
    let scope = Scope()
    scope.variables = variables
    defer {
      for object in kept { object.empty() }
      kept = []
    }
    do {
      return try render(statements, in: scope)
    } catch {
      throw JinjaError(
        error.reason, line: error.line ?? line, isRaisedByTemplate: error.isRaisedByTemplate)
    }
  }

  /// The value of a name: a variable, else a function that every template has.
  func value(ofName name: String, in scope: Scope) -> Value {
    scope[name] ?? globals[name] ?? .undefined("'\(name)' is undefined")
  }

  /// Keeps an object that values may refer to until the rendering ends.
  func keep(_ object: any Releasable) throws(JinjaError) {
    try budget.spend(bytes: 256)
    kept.append(object)
  }

  /// The text of the body of a block or macro.
  func render(
    _ statements: [Statement], in scope: Scope
  ) throws(JinjaError) -> String {
    var output = ""
    _ = try execute(statements, in: scope, &output)
    return output
  }

  /// Appends to the output.
  private func write(_ text: String, to output: inout String) throws(JinjaError) {
    try budget.spend(bytes: text.utf8.count)
    output += text
  }

  private func execute(
    _ statements: [Statement], in scope: Scope, _ output: inout String
  ) throws(JinjaError) -> Flow {
    try budget.enter()
    defer { budget.leave() }
    for statement in statements {
      try budget.spend()
      line = statement.line
      let flow = try execute(statement.kind, in: scope, &output)
      if flow != .next { return flow }
    }
    return .next
  }

  private func execute(
    _ statement: Statement.Kind, in scope: Scope, _ output: inout String
  ) throws(JinjaError) -> Flow {
    switch statement {
    case .text(let text): try write(text, to: &output)
    case .output(let expression):
      try write(try value(of: expression, in: scope).text(budget), to: &output)
    case .conditional(let branches, let otherwise):
      for branch in branches where try value(of: branch.condition, in: scope).isTrue {
        return try execute(branch.body, in: scope, &output)
      }
      return try execute(otherwise, in: scope, &output)
    case .loop(let loop):
      let elements = try value(of: loop.sequence, in: scope)
      try execute(loop, over: elements, level: 1, in: scope, &output)
    case .set(let target, let expression):
      try assign(try value(of: expression, in: scope), to: target, in: scope)
    case .setBlock(let target, let filters, let body):
      try assign(try rendered(body, filters, in: scope), to: target, in: scope)
    case .macro(let name, let parameters, let body):
      try keep(scope)
      scope.variables[name] = .object(
        Macro(name: name, parameters: parameters, body: body, scope: scope))
    case .callBlock(let call, let parameters, let body):
      try keep(scope)
      let caller = Macro(
        name: "caller", parameters: parameters, body: body, scope: scope)
      guard case .chain(let base, let links) = call else { throw JinjaError("expected a call") }
      let result = try value(ofChain: base, links, caller: .object(caller), in: scope)
      try write(try result.text(budget), to: &output)
    case .filterBlock(let filters, let body):
      try write(try rendered(body, filters, in: scope).text(budget), to: &output)
    case .with(let assignments, let body):
      let inner = Scope(parent: scope)
      for (target, expression) in assignments {
        try assign(try value(of: expression, in: scope), to: target, in: inner)
      }
      return try execute(body, in: inner, &output)
    case .scope(let body): return try execute(body, in: Scope(parent: scope), &output)
    case .leaveLoop: return .leaveLoop
    case .nextIteration: return .nextIteration
    }
    return .next
  }

  /// Renders a loop: every iteration has variables of its own.
  private func execute(
    _ loop: ForLoop, over value: Value, level: Int, in scope: Scope,
    _ output: inout String
  ) throws(JinjaError) {
    var elements = try value.elements(budget)
    if let condition = loop.condition {
      var accepted: [Value] = []
      for element in elements {
        try budget.spend()
        let inner = Scope(parent: scope)
        try assign(element, to: loop.target, in: inner)
        if try self.value(of: condition, in: inner).isTrue { accepted.append(element) }
      }
      elements = accepted
    }
    let variable = LoopVariable(
      ValueSequence(elements), level: level, recursion: try recursion(of: loop, in: scope))
    for element in elements {
      try budget.spend()
      let inner = Scope(parent: scope)
      inner.variables["loop"] = .object(variable)
      try assign(element, to: loop.target, in: inner)
      if try execute(loop.body, in: inner, &output) == .leaveLoop { break }
      variable.advance()
    }
    if elements.isEmpty {
      _ = try execute(loop.otherwise, in: Scope(parent: scope), &output)
    }
  }

  /// The function behind `loop(children)` in a recursive loop.
  private func recursion(
    of loop: ForLoop, in scope: Scope
  ) throws(JinjaError) -> LoopVariable.Recursion? {
    guard loop.isRecursive else { return nil }
    try keep(scope)
    return { [unowned self] (children, level) throws(JinjaError) in
      var inner = ""
      try execute(loop, over: children, level: level, in: scope, &inner)
      return inner
    }
  }

  /// The text of a block after its filters.
  private func rendered(
    _ body: [Statement], _ filters: [FilterCall], in scope: Scope
  ) throws(JinjaError) -> Value {
    var value = Value.string(try render(body, in: Scope(parent: scope)))
    for filter in filters { value = try filtered(value, by: filter, in: scope) }
    return value
  }

  private func assign(
    _ value: Value, to target: AssignmentTarget, in scope: Scope
  ) throws(JinjaError) {
    switch target {
    case .name(let name): scope.variables[name] = value
    case .attribute(let namespace, let name):
      guard case .object(let object) = self.value(ofName: namespace, in: scope),
        let namespace = object as? Namespace
      else { throw JinjaError("cannot assign attribute on non-namespace object") }
      namespace.set(value, for: name)
    case .tuple(let targets):
      let elements = try value.elements(budget)
      guard elements.count == targets.count else {
        throw JinjaError(
          "expected \(Counted(targets.count, "value")) to unpack, found \(elements.count)")
      }
      for (target, element) in zip(targets, elements) {
        try assign(element, to: target, in: scope)
      }
    }
  }
}
