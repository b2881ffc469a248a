"""The rule for lists and roles that are set element by element."""

import re
from collections.abc import Iterator

from camformation.closeness import closest
from camformation.deployment import Deployment
from camformation.rules.generated import broker_variables, connectors_variables
from camformation.rules.known_settings import BROKERS, CONNECTORS
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import (
    Setting,
    Settings,
    broker_settings,
    connectors_settings,
)
from camformation.rules.unknown_settings import misspelt
from camformation.spelling import bound

ROLES = ("admin", "app-integrations", "connectors", "readonly-admin", "rpa", "task-worker")
KINDS = ("users", "clients", "groups", "roles", "mappingRules")
READ = ("CAMUNDA", "ZEEBE", "SPRING", "SERVER", "MANAGEMENT")  # what Spring's binder is asked for
# What follows these is a name that somebody chose, even if it is a number.
MAPS = (
    *("CAMUNDACLIENTS", "CAMUNDADOCUMENT", "CAMUNDAPHYSICALTENANTS", "CAMUNDASECRETSSTORES"),
    *("CAMUNDASECURITYAUTHENTICATIONPROVIDERSOIDC", "CAMUNDACLIENTWORKEROVERRIDE"),
)
_ROLE = r"(?i)CAMUNDA_?SECURITY_?INITIALIZATION_?DEFAULT_?ROLES_(.+)"


@rule("CAM192", "List with a gap, or unknown role")
def lists(d: Deployment) -> Iterator[Violation]:
    """Elements of a list are numbered from 0 without a gap, including those that camformation
    sets: Spring refuses a list with a missing number, and the application does not start.

    Camunda has the default roles `admin`, `readonly-admin`, `connectors`, `rpa`,
    `app-integrations` and `task-worker`, and refuses members of any other role. A role has
    `users`, `clients`, `groups`, `roles` and `mappingRules`; any other word there, including
    `MAPPING_RULES`, stops the initialization, and nobody gets a role. Names of variables cannot
    contain a dash, so set members of `readonly-admin` and similar roles in
    `SPRING_APPLICATION_JSON`.

    Source: Spring Boot docs, Binding from environment variables (lists); Camunda docs, Admin as
    code; camunda/camunda, IdentitySetupInitializer and DefaultRole.
    """
    brokers = broker_settings(d)
    yield from _gaps(brokers, broker_variables(d), cluster=True)
    yield from _roles(brokers)
    if d.connectors.enabled:
        yield from _gaps(connectors_settings(d), connectors_variables(d), cluster=False)


def _gaps(settings: Settings, generated: frozenset[str], *, cluster: bool) -> Iterator[Violation]:
    taken: dict[tuple[str | None, str], dict[int, Setting | None]] = {}
    for name in generated:
        for start, number in _elements(name):
            taken.setdefault((None, start), {})[number] = None
    for each in settings.all:
        if not each.in_json and each.key.startswith(READ):  # arrays have no gaps
            for start, number in _elements(each.variable):
                taken.setdefault((each.source, start), {}).setdefault(number, each)
    for numbers in taken.values():
        missing = next(n for n in range(len(numbers) + 1) if n not in numbers)
        after = [n for n in sorted(numbers) if n > missing and numbers[n]]
        if after and (setting := numbers[after[0]]):
            if misspelt(setting, BROKERS if cluster else CONNECTORS):
                continue  # CAM242
            yield Violation(
                setting.path,
                f"{setting.said} leaves a gap in the list: element {missing} is missing",
                f"continue the numbering from {missing}: {_renumbered(setting, after[0], missing)}",
            )


def _elements(name: str) -> Iterator[tuple[str, int]]:
    words = name.split("_")
    for position, word in enumerate(words):
        if position and word.isdecimal() and len(word) < 10:
            start = bound("_".join(words[:position]))
            if not start.startswith(MAPS) and "ARGS" not in start:  # what exporters take is theirs
                yield start, int(word)


def _renumbered(setting: Setting, old: int, new: int) -> str:
    name, count = re.subn(rf"([_\[]){old}(?=[_\].]|$)", rf"\g<1>{new}", setting.name, count=1)
    return name if count else f"{setting.name} with {new}"


def _roles(settings: Settings) -> Iterator[Violation]:
    own = {
        each.value
        for each in settings.below("CAMUNDA_SECURITY_INITIALIZATION_ROLES_")
        if each.value and each.key.endswith("ROLEID")
    }
    for each in settings.all:
        if "DEFAULTROLES" not in each.key:
            continue
        if each.source:
            parts = re.split(r"[.\[]", each.name)
            names = [bound(part) for part in parts]
            if names[:4] != ["CAMUNDA", "SECURITY", "INITIALIZATION", "DEFAULTROLES"]:
                continue
            role, kind = (*parts[4:6], "", "")[:2]
        elif found := re.fullmatch(_ROLE, each.name):
            words = re.sub(r"_\d+$", "", found[1]).split("_")
            kind = words.pop()
            if bound(kind) == "RULES" and words and bound(words[-1]) == "MAPPING":
                kind = f"{words.pop()}_{kind}"
            role = "_".join(words).lower()
        else:
            continue
        yield from _role(each, role, kind, own)


def _role(setting: Setting, role: str, kind: str, own: set[str]) -> Iterator[Violation]:
    if kind.lower() not in map(str.lower, KINDS):
        close = next((each for each in KINDS if bound(each) == bound(kind)), None)
        if bound(kind) == "MAPPINGS":
            close = "mappingRules"
        yield Violation(
            setting.path,
            f"{setting.said} sets no property of a default role; the properties are "
            f"{', '.join(KINDS)}",
            f"write {close if setting.source else close.upper()}"
            if close
            else "name one of them after the role",
        )
    elif role not in ROLES and role not in own:
        same = next((each for each in ROLES if bound(each) == bound(role)), None)
        if same:
            said = (
                f"{setting.said} does not refer to the role {same!r}: variable names drop the dash"
            )
            inner = f'"camunda.security.initialization.default-roles.{same}.{_spelled(kind)}"'
            hint = f'remove it, and set SPRING_APPLICATION_JSON to {{{inner}: ["…"]}}'
        else:
            near = closest(role, ROLES)
            said = f"{setting.said}: Camunda has no default role {role!r}"
            hint = f"the default roles are {', '.join(ROLES)}"
            hint = f"did you mean {near!r}? {hint}" if near else hint
        yield Violation(setting.path, said, hint)


def _spelled(kind: str) -> str:
    return next(each for each in KINDS if bound(each) == bound(kind))
