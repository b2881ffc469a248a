"""The orchestration cluster: Zeebe, Operate, Tasklist and Admin in one ECS service."""

from troposphere import GetAtt, Ref, ecs

from camformation.components.access_spec import AccessSpec
from camformation.components.authentication import AuthenticationSpec
from camformation.components.cluster import Cluster
from camformation.components.container_security import ContainersSpec
from camformation.components.database import Database, user_password
from camformation.components.database_spec import DatabaseSpec
from camformation.components.egress import Egress
from camformation.components.entrances import build_entrances
from camformation.components.fargate import RegistrySpec, Variables, service
from camformation.components.keys import Keys
from camformation.components.load_balancers import LoadBalancers
from camformation.components.logs import Logs
from camformation.components.memory_budget import with_limit
from camformation.components.network import Network
from camformation.components.orchestration_environment import Backing, orchestration_variables
from camformation.components.orchestration_role import broker_statements
from camformation.components.orchestration_spec import OrchestrationSpec
from camformation.components.orchestration_task import (
    broker_containers,
    broker_images,
    broker_secrets,
    broker_task,
)
from camformation.components.proxy import Proxy
from camformation.components.rds_authorities import authority
from camformation.components.roles import execution_role, task_role
from camformation.components.rollout_alarms import deployment_alarms
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.service_connect import broker_services
from camformation.components.storage import Storage
from camformation.components.storage_spec import StorageSpec
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value


@frozen
class Orchestration:
    """Exports of the orchestration cluster."""

    service_arn: Value
    service_name: Value
    alb_targets: Value | None  # full names of the target groups
    nlb_targets: Value | None
    steady: Ready  # the service runs and is healthy


def build_orchestration(
    unit: Unit,
    spec: OrchestrationSpec,
    *,
    version: str,
    log_format: str,
    security: ContainersSpec,
    access: AccessSpec,
    authentication: AuthenticationSpec,
    database_spec: DatabaseSpec,
    storage_spec: StorageSpec,
    registry: RegistrySpec,
    connectors: bool,
    license: str | None,
    proxy: Proxy,
    network: Network,
    groups: SecurityGroups,
    egress: Egress,
    keys: Keys,
    secrets: Secrets,
    logs: Logs,
    storage: Storage,
    database: Database,
    load_balancers: LoadBalancers,
    cluster: Cluster,
    seeded: Ready,
    region: str | None,
    topic: Value | None,
) -> Orchestration:
    """Create target groups and listeners, roles, the task definition and the service."""
    security = with_limit(security, spec.memory_budget)
    password = user_password(database_spec, secrets)
    certificate = authority(unit, database_spec, region)
    generated = orchestration_variables(
        spec,
        version=version,
        access=access,
        authentication=authentication,
        database=database_spec,
        storage=storage_spec,
        connectors=connectors,
        log_format=log_format,
        backing=Backing(
            database_endpoint=database.endpoint,
            database_port=database.port,
            database_password=password or "",
            database_authority=certificate,
            node_id_bucket=storage.node_id_bucket.name,
            backup_bucket=storage.backup_bucket.name,
            documents_bucket=storage.documents_bucket.name if storage.documents_bucket else "",
            admin_password=secrets.admin_password or "",
            connectors_password=secrets.connectors_password or "",
            cluster_admin_password=secrets.cluster_admin_password or "",
            license=license,
        ),
    )
    variables = generated | proxy.around(Variables(spec.environment, spec.secrets))
    containers = broker_containers(
        spec,
        variables,
        log_format=log_format,
        security=security,
        database_spec=database_spec,
        database=database,
        password=password,
        log_group=logs.camunda,
        registry=registry,
        proxy=proxy,
        authority=certificate,
        tls=access.target_tls,
    )
    starter = execution_role(
        unit,
        "OrchestrationExecutionRole",
        images=broker_images(spec, database_spec),
        log_group=logs.camunda,
        secrets=broker_secrets(
            spec, variables, database_spec, database, password, access.target_tls
        ),
        keys=keys,
        registry=registry,
        monitored=cluster.runtime_monitoring,
    )
    role = task_role(
        unit,
        "OrchestrationTaskRole",
        broker_statements(
            storage, keys, database, database_spec, spec.restore.bucket if spec.restore else None
        ),
        execute_command=spec.execute_command,
        managed_policies=spec.task_policies,
        own_statements=spec.task_statements,
    )
    described = broker_task(
        unit.deployment, spec, security, containers, starter, role, storage, access.target_tls
    )
    task = unit.add(described)
    entrances = build_entrances(unit, access, spec.context_path, network, load_balancers)
    balancer, group = load_balancers.alb_full_name, entrances.alb_targets
    brokers = unit.add(
        service(
            "OrchestrationService",
            cluster,
            network,
            [groups.orchestration.id, *spec.security_group_ids],
            task,
            spec.rollout,
            tasks=spec.brokers,
            minimum_healthy_percent=minimum_healthy_percent(spec.brokers),
            maximum_percent=100,
            execute_command=spec.execute_command,
            restart=spec.restart,
            connect=broker_services(cluster.service_connect_tls),
            alarms=deployment_alarms(unit, "Brokers", spec.rollout, balancer, group, topic),
            # It would stop brokers to move them, and is not allowed with a maximum of 100 %.
            AvailabilityZoneRebalancing="DISABLED",
            LoadBalancers=list(entrances.targets),
            ServiceRegistries=[ecs.ServiceRegistry(RegistryArn=cluster.discovery_service_arn)],
            **entrances.first,
        ),
        after=[
            network.routed,
            groups.orchestration.rules,
            egress.open,
            storage.mounted,
            database.available,
            seeded,
        ],
    )
    return Orchestration(
        service_arn=unit.export("ServiceArn", Ref(brokers)),
        service_name=unit.export("ServiceName", GetAtt(brokers, "Name")),
        alb_targets=entrances.alb_targets,
        nlb_targets=entrances.nlb_targets,
        steady=unit.ready(brokers),
    )


def minimum_healthy_percent(brokers: int) -> int:
    """Return the percentage that lets ECS replace exactly one broker at a time.

    ECS rounds the number of tasks it must keep up (Amazon ECS Developer Guide, Deployment
    parameters), so the percentage is rounded down. A fixed 66 % would never replace one of two
    brokers, and would stop two of six at once, and with them the quorum of a partition.
    """
    return (brokers - 1) * 100 // brokers
