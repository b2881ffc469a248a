"""Settings that do not fit what is around an application: browsers, ECS, the load balancers."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.durations import seconds
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings

COOKIE = "SERVER_SERVLET_SESSION_COOKIE_"
GROUP = "MANAGEMENT_ENDPOINT_HEALTH_GROUP_"
PHASE = "SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE"
TOKEN_FILE, ROLE = "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"


def cookies(d: Deployment, brokers: Settings) -> Iterator[Violation]:
    """Yield settings with which browsers do not send the cookie of a session back."""
    secure = brokers.find(f"{COOKIE}SECURE")
    if secure and brokers.switch(f"{COOKIE}SECURE") and d.access.http and not d.access.tls:
        yield Violation(
            secure.path,
            f"{secure.said} contradicts the deployment: without TLS, browsers do not send the "
            "cookie back, and nobody stays logged in",
            f"set access.tls, or {secure.removal}",
            Severity.WARNING,
        )
    same = brokers.find(f"{COOKIE}SAMESITE")
    if same and d.authentication.mode == "oidc" and (same.value or "").strip().lower() == "strict":
        yield Violation(
            same.path,
            f"{same.said} contradicts the deployment: browsers do not send the cookie when the "
            "provider sends people back, and their logins fail",
            f"write lax, or {same.removal}",
            Severity.WARNING,
        )


def groups(settings: Settings, names: tuple[str, ...]) -> Iterator[Violation]:
    """Yield settings that replace what health checks ask for."""
    for name in names:
        for part in ("INCLUDE", "EXCLUDE"):
            start = f"{GROUP}{name}_{part}"
            found = settings.find(start) or next(settings.below(start), None)
            if found and found.value != "":
                yield Violation(
                    found.path,
                    f"{found.said} replaces what Camunda's image counts as {name.lower()}, which "
                    "health checks ask for",
                    found.removal,
                    Severity.WARNING,
                )


def shutdown(settings: Settings, stop: int) -> Iterator[Violation]:
    """Yield a phase of the shutdown that takes longer than ECS waits for the container."""
    found = settings.find(PHASE)
    time = seconds((found.value or "") if found else "")
    if found and time and time >= stop:
        section = settings.section[0]
        yield Violation(
            found.path,
            f"{found.said} is {time:g} s, but ECS ends the container after {stop} s",
            f"set {section}.rollout.stop_timeout_seconds to more, up to 120, or {found.removal}",
            Severity.WARNING,
        )


def kubernetes(settings: Settings) -> Iterator[Violation]:
    """Yield the role of a service account, which only Amazon EKS gives to containers."""
    token, role = settings.environment.get(TOKEN_FILE, ""), settings.find(ROLE)
    if re.match("/var/run/secrets/", token) and (role := role or settings.find(TOKEN_FILE)):
        yield Violation(
            role.path,
            f"{role.said} has no effect: no task of ECS has the file {token[:80]}, and AWS's SDK "
            "uses the task's role",
            f"remove {ROLE} and {TOKEN_FILE}, and grant what is needed in "
            f"{settings.section[0]}.task_statements",
            Severity.WARNING,
        )
