/// Renders the statements of a template.
final class JinjaEvaluator {
  private let globals: [String: JinjaValue]
  private var line = 1

  /// What the rendering may still use.
  let budget: JinjaBudget

  /// What is emptied when the rendering ends.
  private var kept: [any JinjaRefillable] = []

  /// What a statement did to the loop around it.
  private enum Flow {
    case next
    case leaveLoop
    case nextIteration
  }

  init(globals: [String: JinjaValue], budget: JinjaBudget) {
    self.globals = globals
    self.budget = budget
  }

  /// The text of a whole template.
  ///
  /// - Throws: what went wrong, with the line of the statement that was being rendered.
  func render(
    _ statements: [JinjaStatement], variables: [String: JinjaValue]
  ) throws(JinjaError) -> String {
    let scope = JinjaScope()
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
  func value(ofName name: String, in scope: JinjaScope) -> JinjaValue {
    scope[name] ?? globals[name] ?? .undefined("'\(name)' is undefined")
  }

  /// Keeps something that values may refer to, until the rendering ends.
  func keep(_ object: any JinjaRefillable) throws(JinjaError) {
    try budget.spend(bytes: 256)
    kept.append(object)
  }

  /// The text of the body of a block or macro.
  func render(
    _ statements: [JinjaStatement], in scope: JinjaScope
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
    _ statements: [JinjaStatement], in scope: JinjaScope, _ output: inout String
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
    _ statement: JinjaStatement.Kind, in scope: JinjaScope, _ output: inout String
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
        JinjaMacro(name: name, parameters: parameters, body: body, scope: scope))
    case .callBlock(let call, let parameters, let body):
      try keep(scope)
      let caller = JinjaMacro(
        name: "caller", parameters: parameters, body: body, scope: scope)
      guard case .chain(let base, let links) = call else { throw JinjaError("expected a call") }
      let result = try value(ofChain: base, links, caller: .object(caller), in: scope)
      try write(try result.text(budget), to: &output)
    case .filterBlock(let filters, let body):
      try write(try rendered(body, filters, in: scope).text(budget), to: &output)
    case .with(let assignments, let body):
      let inner = JinjaScope(parent: scope)
      for (target, expression) in assignments {
        try assign(try value(of: expression, in: scope), to: target, in: inner)
      }
      return try execute(body, in: inner, &output)
    case .scope(let body): return try execute(body, in: JinjaScope(parent: scope), &output)
    case .leaveLoop: return .leaveLoop
    case .nextIteration: return .nextIteration
    }
    return .next
  }

  /// Renders a loop: every iteration has variables of its own.
  private func execute(
    _ loop: JinjaLoopSyntax, over value: JinjaValue, level: Int, in scope: JinjaScope,
    _ output: inout String
  ) throws(JinjaError) {
    var elements = try value.elements(budget)
    if let condition = loop.condition {
      var accepted: [JinjaValue] = []
      for element in elements {
        try budget.spend()
        let inner = JinjaScope(parent: scope)
        try assign(element, to: loop.target, in: inner)
        if try self.value(of: condition, in: inner).isTrue { accepted.append(element) }
      }
      elements = accepted
    }
    let state = JinjaLoop(
      JinjaSequence(elements), level: level, recursion: try recursion(of: loop, in: scope))
    for element in elements {
      try budget.spend()
      let inner = JinjaScope(parent: scope)
      inner.variables["loop"] = .object(state)
      try assign(element, to: loop.target, in: inner)
      if try execute(loop.body, in: inner, &output) == .leaveLoop { break }
      state.advance()
    }
    if elements.isEmpty {
      _ = try execute(loop.otherwise, in: JinjaScope(parent: scope), &output)
    }
  }

  /// What `loop(children)` does in a recursive loop.
  private func recursion(
    of loop: JinjaLoopSyntax, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaLoop.Recursion? {
    guard loop.isRecursive else { return nil }
    try keep(scope)
    return { [unowned self] (children, level) throws(JinjaError) in
      var inner = ""
      try execute(loop, over: children, level: level, in: scope, &inner)
      return inner
    }
  }

  /// The text of a block, behind its filters.
  private func rendered(
    _ body: [JinjaStatement], _ filters: [JinjaFilterSyntax], in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    var value = JinjaValue.string(try render(body, in: JinjaScope(parent: scope)))
    for filter in filters { value = try filtered(value, by: filter, in: scope) }
    return value
  }

  private func assign(
    _ value: JinjaValue, to target: JinjaTarget, in scope: JinjaScope
  ) throws(JinjaError) {
    switch target {
    case .name(let name): scope.variables[name] = value
    case .attribute(let namespace, let name):
      guard case .object(let object) = self.value(ofName: namespace, in: scope),
        let namespace = object as? JinjaNamespace
      else { throw JinjaError("cannot assign attribute on non-namespace object") }
      namespace.set(value, for: name)
    case .tuple(let targets):
      let elements = try value.elements(budget)
      guard elements.count == targets.count else {
        throw JinjaError("expected \(targets.count) values to unpack, found \(elements.count)")
      }
      for (target, element) in zip(targets, elements) {
        try assign(element, to: target, in: scope)
      }
    }
  }
}
