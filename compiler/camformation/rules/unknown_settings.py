"""The rule for settings that no application of the deployment reads."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from camformation.closeness import distance
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.frozen import replaced
from camformation.rules.generated import broker_variables, connectors_variables, way_out
from camformation.rules.known_settings import BROKERS, CONNECTORS, GROUPS, Known, known
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings, connectors_settings
from camformation.rules.spellings import in_half, undivided
from camformation.rules.strangers import stranger
from camformation.rules.unread_names import of_nobody
from camformation.rules.unused import BROKERS as OF_ELSEWHERE
from camformation.rules.unused import CONNECTORS as OF_SAAS
from camformation.rules.unused import unused
from camformation.rules.versions import LEGACY_PREFIXES
from camformation.spelling import bound, variable

SLIPS = 2  # of the finger
MISSING = 8  # letters, at most, in the middle
LONG = 14  # letters: in a shorter name each slip makes another word
OTHERS = {
    "CAMUNDA_OPTIMIZE_": "Optimize",
    "CAMUNDA_MODELER_": "Web Modeler",
    "CAMUNDA_IDENTITY_": "Management Identity",
}
ELSEWHERE = {  # names of other applications that are no setting of Camunda's own
    **dict.fromkeys(("ZEEBE_STANDALONE_GATEWAY", "ZEEBE_RESTORE"), "the image camunda/zeebe"),
    **dict.fromkeys(
        (
            *("IDENTITY_", "KEYCLOAK_CLIENTS_", "KEYCLOAK_INIT_", "KEYCLOAK_SETUP_"),
            *("KEYCLOAK_USERS_", "RESOURCE_PERMISSIONS_ENABLED", "VALUES_KEYCLOAK_INIT_"),
        ),
        "Management Identity",
    ),
    **dict.fromkeys(("OPTIMIZE_ELASTICSEARCH_", "OPTIMIZE_OPENSEARCH_"), "Optimize"),
    **dict.fromkeys(("RESTAPI_MAIL_", "RESTAPI_OAUTH2_", "RESTAPI_PUSHER_"), "Web Modeler"),
}
MEANT = {  # names of Helm's chart, of Management Identity and of earlier versions
    **dict.fromkeys(
        map(
            bound,
            ("MULTITENANCY_ENABLED", "CAMUNDA_MULTITENANCY_ENABLED", "MULTI_TENANCY_ENABLED"),
        ),
        "camunda.security.multi-tenancy.checks-enabled",
    ),
    "CAMUNDASECURITYAUTHENTICATIONMODE": "camunda.security.authentication.method",
    "CAMUNDASECURITYMULTITENANCYENABLED": "camunda.security.multi-tenancy.checks-enabled",
}
OF_BROKERS = (  # in connectors' variables
    *("CAMUNDA_API_", "CAMUNDA_CLUSTER_", "CAMUNDA_DATA_", "CAMUNDA_PROCESSING_"),
    *("CAMUNDA_SECURITY_INITIALIZATION_", "CAMUNDA_SECURITY_AUTHORIZATIONS_"),
    "CAMUNDA_SECURITY_MULTITENANCY_",
)
OF_CONNECTORS = ("CAMUNDA_CLIENT_", "CAMUNDA_CONNECTOR_")
_GENERATED = ("SPRINGDATASOURCEDRIVERCLASSNAME",)  # or CAM172
UNREAD = tuple(
    map(
        bound,
        (
            *OTHERS,
            *ELSEWHERE,
            *OF_ELSEWHERE,
            *("CAMUNDA_DATABASE_", "CAMUNDA_OPERATE_", "CAMUNDA_TASKLIST_"),
            *(f"CAMUNDA_DATA_SECONDARYSTORAGE_{each}_" for each in ("ELASTICSEARCH", "OPENSEARCH")),
        ),
    )
)
"""Prefixes of settings that brokers do not read, whatever address they hold."""


@rule("CAM242", "Setting that is not read", Severity.WARNING)
def unread(d: Deployment) -> Iterator[Violation]:
    """Camunda silently ignores a setting whose name it does not know: authorizations stay on, a
    limit stays as it was. The rule reports names that are one or two typing errors away from one
    that Camunda reads, or lack a part of it, and names from before 8.8. In a variable, a dash of a
    property is either left out or an underscore: Spring does not read a name that mixes both, such
    as `CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_QUEUE_SIZE`. In JSON and in options of the JVM, dots
    alone separate the parts of a property: `-DCAMUNDA_CLUSTER_SIZE=5` sets nothing. Ignored are
    settings of connectors among the brokers' and the other way round, those of applications that
    are not deployed (Optimize, Web Modeler, Management Identity), those of Spring's data source,
    which Camunda does not use, of backups elsewhere than in Amazon S3, of Camunda's SaaS and of
    Camunda 7, and those of parts that `camunda.security` and similar groups do not have.

    Spring ignores names of Spring Boot 1 and 2, such as `SERVER_MAXHTTPHEADERSIZE`. The JVM reads
    options from `JAVA_TOOL_OPTIONS`, not from `JAVA_OPTIONS` or `CATALINA_OPTS`, and security
    properties such as `networkaddress.cache.ttl` from a file, not from `-D`.

    Your own variables are not checked, and with an image of your own neither are variables for
    options of the JVM.

    Source: Camunda docs, Orchestration Cluster properties; Camunda docs, Connectors configuration;
    Spring Boot docs, Relaxed binding; Spring Boot 2.0 and 3.0 Migration Guides; Java API,
    java.net.InetAddress (networkaddress.cache.ttl); camunda/camunda-docs pull request 7821;
    camunda/camunda, application.properties (spring.autoconfigure.exclude); camunda/connectors issue
    5668.
    """
    brokers, image = broker_settings(d), d.orchestration.image
    yield from _of(d, brokers, BROKERS, OF_CONNECTORS, "connectors")
    yield from of_nobody(brokers, image)
    if d.connectors.enabled:
        runtime, image = connectors_settings(d), d.connectors.image
        yield from _of(d, runtime, CONNECTORS, OF_BROKERS, "orchestration")
        yield from of_nobody(runtime, image)


def _of(
    d: Deployment, settings: Settings, table: str, others: tuple[str, ...], whose: str
) -> Iterator[Violation]:
    strangers = tuple(map(bound, others))
    applications = {bound(start): name for start, name in OTHERS.items()}
    who = "brokers" if settings.section == ("orchestration",) else "connectors"
    for each in settings.all:
        foreign = next((v for k, v in ELSEWHERE.items() if each.name.startswith(k)), None)
        if foreign and who == "brokers":
            yield Violation(
                each.path,
                f"{who} do not read {each.said}: it is a setting of {foreign}, which is not "
                "deployed",
                each.removal,
            )
        if property_ := undivided(each, table):
            yield Violation(
                each.path,
                f"Spring does not read {each.said}: only in a variable's name, underscores "
                "separate the parts of a property",
                f"write {property_}",
            )
            continue
        elsewhere = OF_ELSEWHERE if who == "brokers" else OF_SAAS
        if each.key not in _GENERATED and (why := unused(each.key, elsewhere)):
            yield Violation(each.path, f"{who} do not read {each.said}: {why}", each.removal)
            continue
        if who == "brokers" and (meant := MEANT.get(each.key) or _mapping_rule(each)):
            yield _misspelt(d, each, meant)
            continue
        if not each.key.startswith("CAM") or each.replaced_by is not None:
            continue
        if each.key.startswith(strangers):
            yield Violation(
                each.path,
                f"{who} do not read {each.said}: it is a setting of "
                + ("connectors" if whose == "connectors" else "brokers"),
                f"move it to {whose}.environment",
            )
        elif app := next((v for k, v in applications.items() if each.key.startswith(k)), None):
            yield Violation(
                each.path,
                f"{who} do not read {each.said}: it is a setting of {app}, which is not deployed",
                each.removal,
            )
        elif close := misspelt(each, table):
            yield _misspelt(d, each, close)
        elif who == "brokers" and (name := _of_tenant(each)):
            yield _misspelt(d, each, name)
        elif (name := in_half(each, table)) and not _generated_here(d, who, each):
            yield Violation(
                each.path,
                f"Spring does not read {each.said}: of a property's dashes all are underscores in "
                "a variable, or none is",
                f"write {name}",
            )
        elif who == "brokers" and not each.key.startswith(_legacy()) and (of := stranger(each)):
            yield Violation(
                each.path,
                f"Camunda knows no setting {each.said}, and ignores it",
                f"below {of[0]} are {', '.join(of[1])}",
            )


def _misspelt(d: Deployment, setting: Setting, close: str) -> Violation:
    written = close if setting.source else " or ".join(map(variable, close.split(" or ")))
    hint = f"did you mean {written}?"
    if setting.path[0] == "orchestration" and written in broker_variables(d):
        hint += f" {way_out(d, written)}"  # or CAM172 would say it then
    return Violation(setting.path, f"Camunda knows no setting {setting.said}, and ignores it", hint)


def _mapping_rule(setting: Setting) -> str | None:
    """Return the name since 8.8 of a setting of mapping rules, which were called mappings."""
    if setting.source or not re.match(r"CAMUNDASECURITYINITIALIZATIONMAPPINGS\d", setting.key):
        return None  # of a role, a group or a tenant: CAM192, CAM244
    name = re.sub(r"(?i)(?<=_)MAPPINGS(?=_\d)", "MAPPINGRULES", setting.name)
    return re.sub(r"(?i)(?<=_)MAPPINGID$", "MAPPINGRULEID", name)


def _of_tenant(setting: Setting) -> str | None:
    """Return the name that was meant by a setting of a physical tenant, but for the tenant's."""
    found = re.fullmatch(r"(?i)(CAMUNDA_PHYSICAL_?TENANTS_[A-Z0-9]+_)(.+)", setting.name)
    if setting.source or not found:
        return None
    name = f"CAMUNDA_{found[2]}"
    close = misspelt(replaced(setting, name=name, key=bound(name)), BROKERS)
    if close is None or " or " in close:
        return None
    return found[1] + variable(close).removeprefix("CAMUNDA_")


