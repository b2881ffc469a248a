"""Rules for fields of the Aurora cluster that contradict its parameters."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.rules.registry import Violation, rule

FORCE_SSL = "rds.force_ssl"


@rule("CAM236", "TLS both forced and not")
def forced(d: Deployment) -> Iterator[Violation]:
    """`database.force_ssl: true` sets the parameter `rds.force_ssl` to 1: the cluster refuses
    connections without TLS. `database.cluster_parameters` must not contradict it. The production
    profile sets `force_ssl`.

    Source: Amazon Aurora User Guide, Requiring an SSL/TLS connection to an Aurora PostgreSQL DB
    cluster.
    """
    value = d.database.cluster_parameters.get(FORCE_SSL)
    if d.database.force_ssl and value not in (None, "1") and not d.database.existing:
        yield Violation(
            ("database", "cluster_parameters", FORCE_SSL),
            f"`{FORCE_SSL}: {value}` allows connections without TLS, and `force_ssl: true` "
            "refuses them",
            "remove the parameter, or set database.force_ssl to false",
        )
