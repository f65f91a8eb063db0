/// Renders the statements of a template.
final class JinjaEvaluator {
  /// Calls within calls beyond this are refused, so that no template can exhaust the stack.
  private static let callDepthLimit = 100

  private let globals: [String: JinjaValue]
  private var line = 1
  private var callDepth = 0

  /// The scopes of macros, which refer back to them.
  private var macroScopes: [JinjaScope] = []

  /// What a statement did to the loop around it.
  private enum Flow {
    case next
    case leaveLoop
    case nextIteration
  }

  init(globals: [String: JinjaValue]) {
    self.globals = globals
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
      for scope in macroScopes { scope.variables = [:] }
      macroScopes = []
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

  /// The text of a macro's body.
  func renderCall(
    _ body: [JinjaStatement], in scope: JinjaScope
  ) throws(JinjaError) -> String {
    callDepth += 1
    if callDepth > Self.callDepthLimit {
      throw JinjaError("macros call each other more than \(Self.callDepthLimit) levels deep")
    }
    defer { callDepth -= 1 }
    return try render(body, in: scope)
  }

  private func render(
    _ statements: [JinjaStatement], in scope: JinjaScope
  ) throws(JinjaError) -> String {
    var output = ""
    _ = try execute(statements, in: scope, &output)
    return output
  }

  private func execute(
    _ statements: [JinjaStatement], in scope: JinjaScope, _ output: inout String
  ) throws(JinjaError) -> Flow {
    for statement in statements {
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
    case .text(let text): output += text
    case .output(let expression): output += try value(of: expression, in: scope).text
    case .conditional(let branches, let otherwise):
      for branch in branches where try value(of: branch.condition, in: scope).isTrue {
        return try execute(branch.body, in: scope, &output)
      }
      return try execute(otherwise, in: scope, &output)
    case .loop(let loop):
      let elements = try value(of: loop.sequence, in: scope)
      try execute(loop, over: elements, depth: 1, in: scope, &output)
    case .set(let target, let expression):
      try assign(try value(of: expression, in: scope), to: target, in: scope)
    case .setBlock(let target, let filter, let body):
      let text = try render(body, in: JinjaScope(parent: scope))
      try assign(try filtered(text, by: filter, in: scope), to: target, in: scope)
    case .macro(let name, let parameters, let body):
      macroScopes.append(scope)
      scope.variables[name] = .object(
        JinjaMacro(name: name, parameters: parameters, body: body, scope: scope))
    case .callBlock(let call, let parameters, let body):
      let caller = JinjaMacro(
        name: "caller", parameters: parameters, body: body, scope: scope)
      output += try value(ofCall: call, caller: .object(caller), in: scope).text
    case .filterBlock(let filter, let body):
      let text = try render(body, in: JinjaScope(parent: scope))
      output += try filtered(text, by: filter, in: scope).text
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
    _ loop: JinjaLoopSyntax, over sequence: JinjaValue, depth: Int, in scope: JinjaScope,
    _ output: inout String
  ) throws(JinjaError) {
    var elements = try sequence.elements()
    if let condition = loop.condition {
      var accepted: [JinjaValue] = []
      for element in elements {
        let inner = JinjaScope(parent: scope)
        try assign(element, to: loop.target, in: inner)
        if try value(of: condition, in: inner).isTrue { accepted.append(element) }
      }
      elements = accepted
    }
    let recursion: JinjaLoop.Recursion? =
      loop.isRecursive
      ? { [unowned self] (children, depth) throws(JinjaError) in
        guard depth <= Self.callDepthLimit else {
          throw JinjaError("a loop recurs more than \(Self.callDepthLimit) levels deep")
        }
        var inner = ""
        try self.execute(loop, over: children, depth: depth, in: scope, &inner)
        return inner
      } : nil
    let state = JinjaLoop(elements, depth: depth, recursion: recursion)
    for element in elements {
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

  private func filtered(
    _ text: String, by filter: JinjaExpression?, in scope: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    guard let filter else { return .string(text) }
    return try value(ofFilter: filter, on: .string(text), in: scope)
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
      let elements = try value.elements()
      guard elements.count == targets.count else {
        throw JinjaError("expected \(targets.count) values to unpack, found \(elements.count)")
      }
      for (target, element) in zip(targets, elements) {
        try assign(element, to: target, in: scope)
      }
    }
  }
}
