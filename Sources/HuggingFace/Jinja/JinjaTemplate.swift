import Foundation

/// A template of the Jinja language, parsed once and rendered as often as needed.
///
/// The language is that of Jinja 3.1 with the settings and additions that transformers renders chat
/// templates with: `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `generation` blocks,
/// `tojson` without HTML escapes, `raise_exception` and `strftime_now`. Tags that reach for other
/// templates (`include`, `import`, `extends`, `block`) and filters for HTML are refused when the
/// template is parsed.
struct JinjaTemplate: Sendable {
  private let statements: [JinjaStatement]

  /// Parses a template.
  init(_ source: String) throws(JinjaError) {
    statements = try JinjaParser.statements(of: source)
  }

  /// The text that the template makes of variables.
  ///
  /// - Parameters:
  ///   - variables: the values of names.
  ///   - now: the moment that `strftime_now` tells, in the time zone of this machine.
  ///   - limits: what the rendering may use.
  func render(
    _ variables: [String: JinjaValue], now: Date = Date(),
    limits: JinjaBudget.Limits = JinjaBudget.Limits()
  ) throws(JinjaError) -> String {
    let input = variables.values.reduce(0) { $0 + $1.wholeSize }
    let evaluator = JinjaEvaluator(
      globals: JinjaGlobals.functions(now: now), budget: JinjaBudget(limits, input: input))
    return try evaluator.render(statements, variables: variables)
  }
}
