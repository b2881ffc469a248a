"""The orchestration cluster: Zeebe, Operate, Tasklist and Admin in one ECS service."""

from typing import Any

from troposphere import GetAtt, Ref, Tags, ecs
from troposphere import elasticloadbalancingv2 as elb

from camformation.components.access_spec import AccessSpec, TlsSpec
from camformation.components.authentication import AuthenticationSpec
from camformation.components.cluster import Cluster
from camformation.components.database import Database, user_password
from camformation.components.database_spec import DatabaseSpec
from camformation.components.egress import Egress
from camformation.components.fargate import RegistrySpec, Variables, service
from camformation.components.keys import Keys
from camformation.components.load_balancers import (
    LoadBalancers,
    tls_listener,
)
from camformation.components.logs import Logs
from camformation.components.network import Network
from camformation.components.orchestration_environment import Backing, orchestration_variables
from camformation.components.orchestration_role import broker_statements
from camformation.components.orchestration_spec import OrchestrationSpec
from camformation.components.orchestration_task import (
    CONTAINER,
    broker_containers,
    broker_images,
    broker_secrets,
    broker_task,
    connect,
)
from camformation.components.ports import GRPC, MANAGEMENT, REST
from camformation.components.roles import execution_role, task_role
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.storage import Storage
from camformation.components.storage_spec import StorageSpec
from camformation.components.target_groups import listener_rule, target_group
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value

RULE_PRIORITY = 100  # after everything with a path of its own, such as connectors
READINESS = "/actuator/health/readiness"


@frozen
class Orchestration:
    """Exports of the orchestration cluster."""

    service_arn: Value
    service_name: Value
    steady: Ready  # the service runs and is healthy


def build_orchestration(
    unit: Unit,
    spec: OrchestrationSpec,
    *,
    version: str,
    access: AccessSpec,
    authentication: AuthenticationSpec,
    database_spec: DatabaseSpec,
    storage_spec: StorageSpec,
    registry: RegistrySpec,
    connectors: bool,
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
) -> Orchestration:
    """Create target groups and listeners, roles, the task definition and the service."""
    password = user_password(database_spec, secrets)
    generated = orchestration_variables(
        spec,
        version=version,
        access=access,
        authentication=authentication,
        database=database_spec,
        storage=storage_spec,
        connectors=connectors,
        backing=Backing(
            database_endpoint=database.endpoint,
            database_password=password or "",
            node_id_bucket=storage.node_id_bucket.name,
            backup_bucket=storage.backup_bucket.name,
            documents_bucket=storage.documents_bucket.name if storage.documents_bucket else "",
            admin_password=secrets.admin_password or "",
            connectors_password=secrets.connectors_password or "",
        ),
    )
    variables = generated | Variables(plain=spec.environment, secret=spec.secrets)
    containers = broker_containers(
        spec,
        variables,
        database_spec=database_spec,
        database=database,
        password=password,
        log_group=logs.camunda,
        registry=registry,
    )
    starter = execution_role(
        unit,
        "OrchestrationExecutionRole",
        images=broker_images(spec, database_spec),
        log_group=logs.camunda,
        secrets=broker_secrets(spec, variables, database_spec, database, password),
        key=keys.secrets,
        registry=registry,
        monitored=cluster.runtime_monitoring,
    )
    role = task_role(
        unit,
        "OrchestrationTaskRole",
        broker_statements(storage, keys, database, database_spec),
        execute_command=spec.execute_command,
        managed_policies=spec.task_policies,
        own_statements=spec.task_statements,
    )
    task = unit.add(broker_task(unit.deployment, spec, containers, starter, role, storage))
    targets, entrances = _entrances(unit, access, network, load_balancers)
    brokers = unit.add(
        service(
            "OrchestrationService",
            cluster,
            network,
            groups.orchestration.id,
            task,
            spec.rollout,
            tasks=spec.brokers,
            minimum_healthy_percent=minimum_healthy_percent(spec.brokers),
            maximum_percent=100,
            execute_command=spec.execute_command,
            restart=spec.restart,
            connect=connect(),
            # It would stop brokers to move them, and cannot be had with a maximum of 100 %.
            AvailabilityZoneRebalancing="DISABLED",
            LoadBalancers=targets,
            ServiceRegistries=[ecs.ServiceRegistry(RegistryArn=cluster.discovery_service_arn)],
            DependsOn=entrances,
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
        steady=unit.ready(brokers),
    )


def minimum_healthy_percent(brokers: int) -> int:
    """Return the percentage that lets ECS replace exactly one broker at a time.

    ECS rounds the number of tasks it must keep up (Amazon ECS Developer Guide, Deployment
    parameters), so the percentage is rounded down. A fixed 66 % would never replace one of two
    brokers, and would take two of six at once, with them the quorum of some partition.
    """
    return (brokers - 1) * 100 // brokers


def _entrances(
    unit: Unit, access: AccessSpec, network: Network, load_balancers: LoadBalancers
) -> tuple[list[ecs.LoadBalancer], list[str]]:
    """Add a target group per open port; return the service's part and what it must wait for.

    ECS refuses a service whose target group has no load balancer yet.
    """
    scheme = access.scheme
    rest = _targets(unit, "RestTargetGroup", network, scheme, REST, "HTTP", sticky=True)
    grpc = _targets(unit, "GrpcTargetGroup", network, scheme, GRPC, "TCP")
    unit.add(
        listener_rule(
            "RestListenerRule", load_balancers.web_listener_arn, "/*", RULE_PRIORITY, rest
        )
    )
    unit.add(
        elb.Listener(
            "GrpcListener",
            LoadBalancerArn=load_balancers.nlb_arn,
            Port=GRPC,
            DefaultActions=[elb.Action(Type="forward", TargetGroupArn=Ref(grpc))],
            **_grpc_protocol(access.tls, load_balancers.certificate_arn),
        ),
        section=("access",),
    )
    open_ports = [(REST, rest), (GRPC, grpc)]
    entrances = ["RestListenerRule", "GrpcListener"]
    if arn := load_balancers.management_listener_arn:
        management = _targets(unit, "ManagementTargetGroup", network, scheme, MANAGEMENT, "HTTP")
        open_ports.append((MANAGEMENT, management))
        unit.add(
            listener_rule("ManagementListenerRule", arn, "/*", RULE_PRIORITY, management),
            section=("access", "management_port"),
        )
        entrances.append("ManagementListenerRule")
    targets = [
        ecs.LoadBalancer(ContainerName=CONTAINER, ContainerPort=port, TargetGroupArn=Ref(group))
        for port, group in open_ports
    ]
    return targets, entrances


def _grpc_protocol(tls: TlsSpec | None, certificate: Value | None) -> dict[str, Any]:
    if tls is None:
        return {"Protocol": "TCP"}
    return {**tls_listener("TLS", tls, certificate), "AlpnPolicy": ["HTTP2Preferred"]}


def _targets(
    unit: Unit,
    title: str,
    network: Network,
    scheme: str,
    port: int,
    protocol: str,
    *,
    sticky: bool = False,
) -> elb.TargetGroup:
    """Add a target group; the management port knows whether a broker is ready for any traffic."""
    group = target_group(
        title,
        network,
        port,
        protocol,
        scheme=scheme,
        check=READINESS,
        check_port=MANAGEMENT,
        sticky=sticky,
        Tags=Tags(Name=f"{unit.deployment}-oc1-orc-tg-{port}"),
    )
    return unit.add(group)
