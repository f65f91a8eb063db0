extension Filter {
  /// Filters that apply another filter or a test to every element. As in Jinja, what counts as
  /// false, none among it, has no elements.
  static let selectionFilters: [String: Filter] = [
    "map": Filter(open: map),
    "select": selection(byAttribute: false, keeping: true),
    "reject": selection(byAttribute: false, keeping: false),
    "selectattr": selection(byAttribute: true, keeping: true),
    "rejectattr": selection(byAttribute: true, keeping: false),
  ]

  /// `map("filter", ...)`, or `map(attribute="name", default=...)`.
  @Sendable
  private static func map(
    _ input: Value, _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value {
    guard input.isTrue else { return .object(Generator([])) }
    var result: [Value] = []
    if let name = arguments.positional.first {
      var rest = arguments
      rest.positional.removeFirst()
      let filter = try name.text(arguments.budget)
      for element in try input.elements(arguments.budget) {
        result.append(try evaluator.filter(filter, element, rest))
      }
    } else {
      let bound = try arguments.bound(to: ["attribute", "default"], of: "map")
      let path = try AttributePath(try bound.required("attribute"))
      for element in try input.elements(arguments.budget) {
        result.append(try path.value(of: element, otherwise: bound["default"], arguments.budget))
      }
    }
    return .object(Generator(result))
  }

  /// The elements, or those whose attribute, passes a test; without a test, those that are true.
  private static func selection(byAttribute: Bool, keeping: Bool) -> Filter {
    Filter(open: { (input, arguments, evaluator) throws(JinjaError) in
      guard input.isTrue else { return .object(Generator([])) }
      var rest = arguments
      var path = try AttributePath(nil)
      if byAttribute {
        guard let name = rest.positional.first else {
          throw JinjaError("expected the name of an attribute")
        }
        path = try AttributePath(name)
        rest.positional.removeFirst()
      }
      let test = try rest.positional.first?.text(arguments.budget)
      if test != nil { rest.positional.removeFirst() }
      var result: [Value] = []
      for element in try input.elements(arguments.budget) {
        let value = try path.value(of: element, arguments.budget)
        let holds = try test.map { (test) throws(JinjaError) in
          try evaluator.test(test, value, rest)
        }
        if (holds ?? value.isTrue) == keeping { result.append(element) }
      }
      return .object(Generator(result))
    })
  }
}
