"""The rule for settings that contradict what the rest of the deployment counts on."""

from collections.abc import Iterator, Mapping

from camformation.components.context_paths import ROOT
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.durations import seconds
from camformation.rules import exposure, surroundings
from camformation.rules.fixed import BROKERS, CONNECTORS, CONNECTORS_PROBES, METRICS, Fixed
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import (
    Setting,
    Settings,
    broker_settings,
    connectors_settings,
    switched,
)

NEEDED_PROFILES = ("broker", "consolidated-auth")
WEB_PROFILES = (("operate",), ("tasklist",), ("admin", "identity"))
PINGS = 45  # seconds between pings of Camunda's clients (Java client, keepAlive)
_DATA_SOURCE = "DataSourceAutoConfiguration"
OTHER_APPLICATIONS = {
    *("gateway", "restore", "standalone"),
    *("auth", "identity-auth", "ldap-auth", "sso-auth"),
    *("migration", "identity-migration", "process-migration", "task-migration"),
}


@rule("CAM191", "Setting that contradicts the deployment")
def contradictions(d: Deployment) -> Iterator[Violation]:
    """Load balancers, health checks, security groups, connectors and the other brokers rely on
    fixed ports, paths and profiles: REST on 8080 and gRPC on 26500, without TLS, which the load
    balancers add, unless `access.target_tls` makes tasks serve it; 26501 and 26502 between brokers;
    health checks on 9600, below `/actuator`; everything else below `orchestration.context_path`,
    which is `/` by default; the profiles `broker`, `consolidated-auth`, `operate`, `tasklist` and
    `admin`, which may also be called `identity`; metrics at `/actuator/prometheus`, with
    `orchestration.cluster_health_check`. If a setting in any place changes one of these, tasks
    never become healthy or cannot be reached. A setting with the same value is fine. Endpoints
    that only `operations.task` or `observability.prometheus` ask are a warning, and so is a least
    time between pings of gRPC above the 45 seconds after which Camunda's clients ping, cookies that
    browsers do not send back, health groups other than the image's, and a shutdown longer than ECS
    waits.

    Access keys in the brokers' variables replace the task's role, which they need for leases and
    backups; in the connectors' variables, with `execute_command`, they prevent shells from opening.
    Roles of service accounts exist in Amazon EKS, not in ECS.

    Source: Camunda docs, Amazon ECS reference architecture; Camunda docs, Web server configuration;
    Camunda docs, Admin in Self-Managed (profiles); Spring Boot docs, Common application properties;
    Spring Boot docs, Actuator (health groups); RFC 6265bis (Secure, SameSite); camunda/camunda,
    application.properties; AWS SDK for Java, Default credentials provider chain;
    aws-containers/amazon-ecs-exec-checker issue 49; camunda/camunda issue 47106 (keep-alive).
    """
    brokers = broker_settings(d)
    yield from _fixed(brokers, BROKERS)
    if d.orchestration.cluster_health_check:
        yield from _fixed(brokers, METRICS)
    plain = d.access.target_tls is None  # else these are generated: setting them breaks CAM172
    if plain:
        yield from _tls(brokers, "SERVER_SSL_", "REST without TLS at port 8080")
        yield from _tls(brokers, "MANAGEMENT_SERVER_SSL_", "health checks without TLS at port 9600")
    if plain and (d.access.tls or d.connectors.enabled):
        yield from _tls(
            brokers, "CAMUNDA_API_GRPC_SSL_", "gRPC without TLS at port 26500", opt=True
        )
    yield from _context_path(d, brokers)
    yield from _profiles(brokers)
    for judged in (exposure.hidden, exposure.closed):
        yield from judged(brokers, exposure.of_brokers(d))
    yield from _pings(brokers)
    yield from _location(brokers)
    yield from _excluded(brokers)
    yield from _keys(brokers, "brokers renew leases and write backups")
    yield from surroundings.cookies(d, brokers)
    yield from surroundings.groups(brokers, ("LIVENESS", "READINESS"))
    yield from surroundings.kubernetes(brokers)
    if d.connectors.enabled:
        runtime = connectors_settings(d)
        yield from _fixed(runtime, CONNECTORS)
        if plain or not d.access.http:
            yield from _tls(runtime, "SERVER_SSL_", "connectors without TLS at port 8080")
        for judged in (exposure.hidden, exposure.closed):
            yield from judged(runtime, exposure.of_connectors(d))
        yield from exposure.off(runtime, CONNECTORS_PROBES)
        yield from _location(runtime)
        yield from surroundings.groups(runtime, ("READINESS",))
        yield from surroundings.shutdown(runtime, d.connectors.rollout.stop_timeout_seconds)
        yield from surroundings.kubernetes(runtime)
        if d.connectors.execute_command:
            yield from _keys(runtime, "ECS Exec opens its sessions")


def _fixed(settings: Settings, table: Mapping[str, Fixed]) -> Iterator[Violation]:
    for name, fixed in table.items():
        found = settings.find(name)
        if found is None:
            continue
        said = (found.value or "").strip().lower()
        if "true" in fixed.fine and switched(said) is not None:
            said = str(switched(said)).lower()
        if found.value is None:
            yield from _unknown(found, fixed.why)
        elif said and said not in fixed.fine:
            yield _against(found, fixed.why, fixed.severity)


def _against(setting: Setting, why: str, severity: Severity = Severity.ERROR) -> Violation:
    return Violation(
        setting.path,
        f"{setting.said} contradicts the deployment: {why}",
        setting.removal,
        severity,
    )


