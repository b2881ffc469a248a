"""The parts of a deployment that its alarms watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camformation.components.cluster import Cluster, ClusterSpec
from camformation.components.connectors import Connectors
from camformation.components.connectors_spec import ConnectorsSpec
from camformation.components.database import Database
from camformation.components.database_seed import seed_family
from camformation.components.database_spec import DatabaseSpec
from camformation.components.egress import Egress
from camformation.components.load_balancers import LoadBalancers
from camformation.components.logs import Logs, ObservabilitySpec
from camformation.components.orchestration import Orchestration
from camformation.components.secrets_spec import SecretsSpec
from camformation.components.storage import Storage
from camformation.components.storage_spec import StorageSpec
from camformation.units import Unit, Value

if TYPE_CHECKING:
    from camformation.components.database_alarms import WatchedDatabase


def begin_watching(
    spec: ObservabilitySpec, secrets: SecretsSpec, unit: Unit, key_unit: Unit
) -> Value | None:
    """Create the parts that watch no resource, early, with the logs; return the ARN of the existing
    or new topic, or None without alarms."""
    if spec.prometheus and spec.prometheus.alerts:
        from camformation.components.prometheus_alerts import build_alerts

        build_alerts(unit, spec.prometheus.workspace_arn, spec.prometheus.alerts)
    if spec.alarms is None:
        return None
    from camformation.components.alarm_topic import build_topic

    topic = spec.alarms.topic_arn or build_topic(unit, key_unit)
    if secrets.reminder_days is not None:
        from camformation.components.secrets_reminder import build_reminder

        build_reminder(unit, secrets.reminder_days, topic)
    return topic


def build_watching(
    unit: Unit,
    topic: Value,
    *,
    cluster_spec: ClusterSpec,
    connectors_spec: ConnectorsSpec,
    database_spec: DatabaseSpec,
    storage_spec: StorageSpec,
    brokers: int,
    cluster: Cluster,
    load_balancers: LoadBalancers,
    storage: Storage,
    database: Database,
    egress: Egress,
    logs: Logs,
    orchestration: Orchestration,
    connectors: Connectors | None,
) -> None:
    """Create the alarms of a deployment, if it has any."""
    from camformation.components.alarms import Service, Watched, build_alarms

    services = [
        Service(
            "Brokers",
            orchestration.service_arn,
            orchestration.service_name,
            brokers,
            orchestration.alb_targets,
            orchestration.nlb_targets,
        )
    ]
    if connectors:
        scaled = connectors_spec.autoscaling
        services.append(
            Service(
                "Connectors",
                connectors.service_arn,
                connectors.service_name,
                scaled.min_tasks if scaled else connectors_spec.tasks,
                connectors.alb_targets,
                None,
            )
        )
    given = load_balancers.certificates
    from camformation.components.log_alarms import Log

    # `in` compares for equality, and an open field equals nothing else; `!=` compares its text.
    watched = Watched(
        cluster_name=cluster.name,
        insights=cluster_spec.container_insights not in ("disabled",),
        services=tuple(services),
        alb=load_balancers.alb_full_name,
        nlb=load_balancers.nlb_full_name,
        database=_database(database_spec, database),
        log=Log(logs.camunda.name, storage_spec.backup.schedule),
        nat_gateways=egress.nat_gateways,
        seed=(seed_family(unit.deployment), cluster.arn) if database_spec.seed == "task" else None,
        file_system=storage.file_system_id,
        bursting=storage_spec.efs.throughput_mode == "bursting" and not storage_spec.efs.existing,
        certificates=tuple(dict.fromkeys(c for c in (given.http, given.grpc) if c)),
    )
    build_alarms(unit, topic, watched)


def _database(spec: DatabaseSpec, database: Database) -> WatchedDatabase | None:
    from camformation.components.database_alarms import WatchedDatabase, connections

    if not database.cluster_id:
        return None
    return WatchedDatabase(
        database.cluster_id, spec.instances > 1, spec.serverless is not None, connections(spec)
    )