def _generated_here(d: Deployment, who: str, setting: Setting) -> bool:
    names = broker_variables(d) if who == "brokers" else connectors_variables(d)
    return setting.key in map(bound, names)


def misspelt(setting: Setting, table: str) -> str | None:
    """Return the property that was meant by a setting that nobody reads, or None."""
    key = setting.key
    if not key.startswith("CAM") or key.startswith(_legacy()):
        return None
    names = known(table)
    if key.rstrip("0123456789") in names or key in names:
        return None
    if any(key.startswith(each) for each, _ in _groups(table)):
        return None
    return _slip(key, names) or _slip_in_group(key, _groups(table)) or _shortened(key, names)


@cache
def _groups(table: str) -> list[tuple[str, Known]]:
    return [(each, of) for each, of in known(table).items() if of.holds == GROUPS]


@cache
def _legacy() -> tuple[str, ...]:
    return tuple(map(bound, LEGACY_PREFIXES))


def _slip(key: str, names: Mapping[str, Known]) -> str | None:
    bare = key.rstrip("0123456789")
    near = [
        (slips, of.name)
        for name, of in names.items()
        if of.holds != GROUPS
        and len(name) >= LONG
        and abs(len(name) - len(bare)) <= SLIPS
        and (name[:10] == bare[:10] or name[-5:] == bare[-5:])
        and (slips := distance(bare, name)) <= SLIPS
    ]
    return min(near)[1] if near else None


