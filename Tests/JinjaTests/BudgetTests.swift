import JSON
import Testing

@testable import Jinja

/// What a template from anywhere may not do: run for ever, fill the memory, exhaust the stack.
@Suite("What a rendering may use")
struct BudgetTests {
  private static let tight = JinjaLimits(steps: 20_000, bytes: 1 << 20, depth: 400)

  /// The reason for which a template is refused.
  private func refusal(_ template: String) -> String? {
    do {
      _ = try JinjaTemplate(template).render([:], limits: Self.tight)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(
    "nothing larger than the budget is made",
    arguments: [
      "{{ 'a'.center(100000000000) }}", "{{ 'a'|center(9223372036854775807) }}",
      "{{ 'a'.ljust(9223372036854775807) }}", "{{ 'a'.rjust(100000000000) }}",
      "{{ 'a'.zfill(9223372036854775807) }}", "{{ 'a\nb'|indent(99999999999) }}",
      "{{ 'a\nb'|indent(9223372036854775807, true) }}", "{{ [1]|batch(10**12, 'x')|list }}",
      "{{ [1]|batch(9223372036854775807, 'x')|list }}", "{{ '%.99999999999d' % 1 }}",
      "{{ '%9223372036854775807s' % 1 }}", "{{ '%.9223372036854775807d'|format(1) }}",
      "{{ [1]|tojson(indent=99999999999) }}", "{{ [[1]]|tojson(indent=9223372036854775807) }}",
      "{{ ([1] * 9000)|join('a' * 9000)|length }}",
      "{{ ('a' * 9000)|replace('a', 'a' * 9000)|length }}",
      "{{ ('a' * 9000).replace('', 'a' * 9000)|length }}",
      "{{ ('a' * 9000).join(['b'] * 9000)|length }}",
      "{{ ('{0}' * 2000).format('a' * 2000)|length }}",
      "{{ ('%(a)s' * 2000) % {'a': 'a' * 2000} }}", "{{ [1] * 99999999999 }}",
      "{{ 99999999999 * (1, 2) }}",
      "{{ ('a ' * 30000).split()|length }}", "{{ ('\\n' * 30000).splitlines()|length }}",
      "{{ ([['a' * 9000]] * 9000)|tojson|length }}", "{{ ['a' * 900] * 900 * 90 }}",
      "{% set s = namespace(s='aa') %}{% for i in range(60) %}{% set s.s = s.s + s.s %}{% endfor %}",
      "{% set s = namespace(s='aa') %}{% for i in range(60) %}{% set s.s = s.s ~ s.s %}{% endfor %}",
      "{% set s = namespace(s=[1]) %}{% for i in range(60) %}{% set s.s = s.s + s.s %}{% endfor %}",
      "{{ ([1] * 9000)|sort|length }}",
      "{{ ([range(1000)|list] * 1000)|sum(start=[])|length }}",
      "{% for i in range(1000) %}{{ 'a' * 2000 }}{% endfor %}",
    ])
  func bytes(template: String) {
    #expect(refusal(template) == "the template makes more than 1 MiB of values", "\(template)")
  }

  /// Two lists of one list each, a hundred times: 2^100 elements in a few kilobytes.
  private static let doubled =
    "{% set n = namespace(x=(1,), y=(1,)) %}{% for i in range(100) %}"
    + "{% set n.x = (n.x, n.x) %}{% set n.y = (n.y, n.y) %}{% endfor %}"

  @Test(
    "nothing takes longer than the budget",
    arguments: [
      "{% for i in range(9999) %}{% for j in i|string * 99 %}{% endfor %}{% endfor %}",
      "{% macro m(n) %}{% if n < 90 %}{{ m(n+1) }}{{ m(n+1) }}{% endif %}{% endmacro %}{{ m(0) }}",
      String(repeating: "{% for a in [1,2] %}", count: 90)
        + String(repeating: "{% endfor %}", count: 90),
      "{{ strftime_now('%c' * 15000) }}", "{{ []|slice(10**12)|list }}",
      doubled + "{{ n.x == n.y }}", doubled + "{{ n.x < n.y }}",
      doubled + "{{ n.x in [n.y] }}",
      "{% set a = 'a' * 9000 %}{% for i in range(9999) %}{% if 'b' in a %}{% endif %}{% endfor %}",
      "{% set a = 'a' * 9000 %}{% for i in range(9999) %}{% if a.find('b') %}{% endif %}{% endfor %}",
      "{% set a = ' ' * 9000 %}{% for i in range(9999) %}{% if a|trim %}{% endif %}{% endfor %}",
      "{% set a = range(9000)|list %}{% for i in a %}{% if -1 in a %}{% endif %}{% endfor %}",
      "{{ (range(3000)|list)|sort|length }}",
    ])
  func steps(template: String) {
    #expect(refusal(template) == "the template takes more than 20000 steps", "\(template)")
  }

  @Test("what a value holds twice is counted twice where it is written")
  func sharedValues() {
    for use in ["{{ n.x }}", "{{ n.x|tojson }}", "{{ {n.x: 1} }}", "{{ [n.x]|unique|list }}"] {
      #expect(refusal(Self.doubled + use)?.hasPrefix("the template ") == true, "\(use)")
    }
  }

  @Test(
    "values nest only so deep as can be freed again",
    arguments: [
      "[n.x]", "(n.x,)", "{'a': n.x}", "dict(a=n.x)", "[n.x]|map('default')", "[n.x].count",
      "cycler(n.x)", "cycler(n.x).next", "joiner(n.x)", "[n.x]|batch(1)|list", "kwargs(n.x)",
      "varargs(n.x)", "[[n.x]]|slice(1)|list", "{1: n.x}.items()",
    ])
  func deepValues(made: String) {
    let template =
      "{% set n = namespace(x=[]) %}"
      + "{% macro kwargs(v) %}{{ keep(a=v) }}{% endmacro %}"
      + "{% macro keep() %}{% set n.x = kwargs %}{% endmacro %}"
      + "{% macro varargs() %}{% set n.y = varargs %}{% endmacro %}"
      + "{% for i in range(2000) %}{% set v = \(made) %}"
      + "{% if v is not string %}{% set n.x = v %}{% elif n.y %}{% set n.x = n.y %}{% endif %}"
      + "{% endfor %}"
    #expect(refusal(template) == "values are nested more than 300 levels deep", "\(made)")
  }

  /// Objects that are given values later, each referring to the one before.
  @Test(
    "long chains of objects are freed without a deep stack",
    arguments: [
      "{% set t = namespace() %}{% set c = n.x %}{% set c.x = t %}{% set n.x = t %}",
      "{% for j in [1] %}{% set p = n.x %}{% set n.x = [loop] %}{{ loop.changed(p) }}{% endfor %}",
      "{% set y = n.x %}{% call m() %}{% endcall %}",
      "{% set y = n.x %}{% for j in [1] recursive %}{% set n.x = loop %}{% endfor %}",
      "{{ f(n.x) }}",
    ])
  func objects(body: String) throws {
    let template = try JinjaTemplate(
      "{% set n = namespace(x=namespace()) %}{% macro m() %}{% set n.x = caller %}{% endmacro %}"
        + "{% macro f(v) %}{% macro i() %}{% endmacro %}{% set n.x = i %}{% endmacro %}"
        + "{% for i in range(4000) %}\(body)\n{% endfor %}done")
    #expect(try template.render([:]).hasSuffix("done"))
  }

  @Test("calls nest only so deep as the stack allows")
  func depth() {
    let ifs = String(repeating: "{% if true %}", count: 150)
    let ends = String(repeating: "{% endif %}", count: 150)
    let fors = String(repeating: "{% for a in [1] %}", count: 150)
    let endfors = String(repeating: "{% endfor %}", count: 150)
    let brackets = String(repeating: "[", count: 90)
    for body in [
      "{{ m() }}", "{{ m(m()) }}", ifs + "{{ m() }}" + ends, fors + "{{ m() }}" + endfors,
      "{{ \(brackets)m()\(brackets.replacing("[", with: "]")) }}", "{% call m() %}{% endcall %}",
      "{% set x %}{{ m() }}{% endset %}", "{% filter upper %}{{ m() }}{% endfilter %}",
      "{{ ['a']|map('default', m())|list }}",
    ] {
      #expect(
        refusal("{% macro m() %}\(body){% endmacro %}{{ m() }}")
          == "expressions, blocks and macro calls are nested more than 400 levels deep", "\(body)")
    }
    #expect(refusal("{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}") != nil)
  }

  @Test("a long row of operators, links or filters needs no deep stack")
  func longChains() throws {
    func result(_ first: String, _ repeated: String) throws -> String {
      let row = String(repeating: repeated, count: 5000)
      return try JinjaTemplate("{{ \(first)\(row) }}").render([:])
    }
    #expect(try result("1", "+1") == "5001")
    #expect(try result("1", "*1") == "1")
    #expect(try result("2", "**1") == "2")
    #expect(try result("1", " and 1") == "1")
    #expect(try result("0", " or 0") == "0")
    #expect(try result("1", " <= 1") == "True")
    #expect(try result("'a'", "|upper") == "A")
    #expect(try result("'a'", ".upper()") == "A")
    #expect(try result("'a'", "[0]") == "a")
    #expect(try result("1", " ~ 1") == String(repeating: "1", count: 5001))
  }

  @Test("chains without a bottom are refused when the template is parsed")
  func deepSyntax() {
    for row in ["1 if 1 else ", "not ", "-", "(", "[", "{1: "] {
      let source = "{{ " + String(repeating: row, count: 20_000)
      #expect(throws: JinjaError.self) { try JinjaTemplate(source) }
    }
    let conditions = String(repeating: "if 1 ", count: 20_000)
    #expect(throws: JinjaError.self) { try JinjaTemplate("{{ 1 \(conditions) }}") }
  }

  @Test(
    "the largest integers trap nowhere",
    arguments: [
      ("{{ 'abcdefgh'|truncate(9223372036854775807) }}", "abcdefgh"),
      ("{{ 'abcdefgh'|truncate(5, leeway=9223372036854775807) }}", "abcdefgh"),
      ("{{ [1]|batch(9223372036854775807)|list }}", "[[1]]"),
      ("{{ [1]|tojson(indent=-1) }}", "[\n1\n]"),
      (
        "{{ range(9223372036854775800, 9223372036854775807, 5)|list }}",
        "[9223372036854775800, 9223372036854775805]"
      ),
      ("{{ '%.9223372036854775807s' % 'a' }}", "a"),
      (
        "{% set m = -9223372036854775807 - 1 %}{{ 'a'.center(m) }}{{ 'a'.ljust(m) }}{{ 'a'[m:] }}"
          + "{{ 'abc'.find('c', m) }}{{ 'a-b'.split('-', m) }}", "aaa2['a', 'b']"
      ),
    ])
  func integers(template: String, text: String) throws {
    #expect(try JinjaTemplate(template).render([:]) == text)
  }

  @Test("an input adds to the budget what it needs")
  func input() throws {
    let text = String(repeating: "word ", count: 20_000)
    let template = try JinjaTemplate("{{ (text|trim ~ '!').split()|length }}")
    #expect(
      try template.render(["text": .string(text)], limits: Self.tight) == "20000")
    #expect(throws: JinjaError.self) {
      try JinjaTemplate("{{ ('word ' * 20000)|trim|length }}").render([:], limits: Self.tight)
    }
  }
}
