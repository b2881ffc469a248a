"""Rules for the size of the Zeebe cluster, and for how its tasks start, stop and are replaced."""

from collections.abc import Iterator
from math import gcd

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.durations import seconds
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import broker_settings

ORCHESTRATION = ("orchestration",)
SHUTDOWN_SECONDS = 5  # SPRING_LIFECYCLE_TIMEOUTPERSHUTDOWNPHASE, as the reference sets it
READINESS_CHECK = "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_READINESSCHECKTIMEOUT"  # 2 minutes


@rule("CAM101", "Replication factor above the number of brokers")
def replication_factor(d: Deployment) -> Iterator[Violation]:
    """Every replica of a partition is on a different broker, so a replication factor above the
    number of brokers is impossible: partitions get no leader, and the deployment hangs.

    Source: Camunda docs, Core settings (camunda.cluster.replication-factor).
    """
    o = d.orchestration
    if o.replication_factor > o.brokers:
        yield Violation(
            (*ORCHESTRATION, "replication_factor"),
            f"a replication factor of {o.replication_factor} needs as many brokers; "
            f"there {'is' if o.brokers == 1 else 'are'} {o.brokers}",
            f"set orchestration.replication_factor to {o.brokers} or less, or add brokers",
        )


@rule("CAM102", "Cluster that tolerates fewer failures than it could", Severity.WARNING)
def quorum(d: Deployment) -> Iterator[Violation]:
    """A partition works as long as most of its replicas do. An even replication factor needs one
    more replica than the odd number below it, but survives no more failures. With an even number
    of brokers, the load is uneven after one fails.

    In profile `production` a cluster needs at least 3 brokers and a replication factor of at least
    3: a smaller one stops or loses data when one broker fails.

    Source: Camunda docs, Zeebe clustering; Camunda docs, Amazon ECS reference architecture.
    """
    o = d.orchestration
    if d.profile == "production":
        for name, number, words in (
            ("brokers", o.brokers, "at least 3 brokers"),
            ("replication_factor", o.replication_factor, "a replication factor of at least 3"),
        ):
            if number < 3:
                yield Violation(
                    (*ORCHESTRATION, name),
                    f"production needs {words}, not {number}, to survive the loss of a broker",
                    f"set orchestration.{name} to 3",
                    Severity.ERROR,
                )
    if o.replication_factor % 2 == 0 and o.replication_factor <= o.brokers:
        yield Violation(
            (*ORCHESTRATION, "replication_factor"),
            f"a replication factor of {o.replication_factor} tolerates no more failures than "
            f"{o.replication_factor - 1}",
            f"set orchestration.replication_factor to {_odd(o.replication_factor, o.brokers)}",
        )
    elif o.brokers % 2 == 0 and o.brokers > 2:
        yield Violation(
            (*ORCHESTRATION, "brokers"),
            f"{o.brokers} brokers tolerate no more failures than {o.brokers - 1}",
            f"set orchestration.brokers to {o.brokers - 1} or {o.brokers + 1}",
        )


def _odd(even: int, most: int) -> str:
    return f"{even - 1} or {even + 1}" if even < most else str(even - 1)


@rule("CAM103", "Uneven distribution of partitions", Severity.WARNING)
def partitions(d: Deployment) -> Iterator[Violation]:
    """Replicas are spread over the brokers in turn. With fewer partitions than brokers, some
    brokers lead no partition; if partitions times replication factor is not a multiple of the
    brokers, some carry more than others.

    Source: Camunda docs, Sizing of a self-managed cluster.
    """
    o = d.orchestration
    if o.replication_factor > o.brokers:
        return  # CAM101
    replicas = o.partitions * o.replication_factor
    if o.partitions < o.brokers:
        idle = o.brokers - o.partitions
        yield Violation(
            (*ORCHESTRATION, "partitions"),
            f"{o.partitions} partition{'s' * (o.partitions > 1)} for {o.brokers} brokers: {idle} "
            f"of them lead{'s' * (idle == 1)} no partition",
            f"set orchestration.partitions to {o.brokers} or a multiple; partitions can be added "
            "later, never removed",
        )
    elif replicas % o.brokers:
        yield Violation(
            (*ORCHESTRATION, "partitions"),
            f"{replicas} replicas ({o.partitions} x {o.replication_factor}) do not spread evenly "
            f"over {o.brokers} brokers",
            f"use a multiple of {o.brokers // gcd(o.brokers, o.replication_factor)} partitions",
        )


