"""Settings of a deployment's containers, and their places in the spec.

Spring gets settings from variables in several spellings, from JSON in `SPRING_APPLICATION_JSON`,
and from system properties: `-Dname=value` among the JVM's options. JSON goes before system
properties, and those before variables (Spring Boot docs, Externalized configuration); JSON may be
in the system property `spring.application.json` too, and is then read from there alone. Rules ask
here, so that a setting is judged wherever it is.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.rules import jvm
from camformation.rules.renamed import replaced
from camformation.spelling import bound, variable

JSON = "SPRING_APPLICATION_JSON"
PROPERTY = "spring.application.json"  # its name as a system property
TRUE, FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")
LONGEST_NAME = 1000  # nothing reads a longer one


@frozen
class Setting:
    """A setting: its name as written, and its value; None if the value is not known."""

    name: str
    key: str  # what all spellings of the name have in common
    value: str | None
    path: Path
    source: str | None = None  # the variable that it is inside of, unless it is one itself
    replaced_by: str | None = None  # the name of today, where this is an old one
    in_json: bool = False

    @property
    def said(self) -> str:
        """The setting's name in a message."""
        return self.name if self.source is None else f"{self._written} in {self._inside}"

    @property
    def removal(self) -> str:
        """The hint to remove the setting."""
        if self.source is None:
            return f"remove {self.name}"
        return f"remove {self._written} from {self._inside}"

    @property
    def _written(self) -> str:
        return self.name if self.in_json else f"-D{self.name}"

    @property
    def _inside(self) -> str:
        option = self.in_json and self.source in jvm.OPTIONS
        return f"-D{PROPERTY} in {self.source}" if option else str(self.source)

    @property
    def variable(self) -> str:
        """The name as a variable; a variable's name is unchanged."""
        return self.name if self.source is None else variable(self.name)


@frozen
class Settings:
    """All settings of a container, in order of precedence."""

    section: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    all: tuple[Setting, ...]
    named: Mapping[str, Setting]  # by what all spellings have in common: the one that counts

    def find(self, name: str) -> Setting | None:
        """Return the setting of `name`, or of its old name if the new one is not set."""
        return self.named.get(bound(name)) if self.named else None

    def value(self, name: str) -> str:
        """Return the value of `name`; empty if it is not set or not known."""
        found = self.find(name)
        return (found.value or "").strip() if found else ""

    def switch(self, name: str) -> bool | None:
        """Return whether `name` is on, in any of Spring's words for that; None if it is neither."""
        return switched(self.value(name))

    def below(self, name: str) -> Iterator[Setting]:
        """Yield the settings of the list or group `name`: `A_B` has `A_B_0` and `A_B_C`."""
        start = bound(name)
        for setting in self.all:
            if setting.key.startswith(start) and setting.key != start:
                yield setting

    def elements(self, name: str) -> list[str]:
        """Return the elements of a list, written with commas or as `_0`, `_1`, …

        Spring takes a list from one source as a whole, and never joins those of several.
        """
        found = self.find(name)
        if found:
            return [part.strip() for part in (found.value or "").split(",") if part.strip()]
        start = len(bound(name))
        below = [each for each in self.below(name) if each.key[start:].isdecimal()]
        listed: dict[int, str] = {}
        for each in below:
            if (each.source, each.in_json) == (below[0].source, below[0].in_json):
                listed.setdefault(int(each.key[start:]), (each.value or "").strip())
        return [listed[number] for number in sorted(listed)]


def switched(value: str) -> bool | None:
    """Return the value of a switch as Spring reads it, or None for anything else
    (StringToBooleanConverter).
    """
    text = value.strip().lower()
    return True if text in TRUE else False if text in FALSE else None


def broker_settings(d: Deployment) -> Settings:
    """Return the spec's settings for brokers."""
    o = d.orchestration
    return settings(("orchestration",), o.environment, o.secrets, client=False)


def connectors_settings(d: Deployment) -> Settings:
    """Return the spec's settings for connectors."""
    c = d.connectors
    return settings(("connectors",), c.environment, c.secrets, client=True)


def settings(
    section: Path, environment: Mapping[str, str], secrets: Mapping[str, str], *, client: bool
) -> Settings:
    """Return all settings in a container's variables."""
    found: list[tuple[str, str | None, Path, str | None, bool]] = []
    options: list[tuple[str, str, Path, str, bool]] = []
    for name in reversed(jvm.OPTIONS):
        if written := environment.get(name):
            path = (*section, "environment", name)
            given = [(inner, text, path, name, False) for inner, text in jvm.properties(written)]
            options += reversed(given)  # of two options that say different things the last counts
    documents = [
        *((text, path, name) for inner, text, path, name, _ in options
          if bound(inner) == bound(JSON)),
        *((value, (*section, "environment", name), JSON) for name, value in environment.items()
          if bound(name) == bound(JSON)),
    ]  # fmt: skip
    for document, path, source in documents[:1]:  # Spring reads the first that it finds
        found += [(inner, text, path, source, True) for inner, text in in_json(document) or ()]
    found += options
    found += [(name, value, (*section, "environment", name), None, False)
              for name, value in environment.items()]  # fmt: skip
    found += [(name, None, (*section, "secrets", name), None, False) for name in secrets]
    every = tuple(_setting(*each, client=client) for each in found if len(each[0]) <= LONGEST_NAME)
    named: dict[str, Setting] = {}
    for each in every:
        if each.replaced_by is None:
            named.setdefault(each.key, each)
    for each in every:
        if each.replaced_by:
            named.setdefault(bound(each.replaced_by), each)
    return Settings(section, environment, secrets, every, named)


def _setting(
    name: str, value: str | None, path: Path, source: str | None, inside: bool, *, client: bool
) -> Setting:
    """Return a setting. Only in a variable, underscores separate the parts of its name."""
    apart = source is None or "." in name or "_" not in name
    return Setting(
        name,
        bound(name) if apart else name,
        None if value and "${" in value else value,  # made of what only the task knows
        path,
        source,
        replaced(name if source is None else variable(name), client=client) if apart else None,
        inside,
    )


def in_json(text: str) -> list[tuple[str, str]] | None:
    """Return the settings in JSON by their dotted names; None if it is not a JSON object."""
    try:
        data = json.loads(text)
        return list(_flat(data, "")) if isinstance(data, dict) else None
    except (ValueError, RecursionError):
        return None


def where_json_ends(text: str) -> int | None:
    """Return the position of the first JSON error in a text, if there is one."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos + 1
    except (ValueError, RecursionError):
        return 1
    return None


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _flat(inner, f"{name}.{key}" if name else key)
        case list() if value:
            for index, inner in enumerate(value):
                yield from _flat(inner, f"{name}[{index}]")
        case bool():
            yield name, str(value).lower()
        case None | list():
            yield name, ""
        case _:
            yield name, str(value)
