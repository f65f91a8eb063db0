import Foundation
import JSON
import TestSupport
import Testing

@testable import Jinja

@Suite("Language")
struct LanguageTests {
  private func outcome(_ template: String, _ variables: JSONObject) -> TemplateGolden.Outcome {
    do {
      return .text(try JinjaTemplate(template).render(variables, now: TemplateGolden.now))
    } catch {
      return error.isRaisedByTemplate ? .raised(error.reason) : .error
    }
  }

  @Test("every construct renders as Jinja for Python renders it")
  func language() throws {
    let golden = try TemplateGolden.json("language")
    let variables: JSONNode = try golden.required("variables")
    guard case .object(let object) = variables.json else {
      Issue.record("variables are not an object")
      return
    }
    let cases: [JSONNode] = try golden.required("cases")
    #expect(cases.count > 140)
    for value in cases {
      let template: String = try value.required("template")
      let found = outcome(template, object)
      let expected = try TemplateGolden.expected(value)
      #expect(found == expected, "\(template)")
    }
  }

  @Test(
    "an error names its line",
    arguments: [
      ("a\n{{ missing.x }}", 2, "'missing' is undefined"),
      ("{% if true %}\n\n{{ 1 + 'a' }}{% endif %}", 3, "cannot apply + to int and str"),
      ("a\nb {% include 'x' %}", 2, "the tag include is not supported"),
      ("{{ 1 }}\n{{ x|frobnicate }}", 2, "the filter frobnicate is not supported"),
      ("\n{{ x is frobnicated }}", 2, "the test frobnicated is not supported"),
      ("{% for x in y %}", 1, "expected the tag else or endfor, found the end of the template"),
      ("{{ (1 }}", 1, "unexpected }"),
      ("\n\n{{ 'a", 3, "a string is not closed"),
      ("{{ 1 2 }}", 1, "expected }}, found 2"),
      ("{{ a $ b }}", 1, "unexpected character \"$\""),
    ])
  func errors(template: String, line: Int, reason: String) {
    #expect {
      try JinjaTemplate(template).render([:])
    } throws: { error in
      error as? JinjaError == JinjaError(reason, line: line)
    }
  }

  @Test("no template exhausts the stack or memory")
  func limits() {
    let deep = String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
    #expect(throws: JinjaError.self) { try JinjaTemplate("{{ \(deep) }}") }
    let minus = String(repeating: "-", count: 5000)
    #expect(throws: JinjaError.self) { try JinjaTemplate("{{ \(minus)1 }}") }
    let blocks = String(repeating: "{% if true %}", count: 5000)
    #expect(throws: JinjaError.self) { try JinjaTemplate(blocks) }
    #expect(throws: JinjaError.self) { try JinjaTemplate("{{ 'a' * 99999999999 }}").render([:]) }
    #expect(throws: JinjaError.self) {
      try JinjaTemplate("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}").render([:])
    }
  }
}