def _unknown(setting: Setting, why: str) -> Iterator[Violation]:
    """Warn of a secret that decides; what is made of other variables is their author's concern."""
    if setting.path[-2] == "secrets":
        yield Violation(
            setting.path,
            f"the value of {setting.said} cannot be checked before deployment: {why}",
            setting.removal,
            Severity.WARNING,
        )


def _tls(settings: Settings, start: str, why: str, *, opt: bool = False) -> Iterator[Violation]:
    """Yield the settings that turn TLS on; for gRPC only `enabled`, otherwise any setting of it
    (`opt`).
    """
    enabled = settings.find(f"{start}ENABLED")
    if enabled and enabled.value is None:
        yield from _unknown(enabled, f"clients expect {why}")
    elif enabled and switched(enabled.value or ""):
        yield _against(enabled, f"clients expect {why}")
    elif not enabled and not opt and (first := next(settings.below(start), None)):
        yield _against(first, f"clients expect {why}")


def _context_path(d: Deployment, settings: Settings) -> Iterator[Violation]:
    found = settings.find("SERVER_SERVLET_CONTEXTPATH")
    if d.orchestration.context_path != ROOT:
        return  # the variable is generated: setting it again breaks CAM172
    if found is None or (found.value is not None and found.value.strip() in ("", "/")):
        return
    needed = d.connectors.enabled or d.authentication.mode == "oidc"
    why = "connectors and logins" if needed else "addresses of the web applications"
    if found.value is None:
        yield from _unknown(found, f"{why} need the path /")
    else:
        severity = Severity.ERROR if needed else Severity.WARNING
        yield Violation(
            found.path,
            f"{found.said} contradicts the deployment: {why} need the path /",
            f"{found.removal}, and set orchestration.context_path, which all of these follow",
            severity,
        )


def _profiles(settings: Settings) -> Iterator[Violation]:
    mode = settings.value("CAMUNDA_MODE")
    for name in ("SPRING_PROFILES_ACTIVE", "SPRING_PROFILES_INCLUDE"):
        found = settings.find(name) or next(settings.below(name), None)
        profiles = [each.lower() for each in settings.elements(name)]
        if found is None or mode or (found.value and not profiles):
            continue
        if found.value is None:
            yield from _unknown(found, f"brokers need the profiles {_needed()}")
            continue
        if strange := [each for each in profiles if each in OTHER_APPLICATIONS]:
            yield _other(found, f"the profile {strange[0]} turns brokers into another application")
        elif name == "SPRING_PROFILES_ACTIVE":
            missing = [each for each in NEEDED_PROFILES if each not in profiles]
            web = [each[0] for each in WEB_PROFILES if not set(each) & set(profiles)]
            if missing:
                yield _other(
                    found, f"without the profile {missing[0]} tasks are not complete brokers"
                )
            elif web:
                yield _other(found, f"without the profile {web[0]} its web pages are missing", True)


def _needed() -> str:
    return ",".join((*NEEDED_PROFILES, *(each[0] for each in WEB_PROFILES)))


def _other(setting: Setting, why: str, may: bool = False) -> Violation:
    return Violation(
        setting.path,
        f"{setting.said} contradicts the deployment: {why}",
        f"remove it, or also list the profiles of the image: {_needed()}",
        Severity.WARNING if may else Severity.ERROR,
    )


def _pings(settings: Settings) -> Iterator[Violation]:
    found = settings.find("CAMUNDA_API_GRPC_MINKEEPALIVEINTERVAL")
    if found and (seconds(found.value or "") or 0) > PINGS:
        yield Violation(
            found.path,
            f"{found.said} contradicts connectors and other clients, which ping every {PINGS} "
            "seconds: brokers close connections with pings that come sooner than that",
            f"write {PINGS}s or less",
            Severity.WARNING,
        )


def _excluded(settings: Settings) -> Iterator[Violation]:
    name = "SPRING_AUTOCONFIGURE_EXCLUDE"
    listed = [each.rpartition(".")[2] for each in settings.elements(name)]
    if listed and _DATA_SOURCE not in listed and (found := _first(settings, name)):
        yield Violation(
            found.path,
            f"{found.said} replaces the list in Camunda's image, which has {_DATA_SOURCE}: without "
            "it, brokers look for a data source and do not start",
            f"{found.removal}, or list what the image has too",
        )


def _keys(settings: Settings, what: str) -> Iterator[Violation]:
    if found := settings.find("AWS_ACCESS_KEY_ID"):
        yield Violation(
            found.path,
            f"AWS's SDK takes these keys in place of the task's role, with which {what}",
            f"{found.removal}, and grant what is needed in {settings.section[0]}.task_statements",
            Severity.WARNING,
        )


def _first(settings: Settings, name: str) -> Setting | None:
    return settings.find(name) or next(settings.below(name), None)


def _location(settings: Settings) -> Iterator[Violation]:
    named = settings.elements("SPRING_CONFIG_NAME")
    if named and "application" not in named and (found := _first(settings, "SPRING_CONFIG_NAME")):
        yield Violation(
            found.path,
            f"{found.said} keeps the image's own settings, in files named application, from being "
            "read",
            "list application too, or set SPRING_CONFIG_IMPORT instead",
            Severity.WARNING,
        )
    if (found := settings.find("SPRING_CONFIG_LOCATION")) and found.value != "":
        yield Violation(
            found.path,
            f"{found.said} replaces the image's own settings, ports and profiles included",
            "set SPRING_CONFIG_ADDITIONALLOCATION or SPRING_CONFIG_IMPORT instead",
            Severity.WARNING,
        )
