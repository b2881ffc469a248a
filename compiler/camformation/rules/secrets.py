"""Rules for secrets: how they are named, who reads them, and what would show them."""

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any

from camformation.components.roles import is_complete
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.arns import arns
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, connectors_settings
from camformation.specs import key

PREFIX = "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX"
PROVIDER = "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_ENABLED"
BY_TENANT = "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_TENANTAWARE"
USUAL_PREFIX = "SECRET_"
# What the runtime, its libraries and the JVM read themselves.
READ = (
    *("CAMUNDA_", "CONNECTOR_", "APP_INTEGRATIONS_", "ZEEBE_", "OPERATE_", "COMMON_"),
    *("SPRING_", "SERVER_", "MANAGEMENT_", "LOGGING_", "OTEL_", "JAVA_", "JDK_JAVA_", "_JAVA_"),
    *("ELASTIC_APM_", "DD_", "NEW_RELIC_", "DT_", "APPDYNAMICS_", "SENTRY_"),  # agents in the JVM
    *("JAVAX_", "AWS_", "AZURE_", "GOOGLE_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
_PSEUDO = r"\$\{(AWS::[A-Za-z]{1,20})\}"
_SECRET = r"\{\{\s*resolve:(secretsmanager|ssm-secure):"


@rule("CAM193", "Incomplete secret ARN", Severity.WARNING)
def incomplete(d: Deployment) -> Iterator[Violation]:
    """The ARN of a secret ends with a hyphen and six random characters. Without them, Secrets
    Manager looks for a secret with that name, and tasks are permitted to read it. But it finds
    none if the name itself ends with a hyphen and six characters, or if the secret is in another
    account; in another account this is an error. A different secret that gets the name later would
    be used instead. A complete ARN always refers to the same secret.

    The ARN of the parameter `/camunda/license` of Systems Manager ends with
    `:parameter/camunda/license`; with two slashes it is not an ARN, and this is an error.

    An ARN may be followed by a key of the secret, a staging label and the ID of a version, in this
    order, but only one of the latter two: `…:password::`, `…:password:AWSPREVIOUS:`.

    A name that ends with a hyphen and six lower-case letters is assumed to lack the random part,
    which almost always has a digit or a capital letter.

    Source: AWS Secrets Manager User Guide, Find a secret from a partial ARN; AWS Secrets Manager
    API Reference, GetSecretValue; Amazon ECS API Reference, Secret; Amazon ECS Developer Guide,
    Pass Secrets Manager secrets through environment variables.
    """
    for path, arn in arns(d):
        before, doubled, after = arn.partition(":parameter//")
        if doubled:
            yield Violation(
                path,
                "this ARN has two slashes before the parameter's name, so no permission matches it",
                f"write {before}:parameter/{after}",
                Severity.ERROR,
            )
        label, version = arn.split(":")[8:10] if arn.count(":") == 9 else ("", "")
        if version and (label or version.startswith("AWS")):
            yield Violation(
                path,
                "this ARN has a staging label and the ID of a version, and ECS accepts only one "
                "of them"
                if label
                else f"{version} is a staging label in the place of a version's ID",
                f"end it with :{label or version}:",
                Severity.ERROR,
            )
        found = re.match(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]*:(\d*):secret:([^:]+)", arn)
        if found and not is_complete(found[2]):
            foreign = bool(d.account and found[1] and found[1] != d.account)
            yield Violation(
                path,
                "this ARN lacks the six random characters at the end"
                + (", and a secret of another account needs the complete ARN" * foreign),
                "use the complete ARN that `aws secretsmanager describe-secret` shows, for "
                "example …-a1B2c3",
                Severity.ERROR if foreign else None,
            )


@rule("CAM194", "Secret name that connectors do not read", Severity.WARNING)
def unread(d: Deployment) -> Iterator[Violation]:
    """Processes use a secret as `{{secrets.NAME}}`, and since Camunda 8.9 connectors look for it
    in the variable `SECRET_NAME`: they ignore variables without the prefix. The prefix can be
    changed or empty, and the whole provider can be off. With secrets by tenant, the variable of the
    tenant `north` is `SECRET_north_NAME`. The rule skips variables that the runtime reads itself,
    and those that other variables refer to (`${NAME}`).

    Source: Camunda docs, Connectors configuration (secrets); Camunda docs, Upgrade from 8.8 to 8.9.
    """
    if not d.connectors.enabled:
        return
    runtime = connectors_settings(d)
    prefix = _prefix(runtime)
    off = runtime.find(PROVIDER)
    lost = [name for name in d.connectors.secrets if name.startswith(prefix or USUAL_PREFIX)]
    if off and runtime.switch(PROVIDER) is False:
        if lost:
            yield Violation(
                off.path,
                f"processes cannot use {', '.join(lost[:3])}: connectors do not look for secrets "
                "in variables",
                off.removal,
            )
        return
    if not prefix:
        return
    used = " ".join(d.connectors.environment.values())
    by_tenant = runtime.switch(BY_TENANT) is True
    for name in d.connectors.secrets:
        own = name.upper().startswith(READ) or f"${{{name}" in used
        if not own and not name.startswith(prefix):
            yield Violation(
                ("connectors", "secrets", name),
                f"connectors read secrets from variables that begin with {prefix}, so processes "
                f"cannot use {{{{secrets.{name}}}}}",
                f"name it {prefix}{name}",
            )
        elif not own and by_tenant and "_" not in name.removeprefix(prefix):
            bare = name.removeprefix(prefix)
            yield Violation(
                ("connectors", "secrets", name),
                f"with secrets by tenant, processes cannot use {{{{secrets.{bare}}}}}: {name} "
                "names no tenant",
                f"name it {prefix}<tenant>_{bare}, once for each tenant",
            )


def _prefix(runtime: Settings) -> str | None:
    found = runtime.find(PREFIX)
    return USUAL_PREFIX if found is None else found.value


@rule("CAM196", "Secret that CloudFormation would expose")
def resolved(d: Deployment) -> Iterator[Violation]:
    """CloudFormation replaces `{{resolve:secretsmanager:…}}` with the secret's value. In a
    variable, a command, a tag or a name, anyone who may describe the task definition or the
    resource can read it, and it stays in old revisions. CloudFormation refuses
    `{{resolve:ssm-secure:…}}` in these places.

    ECS reads secrets when a task starts: put an ARN under `secrets` instead. Parameters that are
    not secret, `{{resolve:ssm:…}}`, are fine.

    Source: AWS CloudFormation User Guide, Get a secret or secret value from Secrets Manager; AWS
    CloudFormation User Guide, Dynamic references (resources that support them).
    """
    for path, text in _texts(d, ()):
        if "{{" in text and (found := re.search(_SECRET, text)) and _written(d, path):
            clear = found[1] == "secretsmanager"
            yield Violation(
                path,
                "CloudFormation would write the secret here in plain text"
                if clear
                else "CloudFormation does not resolve secure parameters here",
                _instead(path),
            )


@rule("CAM270", "Pseudo parameter that stays text", Severity.WARNING)
def pseudo_parameters(d: Deployment) -> Iterator[Violation]:
    """CloudFormation replaces `${AWS::Region}` and other pseudo parameters only inside `Fn::Sub`,
    which the values of a spec are not: a task would get the text as it is, and Spring would look
    for a setting named `AWS`. In the values of `patches`, write the function.

    Source: AWS CloudFormation User Guide, Pseudo parameters reference, and Fn::Sub.
    """
    for path, text in _texts(d, ()):
        if path[0] not in ("patches", "ignore") and (found := re.search(_PSEUDO, text)):
            known = {"AWS::Region": d.region, "AWS::AccountId": d.account}.get(found[1])
            yield Violation(
                path,
                f"CloudFormation does not replace {found[0]} here: tasks get it as it is",
                f"write {known}" if known else "write the value, or give it with --set",
            )


def _written(d: Deployment, path: Path) -> bool:
    """Return whether text lands in a template: reasons do not, patches may change anything."""
    if path[0] != "patches":
        return path[0] != "ignore"
    operation = d.patches[int(path[1])].patch[int(path[3])] if len(path) > 3 else {}
    return "TaskDefinition" in str(operation.get("path", ""))


def _instead(path: Path) -> str:
    for kind in ("environment", "command"):
        if kind in path:
            section = ".".join(map(str, path[: path.index(kind)]))
            return f"put the secret's ARN under {section}.secrets, with the variable's name"
    return "remove the reference to the secret"


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield all text of a deployment, with the path it stands at."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
    elif isinstance(value, dict | MappingProxyType):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name))
    elif is_dataclass(value):
        for name, inner in vars(value).items():
            yield from _texts(inner, (*path, key(name)))
