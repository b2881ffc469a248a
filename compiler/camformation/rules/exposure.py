"""Endpoints of the management port that others ask, and settings that hide them."""

from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.fixed import CONNECTORS_PROBES, PROBES, SCRAPED
from camformation.rules.registry import Violation
from camformation.rules.settings import Setting, Settings, switched
from camformation.spelling import bound

Asked = Mapping[str, tuple[str, Severity]]  # an endpoint: who asks it, and how bad its absence is
COLLECTED = "observability.prometheus collects the metrics at /actuator/prometheus"
EXPORTED = (
    "MANAGEMENT_PROMETHEUS_METRICS_EXPORT_ENABLED",
    "MANAGEMENT_DEFAULTS_METRICS_EXPORT_ENABLED",
)
"""Switches of the metrics at /actuator/prometheus: the first that is set counts."""
MANAGED = ("cluster", "exporters", "exporting", "partitions", "rebalance", "backupRuntime")
"""Endpoints that camformation asks by the ops task (Camunda docs, Management API)."""


def of_brokers(d: Deployment) -> Asked:
    """Return the endpoints of brokers that the rest of the deployment asks."""
    asked = {"health": (PROBES, Severity.ERROR)}
    if d.operations.task:
        why = "operations.task asks brokers at more endpoints of port 9600"
        asked |= dict.fromkeys(MANAGED, (why, Severity.WARNING))
    if d.observability.prometheus:
        asked["prometheus"] = (COLLECTED, Severity.WARNING)
    if d.orchestration.cluster_health_check:
        asked["prometheus"] = (SCRAPED, Severity.ERROR)
    return asked


def of_connectors(d: Deployment) -> Asked:
    """Return the endpoints of connectors that the rest of the deployment asks."""
    asked = {"health": (CONNECTORS_PROBES, Severity.ERROR)}
    if d.observability.prometheus:
        asked["prometheus"] = (COLLECTED, Severity.WARNING)
    return asked


def hidden(settings: Settings, asked: Asked) -> Iterator[Violation]:
    """Yield settings that do not expose what is asked: the worst of each."""
    shown, left_out = (
        f"MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_{which}" for which in ("INCLUDE", "EXCLUDE")
    )
    for name, wrong in ((shown, False), (left_out, True)):
        named = {bound(each) for each in settings.elements(name)}
        setting = settings.find(name) or next(settings.below(name), None)
        if not named or setting is None:
            continue
        missing = [
            (severity is Severity.WARNING, endpoint, why, severity)
            for endpoint, (why, severity) in asked.items()
            if (bool({bound(endpoint), "*"} & named)) is wrong
        ]
        if missing:
            _, _, why, severity = min(missing, key=lambda each: each[0])
            endpoints = [endpoint for _, endpoint, _, _ in missing]
            yield Violation(
                setting.path,
                f"{setting.said} contradicts the deployment: {why}",
                f"{setting.removal}, or "
                + ("leave out " if wrong else "add ")
                + ", ".join(endpoints),
                severity,
            )


def closed(settings: Settings, asked: Asked) -> Iterator[Violation]:
    """Yield settings that close an endpoint that is asked, or let others only read it."""
    for endpoint, (why, severity) in asked.items():
        for name, values in (("ACCESS", ("none", "readonly")), ("ENABLED", ("false",))):
            found = settings.find(f"MANAGEMENT_ENDPOINT_{endpoint.upper()}_{name}")
            said = bound(found.value or "").lower() if found else ""
            if found is None or endpoint == "health":
                continue  # CAM191's own
            if said in values and (said != "readonly" or endpoint in MANAGED):
                yield Violation(
                    found.path,
                    f"{found.said} contradicts the deployment: {why}",
                    found.removal,
                    severity,
                )
    why, severity = asked.get("prometheus", ("", Severity.WARNING))
    for name in EXPORTED if why and severity is Severity.WARNING else ():
        found = settings.find(name)
        if found and switched(found.value or "") is False:
            yield Violation(
                found.path,
                f"{found.said} contradicts the deployment: {why}",
                found.removal,
                severity,
            )
            break


def off(settings: Settings, why: str) -> Iterator[Violation]:
    """Yield settings that turn all endpoints off; brokers' image turns health on by itself."""
    starts = ("MANAGEMENT_ENDPOINT_HEALTH_ENABLED", "MANAGEMENT_ENDPOINT_HEALTH_ACCESS")
    on = any(settings.value(name) for name in starts)
    for name, value in (("ENABLEDBYDEFAULT", "false"), ("ACCESS_DEFAULT", "none")):
        found: Setting | None = settings.find(f"MANAGEMENT_ENDPOINTS_{name}")
        said = (found.value or "").strip().lower() if found else ""
        if found and not on and (said == value or (value == "false" and switched(said) is False)):
            yield Violation(
                found.path, f"{found.said} contradicts the deployment: {why}", found.removal
            )
