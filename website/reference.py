"""Reference pages generated from the schema, the commands, the codes and the known failures."""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

import click

from camformation.cli.command_groups import Commands
from camformation.cli.main import root
from camformation.deploy.operation.signatures import LOG, Signature, signatures
from camformation.explain import RANGES, explain, subjects, titles
from camformation.rules.everything import RULES
from camformation.schema import FLEET

KEPT = "A generated page: `camformation {}` prints the same in a terminal."


def pages() -> dict[str, str]:
    """Return the Markdown of every generated page, by its path; links are as from `docs/`."""
    found = dict(_fields())
    found["reference/commands.md"] = _commands()
    found["reference/codes.md"] = _codes()
    found["reference/signatures.md"] = _signatures()
    found["reference/index.md"] = "\n".join(
        [
            "# Reference",
            "",
            "Every field, command, code and known failure, generated from the program itself.",
            "",
            *(f"- [{_title(text)}]({path})" for path, text in found.items()),
            "",
        ]
    )
    return found


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _fields() -> Iterator[tuple[str, str]]:
    """Yield a page for each section of a spec, one for its other fields, one for fleet files."""
    paths = list(subjects())
    sections = [path for path in paths if "." not in path and explain(path).get("keys")]
    single = [path for path in paths if path.partition(".")[0] not in sections]
    yield "reference/fields/top.md", _page("Other fields", single)
    for section in sections:
        below = [path for path in paths if path.partition(".")[0] == section]
        yield f"reference/fields/{section}.md", _page(f"`{section}`", below)
    yield "reference/fields/fleet.md", _page("Fleet files", list(subjects(FLEET)))


def _page(title: str, paths: list[str]) -> str:
    lines = [f"# {title}", "", KEPT.format("explain FIELD"), ""]
    for path in paths:
        lines += _field(explain(path))
    return "\n".join(lines)


def _field(found: Mapping[str, Any]) -> list[str]:
    rows = {"Type": _words(found["type"])}
    if "unit" in found:
        rows["Unit"] = _words(found["unit"])
    if found.get("default") is not None:
        rows["Default"] = _value(found["default"])
    for layer, value in found.get("defaults", {}).items():
        rows[f"Default with {layer}"] = _value(value)
    for name, title in (
        ("allowed", "Allowed"),
        ("pattern", "Pattern"),
        ("minimum", "At least"),
        ("maximum", "At most"),
        ("examples", "Examples"),
    ):
        if name in found:
            rows[title] = _values(found[name])
    for name, title in (("affects", "Sets"), ("change", "On a live deployment")):
        if name in found:
            rows[title] = _words(found[name])
    if "open" in found:
        rows["Left open"] = _words(found["open"])
    return [
        f"## `{found['field']}`",
        "",
        f"**{found['title']}.** {found['text']}".strip(),
        "",
        *(f"- {key}: {value}" for key, value in rows.items()),
        "",
    ]


def _words(value: Any) -> str:
    text = value if isinstance(value, str) else ", ".join(map(str, value))
    return text.replace("<", "&lt;").replace("\n", " ")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`" if text else "empty"


def _values(value: Any) -> str:
    return ", ".join(map(_value, value)) if isinstance(value, list) else _value(value)


def _commands() -> str:
    lines = ["# Commands", "", KEPT.format("COMMAND --help"), ""]
    for name, command in all_commands():
        context = click.Context(command, info_name=name, max_content_width=88)
        lines += [f"## `{name}`", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def all_commands(
    group: Commands = root, path: str = "camformation"
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its whole name, groups before what is in them."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, Commands):
            yield from all_commands(command, f"{path} {name}")


def _codes() -> str:
    lines = [
        "# Codes",
        "",
        KEPT.format("explain CODE"),
        "",
        "Codes of rules are in [Rules](rules.md).",
        "",
    ]
    every = [code for code in titles() if code not in RULES]
    for start, about in RANGES.items():
        if codes := [code for code in every if code.startswith(start)]:
            lines += [f"## {about}", ""]
            for found in map(explain, codes):
                lines += [f"### {found['code']}: {found['title']}", "", found["text"], ""]
    return "\n".join(lines)


def _signatures() -> str:
    lines = [
        "# Known failures",
        "",
        "What `camformation diagnose` recognises in the words of AWS and of the containers.",
        "",
    ]
    for key, group in groupby(signatures(), lambda each: each.key):
        lines += [f"## {key}", "", *_signature(list(group)), ""]
    return "\n".join(lines)


def _signature(cases: list[Signature]) -> Iterator[str]:
    for case in cases:
        yield f"**{_upper(_words(case.means))}.** {_upper(_words(case.advice))}."
        yield ""
        for version in case.versions:
            advice = next(s.advice for s in signatures(version) if s.means == case.means)
            if advice != case.advice:
                yield f"{_upper(_words(advice))}."
                yield ""
        place = "the containers' logs" if case.place == LOG else "AWS's words"
        stays = {"permanent": ", stays until something changes", "transient": ", passes"}
        yield f"Recognised in {place}{stays.get(case.kind or '', '')}:"
        yield ""
        yield "```text"
        yield from (pattern.pattern for pattern in case.patterns)
        yield "```"
        yield ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")