def _slip_in_group(key: str, groups: list[tuple[str, Known]]) -> str | None:
    for group, of in groups:
        if len(group) < LONG or key[:7] != group[:7]:
            continue
        for length in range(len(group) - SLIPS, len(group) + SLIPS + 1):
            if distance(key[:length], group) <= SLIPS - (len(group) < LONG + 8):
                return f"{of.name}…"
    return None


def _shortened(key: str, names: Mapping[str, Known]) -> str | None:
    """Return the property of which the beginning, the middle or the end is missing."""
    longer = [of.name for name, of in names.items() if name.startswith(key) and len(key) >= LONG]
    if len(longer) == 1:
        return longer[0]
    found = []
    for name, of in names.items():
        tail = bound(".".join(of.name.split(".")[-2:]))
        if len(tail) >= 8 and (key.endswith(tail) or (of.holds == GROUPS and tail in key)):
            found.append(f"{of.name}…" if of.holds == GROUPS else of.name)
        elif 2 < len(name) - len(key) <= MISSING and _without_part(key, name):
            found.append(of.name)
    return " or ".join(sorted(found)) if 0 < len(found) < 3 else None


def _without_part(key: str, name: str) -> bool:
    """Return whether a name is a key that lacks a part of its middle."""
    same = next((i for i, (a, b) in enumerate(zip(key, name, strict=False)) if a != b), len(key))
    return same >= LONG and len(key) - same >= 5 and name.endswith(key[same:])
