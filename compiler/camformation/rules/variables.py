"""Rules for the variables of a spec, plain and secret."""

import re
from collections.abc import Iterator, Mapping, Set

from camformation.components import connectors, orchestration_environment
from camformation.deployment import Deployment
from camformation.diagnostics import Path
from camformation.rules.registry import Violation, rule
from camformation.rules.spelling import bound

_SECRET_NAME = (
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET(?!S_STORES|S?_?PROVIDER|_?RESOLVER|_?FILTER)|TOKEN(?!S$|S_|_?UR[IL])"
    r"|CREDENTIAL|PRIVATE_?KEY|LICENSE_?KEY|ACCESS_?KEY|API_?KEY"
)
_NAMES_SOMETHING_ELSE = r"_?(?:FILE|FILEPATH|PATH|DIR|ARN|NAME|ID|URL|URI|TYPE|TTL|ENABLED)$"
_SECRET_VALUE = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|://[^/\s:@]+:[^/\s@$]+@|(?i:password=(?!\$)[^&;\s]+)"
    r'|(?i:"[\w.-]*(?:password|secret|token)"\s*:\s*"(?!\$)[^"]+")'
)
_NO_SECRET = ("", "true", "false")


@rule("CAM172", "Variable that is set already")
def environment(d: Deployment) -> Iterator[Violation]:
    """camformation sets the variables that make a cluster of the tasks. Setting one of them again,
    also in a spelling with other underscores that Spring reads as the same, would contradict the
    rest of the deployment. One name in both `environment` and `secrets` is refused by ECS.

    Source: Spring Boot docs, Binding from environment variables; Amazon ECS API Reference,
    ContainerDefinition; Camunda docs, Amazon ECS reference architecture.
    """
    o = d.orchestration
    reserved = orchestration_environment.reserved_environment(
        o,
        version=d.version,
        access=d.access,
        authentication=d.authentication,
        database=d.database,
        storage=d.storage,
        connectors=d.connectors.enabled,
    )
    section: Path = ("orchestration",)
    yield from _taken(section, o.environment, o.secrets, reserved)
    if init := o.init_container:
        section = ("orchestration", "init_container")
        yield from _taken(section, init.environment, init.secrets, frozenset())
    if d.connectors.enabled:
        c = d.connectors
        names = connectors.reserved_environment(d.authentication)
        yield from _taken(("connectors",), c.environment, c.secrets, names)


def _taken(
    section: Path, plain: Mapping[str, str], secret: Mapping[str, str], reserved: Set[str]
) -> Iterator[Violation]:
    known = {bound(name): name for name in sorted(reserved)}
    for kind, names in (("environment", plain), ("secrets", secret)):
        for each in names:
            if taken := known.get(bound(each)):
                yield Violation(
                    (*section, kind, each),
                    f"{each} is set by camformation" + ("" if each == taken else f", as {taken}"),
                    "set the field of the spec that it comes from, or patch the template",
                )
            elif kind == "secrets" and each in plain:
                yield Violation(
                    (*section, kind, each),
                    f"{each} is in environment too",
                    "remove it from environment",
                )


@rule("CAM173", "Secret in plain text")
def plain_secrets(d: Deployment) -> Iterator[Violation]:
    """Whoever may describe a task definition reads its environment and commands, and they stay in
    old revisions. Secrets belong in AWS Secrets Manager, and their ARNs under `secrets`. A secret
    that was in a spec should be changed, too.

    A variable is taken for a secret by its name (`…_PASSWORD`, `…_TOKEN`, `…_SECRET`, `…_API_KEY`
    and such), or by a value that looks like a key, a token, an address with a password, or settings
    with one, such as `SPRING_APPLICATION_JSON`.

    Source: Amazon ECS Developer Guide, Pass sensitive data to an Amazon ECS container.
    """
    o = d.orchestration
    sections: list[tuple[Path, Mapping[str, str]]] = [(("orchestration",), o.environment)]
    if init := o.init_container:
        section: Path = ("orchestration", "init_container")
        sections.append((section, init.environment))
        for index, word in enumerate(init.command):
            if re.search(_SECRET_VALUE, word):
                yield _secret((*section, "command", index), "this", "value", section)
    if d.connectors.enabled:
        sections.append((("connectors",), d.connectors.environment))
    for section, variables in sections:
        for each, value in variables.items():
            if _named_secret(each.upper()) and value.lower() not in _NO_SECRET:
                yield _secret((*section, "environment", each), each, "name", section)
            elif re.search(_SECRET_VALUE, value):
                yield _secret((*section, "environment", each), each, "value", section)


def _named_secret(name: str) -> bool:
    return bool(re.search(_SECRET_NAME, name)) and not re.search(_NAMES_SOMETHING_ELSE, name)


def _secret(path: Path, what: str, by: str, section: Path) -> Violation:
    return Violation(
        path,
        f"{what} is a secret, by its {by}, and would be readable",
        f"put it into Secrets Manager, and its ARN under {'.'.join(map(str, section))}.secrets",
    )
