"""The rule for context paths that would send requests to the wrong application."""

from collections.abc import Iterator

from camformation.components.context_paths import patterns, prefix
from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule

BROKERS_OWN = frozenset(  # first parts of the paths that brokers serve
    {
        *("operate", "tasklist", "admin", "identity", "login", "logout", "sso-callback", "oauth2"),
        *("v1", "v2", "v3", "swagger", "swagger-ui", "api", "rest-api", "actuator"),
    }
)


@rule("CAM134", "Context paths of brokers and connectors that collide")
def context_paths(d: Deployment) -> Iterator[Violation]:
    """The HTTP load balancer sends requests for `connectors.context_path`, and everything below it,
    to connectors, and only then requests below `orchestration.context_path` to brokers. If brokers
    are below connectors, or connectors have a path that brokers serve themselves, such as /v2 or
    /operate, these pages cannot be reached. Connectors below brokers, with their own path, are
    fine: /camunda and /camunda/connectors.

    Source: Camunda docs, Webserver & security (Setting a custom context path); Elastic Load
    Balancing User Guide, Condition types for listener rules (path conditions).
    """
    if not (d.connectors.enabled and d.access.http):
        return
    brokers, own = d.orchestration.context_path, d.connectors.context_path
    everything = patterns(own)[-1].rstrip("*")
    if brokers == own or f"{prefix(brokers)}/".startswith(everything):
        yield Violation(
            ("orchestration", "context_path"),
            f"requests for {brokers} would go to connectors, which have {own}",
            f"choose a path that is not below {own}, or another connectors.context_path",
        )
    elif own.startswith(f"{prefix(brokers)}/"):
        first = own.removeprefix(f"{prefix(brokers)}/").partition("/")[0]
        if first in BROKERS_OWN:
            yield Violation(
                ("connectors", "context_path"),
                f"brokers serve {prefix(brokers)}/{first} themselves",
                f"choose another path, for example {prefix(brokers)}/connectors",
            )