@rule("CAM106", "Two brokers", Severity.WARNING)
def two_brokers(d: Deployment) -> Iterator[Violation]:
    """With two brokers, both are needed for a quorum: processing stops when either fails or is
    replaced during a rolling update. One broker is cheaper; three survive a failure.

    Source: Camunda docs, Zeebe clustering (quorum).
    """
    if d.orchestration.brokers == 2:
        yield Violation(
            (*ORCHESTRATION, "brokers"),
            "with two brokers, the cluster stops whenever either is down, also during rolling "
            "updates",
            "set orchestration.brokers to 1 for development, or to 3 to survive a failure",
        )


@rule("CAM107", "Lease longer than the readiness check")
def lease(d: Deployment) -> Iterator[Violation]:
    """A broker that takes over a node ID waits until the others have seen it, for at most the
    readiness check's timeout. A lease that lasts as long or longer can expire during that wait.
    The timeout is 2 minutes unless a setting in `orchestration.environment` says otherwise.

    Source: camunda/camunda, zeebe/dynamic-node-id-provider, README.
    """
    o = d.orchestration
    timeout = seconds(broker_settings(d).value(READINESS_CHECK))
    if timeout is not None and o.lease_seconds >= timeout:
        yield Violation(
            (*ORCHESTRATION, "lease_seconds"),
            f"the lease of {o.lease_seconds} s must be shorter than the readiness check's "
            f"{timeout:g} s",
            f"lower orchestration.lease_seconds, or raise {READINESS_CHECK}",
        )


@rule("CAM108", "Stop timeout too short")
def stop_timeout(d: Deployment) -> Iterator[Violation]:
    """A stopping broker returns its lease; otherwise its successor must wait for the lease to end.
    ECS kills the container after `stop_timeout_seconds`, so this must be longer than the 5 seconds
    that Camunda takes for a phase of its shutdown.

    Source: Camunda docs, Amazon ECS reference architecture; Amazon ECS Developer Guide, Container
    timeouts.
    """
    seconds = d.orchestration.rollout.stop_timeout_seconds
    if seconds <= SHUTDOWN_SECONDS:
        yield Violation(
            (*ORCHESTRATION, "rollout", "stop_timeout_seconds"),
            f"{seconds} s is too short: it must exceed a shutdown phase of Camunda, which takes "
            f"up to {SHUTDOWN_SECONDS} s",
            "set orchestration.rollout.stop_timeout_seconds to 30, as in Camunda's reference "
            "architecture",
        )


@rule("CAM109", "Grace period shorter than the start period")
def grace(d: Deployment) -> Iterator[Violation]:
    """ECS ignores failing load balancer checks during the grace period, and failing container
    checks during the start period. If the grace period is shorter than the start period, ECS stops
    tasks that are still starting, again and again, until the circuit breaker fails the deployment.

    Source: Amazon ECS Developer Guide, Determine task health using container health checks.
    """
    rollouts = [("orchestration", d.orchestration.rollout)]
    if d.connectors.enabled:
        rollouts.append(("connectors", d.connectors.rollout))
    for name, rollout in rollouts:
        if rollout.health_check_grace_seconds < rollout.health_check_start_seconds:
            yield Violation(
                (name, "rollout", "health_check_grace_seconds"),
                f"a grace period of {rollout.health_check_grace_seconds} s ends before the start "
                f"period of {rollout.health_check_start_seconds} s",
                f"set {name}.rollout.health_check_grace_seconds to "
                f"{rollout.health_check_start_seconds} or more",
            )
