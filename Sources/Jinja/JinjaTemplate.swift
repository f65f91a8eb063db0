import Foundation
import JSON

/// A template of the Jinja language: parsed once, rendered any number of times.
///
/// The language is that of Jinja 3.1 with the settings and additions that transformers renders chat
/// templates with: `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `generation` blocks,
/// `tojson` without HTML escapes, `raise_exception` and `strftime_now`. Tags that refer to other
/// templates (`include`, `import`, `extends`, `block`) and filters for HTML are refused when the
/// template is parsed.
package struct JinjaTemplate: Sendable {
  private let statements: [Statement]

  /// Parses a template.
  ///
  /// - Throws: the first error, with its line in the template.
  package init(_ source: String) throws(JinjaError) {
    statements = try Parser.statements(of: source)
  }

  /// Renders the template.
  ///
  /// - Parameters:
  ///   - variables: the values of names.
  ///   - now: the time that `strftime_now` formats, in the time zone of this machine.
  ///   - limits: the steps, bytes and depth that the rendering may use.
  /// - Throws: the first error, with its line in the template.
  package func render(
    _ variables: JSONObject, now: Date = Date(), limits: JinjaLimits = JinjaLimits()
  ) throws(JinjaError) -> String {
    var values: [String: Value] = [:]
    for (name, value) in variables.members { values[name] = Value(value) }
    let input = values.values.reduce(0) { $0 + $1.wholeSize }
    let evaluator = Evaluator(
      globals: Globals.functions(now: now), budget: Budget(limits, input: input))
    return try evaluator.render(statements, variables: values)
  }
}
