"""Settings of Camunda that a spec's own variables make, wherever in them they stand."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.diagnostics import Path
from camformation.frozen import frozen

JSON = "SPRING_APPLICATION_JSON"
DEEPEST = 32  # levels of JSON, more than any property of Camunda has
OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JAVA_OPTS")


@frozen
class Setting:
    """A setting: its name without what Spring does not read, its value, where it stands."""

    name: str  # CAMUNDASECURITYAUTHENTICATIONOIDCSCOPE0
    value: str
    path: Path
    spelled: str  # as it stands there: camunda.security.authentication.oidc.scope[0]


def squeezed(name: str) -> str:
    """Return a name in the one spelling of all that Spring binds to the same property.

    Source: Spring Boot docs, Relaxed binding.
    """
    return re.sub(r"[^A-Za-z0-9]", "", name).upper()


def given(variables: Mapping[str, str], section: Path) -> Iterator[Setting]:
    """Yield what variables set by themselves, in Spring's JSON and by options of Java.

    `section` is the path of the variables in the spec.
    """
    for name, value in variables.items():
        path = (*section, name)
        if name == JSON:
            for key, inner in _leaves(_parsed(value)):
                yield Setting(squeezed(key), inner, path, key)
        elif name in OPTIONS:
            for key, inner in re.findall(r"-D([\w.\[\]-]+)=(\S+)", value):
                yield Setting(squeezed(key), inner.strip("\"'"), path, key)
        else:
            yield Setting(squeezed(name), value, path, name)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # Spring says so when it starts
        return {}


def _leaves(data: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _leaves(value, f"{key}.{name}" if key else str(name), depth + 1)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, f"{key}[{index}]", depth + 1)
    elif data is not None:
        yield key, str(data).lower() if isinstance(data, bool) else str(data)
