"""Placeholders in the values of variables, and what Spring puts in their place."""

import re
from collections.abc import Iterator

from camformation.diagnostics import Severity
from camformation.rules import jvm
from camformation.rules.known_settings import known
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings
from camformation.spelling import bound

READ = ("CAMUNDA", "ZEEBE", "SERVER", "SPRING", "MANAGEMENT", "LOGGING")
_PLACEHOLDER = r"(?<![\\$])\$\{([^${}:]+)(:[^{}]*)?\}"
_OF_TASK = r"(?i)(?:AWS|ECS|JAVA|JDK|LC|CAMUNDA|ZEEBE)_\w+|HOME|HOSTNAME|LANG|PATH|PWD|USER|TZ"


def unfilled(settings: Settings, generated: frozenset[str], *tables: str) -> Iterator[Violation]:
    """Yield placeholders that Spring replaces by themselves, or by nothing."""
    there = {bound(name) for name in (*settings.environment, *settings.secrets, *generated)}
    for options in jvm.OPTIONS:
        there |= {bound(name) for name, _ in jvm.properties(settings.environment.get(options, ""))}
    for name, value in settings.environment.items():
        key = bound(name)
        if not key.startswith(READ) or key.startswith("LOGGINGPATTERN"):
            continue
        path = (*settings.section, "environment", name)
        for found in re.finditer(_PLACEHOLDER, value):
            inner, default = found[1].strip(), found[2]
            if bound(inner) == key:
                yield Violation(
                    path,
                    f"{name} is made of itself: the application does not start",
                    f"write {default[1:]}" if default and default != ":" else "write its value",
                )
            elif default is None and bound(inner) not in there and _a_variable(inner):
                of = known(*tables).get(key)
                typed = of is not None and (of.words or of.holds in tuple("bnfzd"))
                yield Violation(
                    path,
                    f"nothing fills {found[0][:60]}, and it stays as it is"
                    + (": the application does not start" if typed else ""),
                    f"set {inner[:60]} in {settings.section[0]}.environment too, or write a "
                    f"default, {found[0][:-1][:60]}:…}}",
                    None if typed else Severity.WARNING,
                )


def _a_variable(name: str) -> bool:
    """Return whether a name is a variable's, of which the task has no value of its own."""
    return bool(re.fullmatch(r"[A-Za-z_]\w*", name)) and not re.fullmatch(_OF_TASK, name)
