"""The rule for configuration that Spring is told to import from where it cannot."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity, quoted
from camformation.rules.files import OFFICIAL
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings, connectors_settings
from camformation.spelling import bound

NAMES = ("SPRING_CONFIG_IMPORT", "SPRING_CONFIG_ADDITIONALLOCATION", "SPRING_CONFIG_LOCATION")
KNOWN = ("file", "classpath", "classpath*", "configtree", "env", "http", "https", "jar")
"""Prefixes that Spring Boot itself resolves, or reads as the address of a resource."""
OF_SECRETS = ("aws-secretsmanager", "aws-parameterstore", "vault", "sm", "azure-keyvault")
JARS = "/opt/custom"  # where connectors' image takes jars from a volume
_LOCATION = r"(optional:)?([A-Za-z][\w.*-]+):(.*)"


@rule("CAM257", "Import that Spring cannot resolve")
def imports(d: Deployment) -> Iterator[Violation]:
    """`SPRING_CONFIG_IMPORT` and similar settings name files, folders, variables (`env:`) and
    addresses. Others, such as `aws-secretsmanager:`, belong to libraries of Spring Cloud, which
    Camunda's images do not have: Spring takes the text for the name of a file, and the application
    does not start. If the location is an optional folder, which ends with a slash, it starts
    without these settings, which is a warning.

    ECS reads secrets and parameters itself, for the variables in `secrets`. A secret may also hold
    a whole file: with its ARN as `secrets.BROKER_SETTINGS`, import `env:BROKER_SETTINGS[.yaml]`.

    The name of a file ends with its kind, `.yaml`, `.yml` or `.properties`, or with that in
    brackets: `file:/config/broker[.yaml]`. The name of a folder ends with a slash. With any other
    the application does not start.

    With an image of your own, its libraries are not known here.

    Source: Spring Boot docs, Externalized configuration (importing additional data); Spring Cloud
    AWS docs; awspring/spring-cloud-aws issues 411 and 590; spring-projects/spring-boot issues 17241
    and 22278.
    """
    if re.fullmatch(OFFICIAL, d.orchestration.image):
        yield from _of(broker_settings(d))
    c = d.connectors
    jars = any(each.path.startswith(JARS) for each in c.volumes if each.path)
    if c.enabled and re.fullmatch(OFFICIAL, c.image) and not jars:
        yield from _of(connectors_settings(d))


def _of(settings: Settings) -> Iterator[Violation]:
    names = {bound(each) for each in NAMES}
    for each in settings.all:
        if each.value and each.key.rstrip("0123456789") in names:
            yield from _judged(each, each.value, str(settings.section[0]))


def _judged(setting: Setting, value: str, section: str) -> Iterator[Violation]:
    for location in re.split("[,;]", value):
        found = re.fullmatch(_LOCATION, location.strip())
        if not found or found[2].lower() in KNOWN:
            if problem := _of_no_kind(location.strip()):
                yield Violation(setting.path, *problem)
            continue
        passed_over = bool(found[1]) and found[3].endswith("/")
        yield Violation(
            setting.path,
            f"Camunda's image has no library that reads {quoted(location.strip(), 60)}: the "
            f"application {'starts without it' if passed_over else 'does not start'}",
            f"ECS reads secrets and parameters: put their ARNs under {section}.secrets, each with "
            "the variable that it sets"
            if found[2].lower() in OF_SECRETS
            else "bring a file with an init container, and import file:/config/application.yaml",
            Severity.WARNING if passed_over else None,
        )


def _of_no_kind(location: str) -> tuple[str, str] | None:
    """Return that Spring cannot tell what kind of file a location names, and what to write."""
    path = re.fullmatch(r"(?i)(?:optional:)?(?:file:)?(/[^${}*?]*)", location)
    if path is None or re.search(r"(?i)(?:\.(?:ya?ml|properties|xml)|\.\w+\]|/)$", path[1]):
        return None
    last = path[1].rpartition("/")[2]
    return (
        f"Spring does not know what kind of file {quoted(location, 60)} is: the application does "
        "not start",
        f"write {location}[.yaml] or {location}[.properties], as it is written"
        if "." in last or "-" in last
        else f"write {location}/ for a folder, or {location}[.yaml] or {location}[.properties] for "
        "a file",
    )
