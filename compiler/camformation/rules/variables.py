"""Rules for the variables of a spec: name conflicts, secrets in plain text, invalid JSON."""

import re
from collections.abc import Iterator, Mapping, Set

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.containers import RESTORE, given
from camformation.rules.generated import (
    FIELDS,
    broker_variables,
    connectors_variables,
    same_list,
    way_out,
)
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import (
    JSON,
    Settings,
    broker_settings,
    connectors_settings,
    in_json,
    settings,
    where_json_ends,
)
from camformation.spelling import bound, names_secret

_SECRET_VALUE = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\b(?:[Bb]asic|[Bb]earer) (?=\S*(?:[a-z][A-Z]|\d))[A-Za-z0-9+/_.-]{12,}={0,2}(?:['\"\s]|$)"
    r"|://[^/\s:@]+:[^/\s@$]+@|(?i:password=(?!\$|changeit\b)[^&;\s]+)"
    r'|(?i:"[\w.-]*(?:password|secret|token)"\s*:\s*"(?!\$)[^"]+")'
)
_HEADERS = r"OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?HEADERS"
_KEY = r"(?i)(?:^|[,\s])[\w-]*(?:api-?key|authorization|token|secret|license|-team)=(?!\$|[\s,]|$)"
_NO_SECRET = ("", "true", "false", "changeit")  # the last: Java's trust store (keytool docs)
_SECRET_ARN = r"arn:aws[a-z-]*:(?:secretsmanager|ssm):[a-z0-9-]*:\d*:(?:secret:|parameter/)\S+"
_PROPERTIES = ("CAMUNDA_", "ZEEBE_", "SPRING_", "SERVER_", "MANAGEMENT_", "LOGGING_")


@rule("CAM172", "Variable that is already set")
def environment(d: Deployment) -> Iterator[Violation]:
    """camformation sets the variables that form a cluster from the tasks. Setting one of them
    again would contradict the rest of the deployment. This includes another spelling that Spring
    reads as the same, `SPRING_APPLICATION_JSON`, which takes precedence over variables, and `-D`
    in `JAVA_TOOL_OPTIONS` and similar variables. A list in JSON or in one variable replaces all
    elements set by numbered variables.

    ECS refuses a name that is in both `environment` and `secrets`. With two spellings of one name,
    it is undefined which value applies.

    Source: Spring Boot docs, Externalized configuration (order of property sources, binding from
    environment variables, merging complex types); Amazon ECS API Reference, ContainerDefinition;
    Camunda docs, Amazon ECS reference architecture.
    """
    yield from _taken(d, broker_settings(d), broker_variables(d))
    yield from _twice(("orchestration",), d.orchestration.environment, d.orchestration.secrets)
    for each in given(d):
        restores = each.path == RESTORE
        if restores:  # has the brokers' variables too, and reads them as brokers do
            own = settings(each.path, each.environment, each.secrets, client=False)
            yield from _taken(d, own, broker_variables(d))
        yield from _twice(each.path, each.environment, each.secrets, spring=restores)
    if d.connectors.enabled:
        c = d.connectors
        yield from _taken(d, connectors_settings(d), connectors_variables(d))
        yield from _twice(("connectors",), c.environment, c.secrets)


def _taken(d: Deployment, settings: Settings, generated: Set[str]) -> Iterator[Violation]:
    known = {bound(name): name for name in sorted(generated)}
    lists: dict[str, str] = {}
    for name in sorted(generated):
        if list_ := same_list(name):
            lists.setdefault(list_, name)
    said = set()
    for each in settings.all:
        list_ = same_list(each.variable) if each.source else None
        list_ = list_ or each.key
        if list_ in lists:  # lists of different sources are not merged
            if (each.path, list_) not in said:
                said.add((each.path, list_))
                yield _replaced(d, each.path, each.said, lists[list_])
        elif taken := known.get(each.key):
            same = each.source is None and each.name == taken
            yield Violation(
                each.path,
                f"{each.said} is set by camformation" + ("" if same else f", as {taken}"),
                way_out(d, taken, settings.section),
            )


def _replaced(d: Deployment, path: Path, said: str, taken: str) -> Violation:
    return Violation(
        path,
        f"{said} replaces the list that camformation starts with {taken}",
        f"add elements as variables with the next numbers; or {way_out(d, taken)}",
    )


def _twice(
    section: Path, plain: Mapping[str, str], secret: Mapping[str, str], *, spring: bool = True
) -> Iterator[Violation]:
    spelled: dict[str, str] = {}
    for kind, names in (("environment", plain), ("secrets", secret)):
        for each in names:
            read = spring and each.upper().startswith(_PROPERTIES)
            first = spelled.setdefault(bound(each) if read else each, each)
            if kind == "secrets" and each in plain:
                yield Violation(
                    (*section, kind, each),
                    f"{each} is also in environment",
                    "remove it from environment",
                )
            elif first != each:
                yield Violation(
                    (*section, kind, each),
                    f"Spring reads {each} and {first} as the same setting",
                    "remove one of them",
                    Severity.WARNING,
                )


@rule("CAM173", "Secret in plain text")
def plain_secrets(d: Deployment) -> Iterator[Violation]:
    """Anyone who may describe a task definition can read its environment and commands, and these
    stay in old revisions. Keep secrets in AWS Secrets Manager, and put their ARNs under `secrets`.
    Also replace any secret that was in a spec.

    The rule recognizes secrets by the setting's name (such as `…_PASSWORD`, `…_TOKEN`, `…_SECRET`,
    `…_API_KEY`), in variables, `SPRING_APPLICATION_JSON` and JVM options; or by a value that looks
    like a key, a token, an address or settings with a password, or headers with a key. The path of
    a key is not a secret, nor is the ARN of a secret or a parameter; under `environment`, however,
    the container gets the ARN itself.

    Source: Amazon ECS Developer Guide, Pass sensitive data to an Amazon ECS container; New Relic
    docs, OTLP endpoint configuration (headers).
    """
    o = d.orchestration
    yield from _readable(("orchestration",), o.environment, broker_settings(d))
    for given_ in given(d):
        yield from _readable(given_.path, given_.environment)
        for kind, words in (("entry_point", given_.entry_point), ("command", given_.command)):
            for index, word in enumerate(words):
                if re.search(_SECRET_VALUE, word) and not _resolved(word):
                    yield _secret((*given_.path, kind, index), "this", "value", given_.path)
    for section in ("orchestration", "connectors"):
        router = (o if section == "orchestration" else d.connectors).log_router
        for name, value in (router.output if router else {}).items():
            named = names_secret(name) and _given(value)
            if not _resolved(value) and (named or re.search(_SECRET_VALUE, value)):
                yield Violation(
                    (section, "log_router", "output", name),
                    f"{name} looks like a secret, and would be stored in plain text",
                    "store it in Secrets Manager, and put its ARN under "
                    f"{section}.log_router.output_secrets",
                )
    if d.connectors.enabled:
        yield from _readable(("connectors",), d.connectors.environment, connectors_settings(d))


def _readable(
    section: Path, variables: Mapping[str, str], settings: Settings | None = None
) -> Iterator[Violation]:
    inside = {
        each.path: each.said
        for each in (settings.all if settings else ())
        if each.source
        and names_secret(each.variable)
        and _given(each.value)
        and not _path(each.variable, each.value or "")
    }
    for each, value in variables.items():
        path: Path = (*section, "environment", each)
        if _resolved(value):
            continue  # CAM196
        if re.fullmatch(_SECRET_ARN, value):
            if names_secret(each) or each.upper().startswith((*_PROPERTIES, "SECRET_")):
                yield Violation(
                    path,
                    f"{each} gets an ARN here, not the secret: environment is passed as it is",
                    f"move {each} to {'.'.join(map(str, section))}.secrets",
                )
        elif names_secret(each) and _given(value) and not _path(each, value):
            yield _secret(path, each, "name", section)
        elif said := inside.get(path):
            yield _secret(path, said, "name", section)
        elif re.search(_SECRET_VALUE, value) or (
            re.fullmatch(_HEADERS, each) and re.search(_KEY, value)
        ):
            yield _secret(path, each, "value", section)


def _given(value: str | None) -> bool:
    return value is not None and value.lower() not in _NO_SECRET


def _path(name: str, value: str) -> bool:
    """Return whether a value is the path of a key or credentials, which are no path themselves."""
    key = re.search(r"PRIVATE_?KEY|CREDENTIALS$", name.upper())
    return bool(key and re.fullmatch(r"(?:file:|classpath:)?/[\w./+-]*", value.strip()))


def _resolved(value: str) -> bool:
    return "{{resolve:secretsmanager:" in value or "{{resolve:ssm-secure:" in value


def _secret(path: Path, what: str, by: str, section: Path) -> Violation:
    field = FIELDS.get(what) if section == ("orchestration",) else None  # such as `license`
    place = f"into `{field}`" if field else f"under {'.'.join(map(str, section))}.secrets"
    return Violation(
        path,
        f"{what} looks like a secret by its {by}, and would be stored in plain text",
        f"store it in Secrets Manager, and put its ARN {place}",
    )


@rule("CAM198", "Settings that are not valid JSON")
def no_json(d: Deployment) -> Iterator[Violation]:
    """`SPRING_APPLICATION_JSON` must be a JSON object, with quotes around every name and no
    trailing commas. With anything else, the application stops at startup.

    Source: Spring Boot docs, Externalized configuration (JSON application properties).
    """
    given = [("orchestration", d.orchestration.environment)]
    if d.connectors.enabled:
        given.append(("connectors", d.connectors.environment))
    for section, variables in given:
        for name, value in variables.items():
            if bound(name) == bound(JSON) and value.strip() and in_json(value) is None:
                at = where_json_ends(value)
                yield Violation(
                    (section, "environment", name),
                    f"{name} is not a JSON object, so the application does not start"
                    + (f": error at character {at}" if at else ""),
                    'write, for example, {"server": {"max-http-request-header-size": "16KB"}}, '
                    "or each setting as a variable",
                )
