#!/usr/bin/env python3
"""Renders the chat templates of this folder with Jinja, and writes what came out as golden files.

    pip install jinja2==3.1.6
    python3 make.py

The environment is set up as transformers sets up the one behind `apply_chat_template`
(transformers/utils/chat_template_utils.py, Apache-2.0): an immutable sandbox, trim_blocks and
lstrip_blocks, loop controls, `generation` blocks, a `tojson` without HTML escapes, `raise_exception`
and `strftime_now`; the clock stands at a fixed moment. The templates are written for these
tests, each with the constructs that the templates of one family of models use.

    language.json         small templates of language.py: source, text or error
    FAMILY.json           FAMILY.jinja over the conversations below: text or error
"""

import datetime
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

import language

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2025, 3, 9, 14, 5, 7)


class Raised(Exception):
    """What a template says of its input."""


class Generation(jinja2.ext.Extension):
    """`{% generation %}...{% endgeneration %}`: marks what the assistant says; prints its body."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        call = self.call_method("_body", [])
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise Raised(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def environment():
    result = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Generation, jinja2.ext.loopcontrols],
    )
    result.filters["tojson"] = tojson
    result.globals["raise_exception"] = raise_exception
    result.globals["strftime_now"] = NOW.strftime
    return result


def rendered(source, variables):
    """{"text": ...}, {"raised": message} where the template refuses, or {"error": true}."""
    try:
        return {"text": environment().from_string(source).render(**variables)}
    except Raised as error:
        return {"raised": str(error)}
    except Exception:
        return {"error": True}


SYSTEM = {"role": "system", "content": "  You answer briefly.\n"}
USER = {"role": "user", "content": "What is a monad?"}
ASSISTANT = {"role": "assistant", "content": " A monoid in the category of endofunctors. "}
THOUGHT = {
    "role": "assistant",
    "content": "<think>\nLet me see.\n</think>\n\nA burrito.",
}
ODD = {"role": "user", "content": "  \nSecond <|im_end|> question? \"é\" 😀\n\n"}
TOOL = {"role": "tool", "content": "{\"temperature\": 21}"}

CONVERSATIONS = [
    [USER],
    [SYSTEM, USER],
    [SYSTEM, USER, ASSISTANT],
    [SYSTEM, USER, ASSISTANT, ODD],
    [USER, THOUGHT, ODD],
    [USER, ASSISTANT, ODD, ASSISTANT],
    [SYSTEM],
    [USER, USER],
    [USER, ASSISTANT, USER, TOOL],
    [{"role": "user", "content": ""}],
]

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}

# What a user may tell a template; each goes to the templates that mention its names.
TOLD = [
    {"enable_thinking": False},
    {"enable_thinking": True},
    {"enable_thinking": "no"},
    {"controls": {"length": "short", "originality": "abstractive"}},
    {"documents": [{"text": "Ships pass."}, {"text": '"Lamps" burn.'}]},
    {"today": "1 Jan 2001"},
]


def conversations(source):
    plain = [({}, messages) for messages in CONVERSATIONS]
    told = [
        (variables, messages)
        for variables in TOLD
        if all(name in source for name in variables)
        for messages in CONVERSATIONS[:4]
    ]
    for variables, messages in plain + told:
        for add_generation_prompt in (False, True):
            case = {"messages": messages, "add_generation_prompt": add_generation_prompt}
            if variables:
                case["variables"] = variables
            everything = dict(TOKENS, tools=None, documents=None)
            everything.update(case, **variables)
            everything.pop("variables", None)
            yield dict(case, expected=rendered(source, everything))


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main():
    templates = [
        line.replace("\\r", "\r").replace("\\n", "\n") if "{{ '" not in line else line
        for line in language.TEMPLATES.strip("\n").split("\n")
    ]
    write(
        "language",
        {
            "variables": language.VARIABLES,
            "now": NOW.isoformat(),
            "cases": [
                {"template": template, "expected": rendered(template, language.VARIABLES)}
                for template in templates
            ],
        },
    )
    for path in sorted(HERE.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        write(path.stem, {"cases": list(conversations(source))})


if __name__ == "__main__":
    main()
