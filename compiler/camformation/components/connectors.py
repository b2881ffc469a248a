"""The connectors runtime: a client of the orchestration cluster, in an ECS service of its own."""

from collections.abc import Mapping

from troposphere import GetAtt, Ref, Tags, ecs

from camformation.components.authentication import AuthenticationSpec, connectors_variables
from camformation.components.cluster import Cluster
from camformation.components.egress import Egress
from camformation.components.fargate import (
    RegistrySpec,
    RolloutSpec,
    Variables,
    container,
    service,
    task_definition,
)
from camformation.components.iam import StatementSpec
from camformation.components.keys import Keys
from camformation.components.load_balancers import LoadBalancers
from camformation.components.logs import LogGroup, Logs
from camformation.components.network import Network
from camformation.components.orchestration import Orchestration
from camformation.components.ports import GRPC, REST
from camformation.components.roles import execution_role, task_role
from camformation.components.scaling import (
    AutoscalingSpec,
    CapacityProviderSpec,
    add_autoscaling,
)
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.target_groups import listener_rule, target_group
from camformation.frozen import frozen
from camformation.units import Unit, Value

CONTAINER = "connectors"
RULE_PRIORITY = 50  # before the brokers' rule, which takes every path
READINESS = "/connectors/actuator/health/readiness"
LINE_START = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"


@frozen
class ConnectorsSpec:
    """The `connectors` section of a spec."""

    enabled: bool
    image: str
    tasks: int  # not used with autoscaling
    autoscaling: AutoscalingSpec | None
    capacity_provider_strategy: tuple[CapacityProviderSpec, ...]  # empty: all on Fargate
    cpu: int
    memory_mib: int
    architecture: str  # X86_64 | ARM64
    execute_command: bool
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    task_policies: tuple[str, ...]
    task_statements: tuple[StatementSpec, ...]
    rollout: RolloutSpec
    restart: str | None  # another value starts a new deployment of the service


@frozen
class Connectors:
    """Exports of the connectors."""

    service_arn: Value
    service_name: Value


def build_connectors(
    unit: Unit,
    spec: ConnectorsSpec,
    *,
    authentication: AuthenticationSpec,
    registry: RegistrySpec,
    scheme: str,
    network: Network,
    groups: SecurityGroups,
    egress: Egress,
    keys: Keys,
    secrets: Secrets,
    logs: Logs,
    load_balancers: LoadBalancers,
    cluster: Cluster,
    orchestration: Orchestration,
) -> Connectors:
    """Create the target group and its rule, roles, the task definition and the service.

    The service waits for the brokers: until their API answers, connectors end at once, and names
    that join Service Connect later stay unknown to tasks that run already.
    """
    if groups.connectors is None:
        raise ValueError("connectors need a security group")
    generated = _generated(authentication, secrets.connectors_password or "")
    variables = generated | Variables(plain=spec.environment, secret=spec.secrets)
    starter = execution_role(
        unit,
        "ConnectorsExecutionRole",
        images=[spec.image],
        log_group=logs.camunda,
        secrets=variables.secret.values(),
        key=keys.secrets,
        registry=registry,
        monitored=cluster.runtime_monitoring,
    )
    role = task_role(
        unit,
        "ConnectorsTaskRole",
        [],
        execute_command=spec.execute_command,
        managed_policies=spec.task_policies,
        own_statements=spec.task_statements,
    )
    task = unit.add(
        task_definition(
            "ConnectorsTaskDefinition",
            f"{unit.deployment}-oc1-{CONTAINER}",
            [_container(spec, variables, logs.camunda, registry)],
            starter,
            cpu=spec.cpu,
            memory_mib=spec.memory_mib,
            architecture=spec.architecture,
            TaskRoleArn=GetAtt(role, "Arn"),
        )
    )
    targets = unit.add(
        target_group(
            "ConnectorsTargetGroup",
            network,
            REST,
            "HTTP",
            scheme=scheme,
            check=READINESS,
            check_port=REST,
            sticky=True,
            Tags=Tags(Name=f"{unit.deployment}-oc1-con-tg-{REST}"),
        )
    )
    unit.add(
        listener_rule(
            "ConnectorsListenerRule",
            load_balancers.web_listener_arn,
            "/connectors*",
            RULE_PRIORITY,
            targets,
        )
    )
    runtime = unit.add(
        service(
            "ConnectorsService",
            cluster,
            network,
            groups.connectors.id,
            task,
            spec.rollout,
            tasks=None if spec.autoscaling else spec.tasks,
            minimum_healthy_percent=50,
            maximum_percent=200,
            execute_command=spec.execute_command,
            restart=spec.restart,
            capacity=spec.capacity_provider_strategy,
            AvailabilityZoneRebalancing="ENABLED",
            LoadBalancers=[
                ecs.LoadBalancer(
                    ContainerName=CONTAINER, ContainerPort=REST, TargetGroupArn=Ref(targets)
                )
            ],
            DependsOn=["ConnectorsListenerRule"],
        ),
        after=[
            network.routed,
            groups.connectors.rules,
            egress.open,
            orchestration.steady,
            cluster.providers,
        ],
    )
    if spec.autoscaling:
        add_autoscaling(unit, "Connectors", spec.autoscaling, cluster, runtime)
    return Connectors(
        service_arn=unit.export("ServiceArn", Ref(runtime)),
        service_name=unit.export("ServiceName", GetAtt(runtime, "Name")),
    )


def reserved_environment(authentication: AuthenticationSpec) -> frozenset[str]:
    """Return the names that `connectors.environment` and `connectors.secrets` must not set."""
    return _generated(authentication, "").names


def _generated(authentication: AuthenticationSpec, password: Value) -> Variables:
    plain = {
        "SERVER_SERVLET_CONTEXT_PATH": "/connectors",
        "CAMUNDA_CLIENT_MODE": "self-managed",
        "CAMUNDA_CLIENT_RESTADDRESS": f"http://orchestration-cluster-rest:{REST}",
        "CAMUNDA_CLIENT_GRPCADDRESS": f"http://orchestration-cluster-grpc:{GRPC}",
    }
    return Variables(plain=plain, secret={}) | connectors_variables(
        authentication, password=password
    )


def _container(
    spec: ConnectorsSpec, variables: Variables, log_group: LogGroup, registry: RegistrySpec
) -> ecs.ContainerDefinition:
    return container(
        CONTAINER,
        spec.image,
        variables,
        log_group,
        registry,
        multiline_pattern=LINE_START,
        Essential=True,
        StopTimeout=spec.rollout.stop_timeout_seconds,
        HealthCheck=ecs.HealthCheck(
            Command=["CMD-SHELL", f"wget -qO- http://localhost:{REST}{READINESS} || exit 1"],
            Interval=30,
            Timeout=5,
            Retries=3,
            StartPeriod=spec.rollout.health_check_start_seconds,
        ),
        PortMappings=[ecs.PortMapping(ContainerPort=REST, Protocol="tcp")],
    )
