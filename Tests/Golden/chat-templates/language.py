"""Small templates that exercise the Jinja language, one construct or edge case each."""

VARIABLES = {
    "name": "Ada Lovelace",
    "text": "  one two  three ",
    "lines": "first\n\nsecond\r\nthird\n",
    "empty": "",
    "unicode": "Zürich ﬁn e\u0301 \U0001f600 \u00a0",
    "n": 7,
    "negative": -7,
    "x": 2.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "map": {"b": 1, "a": [1, 2], "items": "hidden", "c d": None},
    "people": [
        {"name": "Ada", "age": 36, "role": "user", "tags": ["x"]},
        {"name": "Bob", "age": 7, "role": "system"},
        {"name": "cy", "age": 20, "role": "user", "tags": []},
    ],
    "tree": [{"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}],
    "html": "<a href=\"x\">'&'</a>",
}

TEMPLATES = """
plain text
{{ name }}
{{name}}{{n}}{{x}}{{yes}}{{no}}{{nothing}}{{list}}{{map}}{{missing}}
{{ [1, 2.0, 'a', "it's", None, True, (1,), (), {'k': 'v'}, 'tab\\t', "q\\"q'"] }}
{{ unicode }}|{{ [unicode] }}|{{ unicode|length }}|{{ unicode[7] }}|{{ unicode|upper }}|{{ unicode|lower }}
{{ 'a' 'b' "c" }}
{{ '\\u00e9\\x41\\n\\\\\\q\\101\\0' }}
{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }}
{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 1 / 3 }} {{ 10 / 5 }} {{ 1e3 }} {{ 1e16 }} {{ 123456789012345678 }} {{ 1.5e-7 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e22 }} {{ 100000.0 * 100000.0 }}
{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5 }}
{{ -2 ** 2 }} {{ -n|abs }} {{ (-n)|abs }} {{ +n }} {{ --n }}
{{ yes + 1 }} {{ yes * 3 }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ [1] + [2] }} {{ (1,) + (2,) }}
{{ 'a' ~ 1 ~ none ~ true ~ 2.5 ~ missing ~ [1] }}
{{ 1 < 2 }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1.0 }} {{ 1 == true }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 'a' == 1 }} {{ none == false }} {{ missing == other }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }}
{{ 1 <= 1 }} {{ 2 >= 3 }} {{ 1 != 2 }}
{{ 1 in [1, 2] }} {{ 3 not in [1] }} {{ 'b' in 'abc' }} {{ '' in 'abc' }} {{ 'a' in map }} {{ 'z' in map }} {{ 1 in missing }} {{ not 1 in [1] }}
{{ yes and no }} {{ yes or no }} {{ not yes }} {{ 0 or 'x' }} {{ '' and 'x' }} {{ 1 and 2 }} {{ not not 1 }}
{{ 'a' if yes else 'b' }} {{ 'a' if no else 'b' }} [{{ 'a' if no }}] {{ 1 if no else 2 if no else 3 }}
{{ list[0] }} {{ list[-1] }} [{{ list[9] }}] {{ list[1:] }} {{ list[:-1] }} {{ list[::-1] }} {{ list[::2] }} {{ list[-2:] }} {{ list[5:1] }} {{ list[2:0:-1] }} {{ name[1:3] }} {{ name[::-1] }} {{ (1,2,3)[1:] }} {{ list[-100:100] }}
{{ map.b }} {{ map['b'] }} {{ map['c d'] }} {{ map['items'] }} [{{ map.zzz }}] [{{ map['zzz'] }}] {{ map.a[1] }} {{ map.a.0 }} {{ list.1 }}
{{ map.items is callable }} {{ map.items() is callable }} {{ map.keys() | list }} {{ map.values() | list }} {{ map.get('b') }} {{ map.get('q') }} {{ map.get('q', 5) }}
{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}
{% for k in map %}{{ k }};{% endfor %}
{% for k, v in map|dictsort %}{{ k }}={{ v }};{% endfor %}
{% for k, v in map|items %}{{ k }}={{ v }};{% endfor %}
{% for c in 'aé😀' %}[{{ c }}]{% endfor %}
{% for x in list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}
{% for x in list %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }};{% endfor %}
{% for x in list %}{{ loop.cycle('a', 'b') }}{% endfor %}
{% for x in [1,1,2,2,1] %}{{ loop.changed(x) }};{% endfor %}
{% for x in [] %}x{% else %}nothing{% endfor %}
{% for x in missing %}x{% else %}nothing{% endfor %}
{% for x in list if x > 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% else %}none{% endfor %}
{% for x in list if x > 9 %}{{ x }}{% else %}none{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for x in list %}{% for y in list %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}
{% for x in list %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}
{% for x in list %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% for node in tree recursive %}{{ node.v }}({{ loop.depth }}){% if node.kids %}[{{ loop(node.kids) }}]{% endif %}{% endfor %}
{% set a = 1 %}{% for x in list %}{% set a = a + x %}{{ a }};{% endfor %}{{ a }}
{% for x in [1, 2] %}{% if x == 2 %}[{{ b }}]{% endif %}{% set b = x %}{% endfor %}[{{ b }}]
{% set ns = namespace(total=0, last='') %}{% for x in list %}{% set ns.total = ns.total + x %}{% set ns.last = x %}{% endfor %}{{ ns.total }}{{ ns.last }}{{ ns['total'] }}[{{ ns.zzz }}]
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}
{% if yes %}{% set inner = 5 %}{% endif %}{{ inner }}
{% if no %}a{% elif n == 7 %}b{% elif yes %}c{% else %}d{% endif %}
{% if missing %}a{% else %}b{% endif %}{% if list %}c{% endif %}{% if {} %}d{% endif %}{% if 0.0 %}e{% endif %}{% if ' ' %}f{% endif %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, %}{{ t }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}
{% set block %}a{{ n }}b{% endset %}[{{ block }}]{% set up | upper %}abc{% endset %}{{ up }}{% set y | replace('a', 'b') | upper %}banana{% endset %}{{ y }}
{% macro greet(who, greeting='Hello') %}{{ greeting }}, {{ who }}!{% endmacro %}{{ greet('Ada') }}{{ greet('Bob', 'Hi') }}{{ greet(greeting='Yo', who='C') }}[{{ greet() }}]
{% macro m(a, b=a) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{{ m.name }}{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, k=4) }}
{% macro outer() %}{{ later }}{{ n }}{% endmacro %}{% set later = 'set after' %}{{ outer() }}
{% macro wrap(tag) %}<{{ tag }}>{{ caller() }}</{{ tag }}>{% endmacro %}{% call wrap('b') %}in {{ n }}{% endcall %}
{% macro each(xs) %}{% for x in xs %}{{ caller(x) }}{% endfor %}{% endmacro %}{% call(v) each(list) %}<{{ v }}>{% endcall %}
{% macro fact(k) %}{% if k <= 1 %}1{% else %}{{ k * fact(k - 1)|int }}{% endif %}{% endmacro %}{{ fact(5) }}
{% macro m() %}  x  {% endmacro %}[{{ m()|trim }}][{{ m() | length }}]{{ m is callable }}
{% filter upper %}abc {{ name }}{% endfilter %}{% filter trim|replace('b', 'x') %} abc {% endfilter %}
{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 3 %}{% endwith %}[{{ a }}{{ c }}]
{% generation %}{% set inside = 1 %}made {{ n }}{% endgeneration %}[{{ inside }}]
{# comment {{ not printed }} #}a{# b #}c
{% raw %}{{ not }} {% evaluated %}{# kept #}{% endraw %}
{%- raw -%}   x {{ y }}   {%- endraw -%}   z
a {{- n -}} b {%- if yes -%} c {%- endif -%} d
a  {%+ if yes +%}  b  {%+ endif +%}  c
  {% if yes %}\\n    indented\\n  {% endif %}\\nafter
line\\n  {% set q = 1 %}\\n  {{ q }}\\n\\n{% for x in list %}\\n  - {{ x }}\\n{% endfor %}\\nend\\n
line\\n{%- if yes %}\\n  a\\n{%- endif %}\\n\\n  b
   {# lead #}   \\n x {# in line #}\\ny
{{ n }}\\n\\nend
\\n\\n  {{- n }}  \\n\\n{{ n -}}  \\n\\n x
a\\r\\nb\\rc\\n{% if yes %}\\r\\nd{% endif %}\\r\\n
x{% if yes %}\\n\\n y{% endif %}\\n
{{ '{{' }} {{ "%}" }} {{ {'a': {'b': 1}}.a.b }} {{ {'a': {}} }}
{{ name|upper }} {{ name|lower }} {{ 'hello wORLD'|capitalize }} {{ "it's a-b (cd)"|title }} {{ 'ß'|upper }}
[{{ text|trim }}] [{{ 'xxaxx'|trim('x') }}] [{{ text.strip() }}] [{{ text.lstrip() }}] [{{ text.rstrip() }}] [{{ 'abcba'.strip('ab') }}] [{{ '\\u3000a\\xa0'.strip() }}]
{{ text.split() }} {{ text.split(' ') }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b  c '.split(none, 1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a<x>b<x>'.split('<x>')[-1] }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ 'a\\r\\n'.splitlines() }}
{{ name.startswith('Ada') }} {{ name.endswith('x') }} {{ name.startswith(('x', 'A')) }} {{ name.startswith('L', 4) }} {{ name.find('L') }} {{ name.find('z') }} {{ name.rfind('a') }} {{ name.index('a') }} {{ name.count('a') }} {{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }}
{{ name.replace('a', 'o') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }} {{ name|replace('Ada', n) }} {{ 'aaa'|replace('a', 'b', 1) }} {{ 'x\\r\\ny'.replace('\\n', '|') }}
{{ name.upper() }} {{ name.lower() }} {{ name.title() }} {{ "they're x1y".title() }} {{ name.capitalize() }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('bc') }} {{ 'abc'.removesuffix('zzzz') }}
{{ ', '.join(words) }} {{ words|join(', ') }} {{ list|join }} {{ people|join(',', attribute='name') }} {{ 'abc'|join('-') }}
{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }} {{ 'abc'.rpartition('-') }}
[{{ 'ab'.center(5) }}] [{{ 'ab'.center(5, '*') }}] [{{ 'abc'.center(6) }}] [{{ 'ab'.ljust(4) }}] [{{ 'ab'.rjust(4, '.') }}] {{ '-7'.zfill(4) }} {{ '42'.zfill(5) }} [{{ 'a'|center(4) }}]
{{ 'abc'.isalpha() }} {{ 'a1'.isalnum() }} {{ '12'.isdigit() }} {{ ''.isdigit() }} {{ ' \\t'.isspace() }} {{ 'aB'.islower() }} {{ 'a1'.islower() }} {{ 'AB'.isupper() }} {{ '1'.isupper() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ 'é'.isascii() }} {{ '٣'.isdecimal() }}
{{ list|length }} {{ name|length }} {{ map|count }} {{ list|first }} {{ list|last }} [{{ []|first }}] [{{ []|last }}] {{ 'abc'|first }} {{ 'abc'|last }}
{{ list|sort }} {{ list|sort(reverse=true) }} {{ words|sort }} {{ words|sort(case_sensitive=true) }} {{ people|sort(attribute='age')|map(attribute='name')|list }} {{ people|sort(attribute='role,name')|map(attribute='name')|join }}
{{ list|min }} {{ list|max }} {{ words|min }} {{ words|max }} {{ people|max(attribute='age') }} [{{ []|min }}] {{ list|sum }} {{ people|sum(attribute='age') }} {{ list|sum(start=10) }}
{{ words|unique|list }} {{ [1,2,1]|unique|list }} {{ list|reverse|list }} {{ 'abc'|reverse }} {{ map|dictsort(by='key', reverse=true)|first }} {{ {'x': 2, 'y': 1}|dictsort(by='value') }}
{{ people|map(attribute='name')|list }} {{ words|map('upper')|list }} {{ words|map('replace', 'p', 'b')|join('|') }} {{ people|map(attribute='tags.0', default='-')|list }} {{ people|map(attribute='zz', default=0)|list }}
{{ people|selectattr('role', 'equalto', 'user')|map(attribute='name')|join(',') }} {{ people|rejectattr('role', '==', 'user')|list|length }} {{ people|selectattr('tags')|list|length }} {{ people|selectattr('tags', 'defined')|list|length }} {{ list|select('gt', 1)|list }} {{ list|reject('odd')|list }} {{ [0, 1, '', 'a', none]|select|list }}
{{ (people|selectattr('role', 'equalto', 'zzz')) is true }} {% if people|selectattr('role', 'equalto', 'zzz') %}generator is true{% endif %} {% if people|selectattr('role', 'equalto', 'zzz')|list %}list{% endif %} {{ people|selectattr('role', 'equalto', 'zzz')|first is defined }}
{{ none|map('upper')|list }}{{ none|selectattr('type', 'equalto', 'x')|list|length }}{{ 0|select|list }}{{ ''|reject('odd')|list }}{{ none|rejectattr('a')|first is defined }}
{% set g = list|map('string') %}{{ g|first }}{{ g|list }}{{ g|list }}
{{ list|batch(2)|list }} {{ list|batch(2, 0)|list }} {{ [1,2,3,4,5]|slice(3)|list }} {{ [1,2,3,4,5]|slice(3, 'x')|list }}
{{ missing|default('d') }} {{ none|default('d') }} {{ none|default('d', true) }} {{ ''|d('e', boolean=true) }} [{{ missing|default }}]
{{ '42'|int }} {{ '42.9'|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 2.9|int }} {{ -2.9|int }} {{ '0x1f'|int(0, 16) }} {{ '101'|int(base=2) }} {{ none|int }} {{ true|int }} {{ '1.5'|float }} {{ 'x'|float }} {{ 3|float }} {{ ' 7 '|int }}
{{ 2.5|round }} {{ 3.5|round }} {{ 2.675|round(2) }} {{ 2.1|round(0, 'ceil') }} {{ 2.19|round(1, 'floor') }} {{ 7|round }} {{ 1234.5|round(-2) }} {{ -1.5|abs }} {{ true|abs }}
{{ html|e }} {{ html|escape }} {{ html|safe }} {{ 5|string + 'x' }} {{ 'a b  c'|wordcount }}
{{ lines|indent }}| {{ 'a\\nb\\n\\nc'|indent(2, true) }}| {{ 'a\\nb\\n\\nc'|indent('> ', blank=true) }}|
{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz qux'|truncate(9, true) }} {{ 'foo bar baz qux'|truncate(11) }} {{ 'foo bar baz qux'|truncate(9, false, '', 0) }}
{{ '%s has %d of %.2f (%5s|%-5s|%05d|%+d|%x) %% %r'|format('a', 3, 2.5, 'r', 'l', 42, 7, 255, 'q') }} {{ '%(a)s-%(b)s'|format(a=1, b=2) }} {{ '%s' % 'one' }} {{ '%s %s' % (1, 2) }} {{ '%e %g %G' % (12345.678, 0.00001, 1e20) }}
{{ '{} and {}'.format('a', 2) }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x}{{}}'.format(x=1) }}
{{ map|tojson }} {{ map|tojson(indent=2) }} {{ [1, 2.0, 'é<>&', none, true]|tojson }} {{ 'a"b\\n/'|tojson }} {{ {}|tojson(indent=4) }} {{ []|tojson(indent=4) }} {{ map|tojson(separators=(',', ':')) }} {{ {'b': 1, 'a': {'d': 1, 'c': 2}}|tojson(sort_keys=true, indent=1) }} {{ 'é😀'|tojson(ensure_ascii=true) }} {{ (1, 2)|tojson }} {{ {1: 2, none: 3, true: 4, 1.5: 5}|tojson }} {{ [1e16, 1e-7, 123456789.125, 1e22]|tojson }} {{ 9007199254740993.0|tojson }} {{ '\\x7f\\x1f'|tojson }}
{{ name is defined }} {{ missing is defined }} {{ missing is undefined }} {{ none is none }} {{ name is string }} {{ 1 is number }} {{ true is number }} {{ 1 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ map is mapping }} {{ list is iterable }} {{ list is sequence }} {{ 'a' is sequence }} {{ map is sequence }} {{ 1 is iterable }} {{ missing is iterable }} {{ missing is sequence }} {{ yes is boolean }} {{ yes is true }} {{ no is false }} {{ 1 is true }}
{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(4) }} {{ 2 is in [1, 2] }} {{ 2 is not in [1] }} {{ 2 is eq 2 }} {{ 2 is lt(3) }} {{ 'a' is lower }} {{ 'A' is upper }} {{ '1' is lower }} {{ none is sameas none }} {{ 1 is sameas true }} {{ 'upper' is filter }} {{ 'zz' is filter }} {{ 'odd' is test }} {{ range is callable }} {{ 'a' is not string }} {{ name is string and n is number }} {{ 'x' if name is defined else 'y' }} {{ name is defined and name is not none }}
{{ range(5)|list }} {{ range(2, 5)|list }} {{ range(5, 0, -2)|list }} {{ range(0)|list }} {% for i in range(list|length) %}{{ list[i] }}{% endfor %}
{{ dict(a=1, b=2) }} {{ dict([('x', 1)]) }} {{ dict(map, b=9)|tojson }}
{% set j = joiner(', ') %}{% for x in list %}{{ j() }}{{ x }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{{ strftime_now('%d %b %Y') }} {{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %p %I %y %-d %e %%') }}
{{ list.index(1) }} {{ list.count(3) }} {{ (1, 2).index(2) }}
{{ people[0]['tags'][0] }} {{ people[1].tags is defined }} {{ people[0].name[0] }} {{ people[-1]['name']|upper }}
{{ 'a' if 'x' in 'xyz' and not no else 'b' }} {{ (1 if yes else 2) + 1 }} {{ [x, n][0] }} {{ (list|first) + 1 }} {{ list|first + 1 }} {{ not missing }} {{ missing is not defined or no }}
{{ 5 if missing.x is defined else 6 }}
{{ [1, 2, 3,] }} {{ (1, 2,) }} {{ {'a': 1,} }} {{ dict(a=1,) }} {{ [] }} {{ {} }} {{ () }}
{{ {'a': 1}['a'] }} {{ [[1, 2], [3]][0][1] }} {{ 'abc'[1] }} {{ 'abc'[-1:] }} {{ "a.b"['upper']() }}
{{ raise_exception('stop here') }}
{{ missing.attribute }}
{{ missing + 1 }}
{{ missing() }}
{{ 1 + 'a' }}
{{ 'a' < 1 }}
{{ 1 in 5 }}
{{ none|length }}
{{ none.x }} {{ none.x.y }}
{{ list.append(4) }}
{{ map.update({'a': 1}) }}
{{ map|unknownfilter }}
{{ map is unknowntest }}
{{ [1, 'a']|sort }}
{{ 5|join }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ missing|tojson }}
{{ greet('x') }}
{% set name.x = 1 %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for x in 5 %}{% endfor %}
{% if yes %}never closed
{% endif %}
{{ name
{{ (1 }}
{% include 'x' %}
{% unknown %}
{% break %}
{{ 'open }}
{# open
{% raw %} open
{% for x in list %}{{ x }}
{{ 1 2 }}
{{ }}
{% if %}{% endif %}
{{ [1, 2 }}
{{ a.b.c() }}
{{ name.nosuchmethod() }}
{{ namespace(a=1).a }}{{ ns.b }}
{{ {[1]: 2} }}
{{ range(200000) }}
{{ '%d' % 'x' }}
{{ '%s %s' % 'x' }}
{{ 'x'.join([1]) }}
{{ ''.split('') }}
{{ 'abc'.index('z') }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}
"""
