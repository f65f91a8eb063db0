import Foundation

/// The functions that every template has: those of Jinja, and two that transformers adds.
enum Globals {
  /// No template needs longer ranges; the sandbox of Jinja has the same limit.
  private static let rangeLimit = 100_000

  /// The functions under their names.
  ///
  /// - Parameter now: the time that `strftime_now` formats, in the time zone of this machine.
  static func functions(now: Date) -> [String: Value] {
    var functions: [String: Value] = [:]
    func add(_ name: String, _ body: @escaping Function.Body) {
      functions[name] = .object(Function(name: name, body))
    }
    add("range", range)
    add("dict") { (arguments, _) throws(JinjaError) in .dictionary(try dictionary(arguments)) }
    add("namespace") { (arguments, evaluator) throws(JinjaError) in
      var attributes: [String: Value] = [:]
      for (key, value) in try dictionary(arguments).members {
        attributes[try key.text(arguments.budget)] = value
      }
      let namespace = Namespace(attributes)
      try evaluator.keep(namespace)
      return .object(namespace)
    }
    add("cycler") { (arguments, _) throws(JinjaError) in
      guard !arguments.positional.isEmpty else { throw JinjaError("cycler: expected values") }
      return .object(Cycler(arguments.positional))
    }
    add("joiner") { (arguments, _) throws(JinjaError) in
      let separator = try arguments.bound(to: ["sep"], of: "joiner")["sep"] ?? .string(", ")
      var isUsed = false
      return .object(
        Function(name: "joiner", depth: separator.depth + 1) { (_, _) throws(JinjaError) in
          defer { isUsed = true }
          return isUsed ? separator : .string("")
        })
    }
    add("raise_exception") { (arguments, _) throws(JinjaError) in
      let message = try arguments.bound(to: ["message"], of: "raise_exception")["message"]
      throw JinjaError(try message?.text(arguments.budget) ?? "", isRaisedByTemplate: true)
    }
    add("strftime_now") { (arguments, _) throws(JinjaError) in
      let bound = try arguments.bound(to: ["format"], of: "strftime_now")
      let format = try bound.requiredText("format")
      try arguments.budget.spend(steps: format.utf8.count)
      return .string(try pythonTime(format, at: now))
    }
    return functions
  }

  /// `range(stop)` or `range(start, stop[, step])`.
  private static func range(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value {
    var bounds: [Int] = []
    for value in arguments.positional {
      if case .undefined(let reason) = value { throw JinjaError(reason) }
      guard let bound = value.asInteger else {
        throw JinjaError("range: expected integers, found \(value.typeName)")
      }
      bounds.append(bound)
    }
    guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
      throw JinjaError("range: expected one to three integers")
    }
    let (start, stop) = bounds.count == 1 ? (0, bounds[0]) : (bounds[0], bounds[1])
    let step = bounds.count == 3 ? bounds[2] : 1
    guard step != 0 else { throw JinjaError("range: the step must not be zero") }
    var elements: [Value] = []
    for element in stride(from: start, to: stop, by: step) {
      if elements.count == rangeLimit {
        throw JinjaError("range: expected at most \(rangeLimit) elements")
      }
      elements.append(.integer(element))
    }
    return .list(elements)
  }

  /// A dictionary of members given as a dictionary, as pairs, or by name.
  private static func dictionary(
    _ arguments: Arguments
  ) throws(JinjaError) -> ValueDictionary {
    var result = ValueDictionary()
    for value in arguments.positional {
      if case .dictionary(let dictionary) = value {
        for (key, value) in dictionary.members {
          try result.set(value, for: key, arguments.budget)
        }
        continue
      }
      for pair in try value.elements(arguments.budget) {
        let parts = try pair.elements(arguments.budget)
        guard parts.count == 2 else { throw JinjaError("dict: expected pairs") }
        try result.set(parts[1], for: parts[0], arguments.budget)
      }
    }
    for (name, value) in arguments.named { result.set(value, for: name) }
    return result
  }
}
