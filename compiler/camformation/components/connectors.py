"""The connectors runtime: a client of the orchestration cluster, in its own ECS service."""

from collections.abc import Mapping
from typing import Any

from troposphere import GetAtt, Ref, Tags, ecs

from camformation.components import target_tls
from camformation.components.access_spec import AccessSpec
from camformation.components.authentication import AuthenticationSpec
from camformation.components.cluster import Cluster
from camformation.components.connectors_environment import generated_variables
from camformation.components.connectors_spec import ConnectorsSpec
from camformation.components.container_security import ContainersSpec, own_container, scratch
from camformation.components.containers import (
    after,
    alone,
    extra_images,
    extra_secrets,
    init_containers,
    routed,
    running_containers,
    shared_mounts,
    shared_volumes,
)
from camformation.components.context_paths import patterns, prefix
from camformation.components.egress import Egress
from camformation.components.entrances import Entrances
from camformation.components.fargate import (
    RegistrySpec,
    Variables,
    container,
    service,
    task_definition,
)
from camformation.components.keys import Keys
from camformation.components.load_balancers import LoadBalancers
from camformation.components.log_format import line_start
from camformation.components.logs import LogGroup, Logs
from camformation.components.network import Network
from camformation.components.orchestration import Orchestration
from camformation.components.ports import REST
from camformation.components.proxy import Proxy
from camformation.components.roles import execution_role, task_role
from camformation.components.rollout_alarms import deployment_alarms
from camformation.components.scaling import add_autoscaling
from camformation.components.secrets import Secrets
from camformation.components.security_groups import SecurityGroups
from camformation.components.service_connect import client_labels
from camformation.components.target_groups import listener_rule, target_group
from camformation.frozen import frozen
from camformation.units import Unit, Value

CONTAINER = "connectors"
WRITTEN = {"camunda-tmp": "/tmp"}  # the volume of Camunda's image (default-bundle/Dockerfile)
RULE_PRIORITY = 50  # before the brokers' rule, which takes every path
READINESS = "/actuator/health/readiness"  # below the context path: on the same port
LINE_START = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z"


@frozen
class Connectors:
    """Exports of the connectors."""

    service_arn: Value
    service_name: Value
    alb_targets: Value | None  # full name of the target group


def build_connectors(
    unit: Unit,
    spec: ConnectorsSpec,
    *,
    log_format: str,
    security: ContainersSpec,
    authentication: AuthenticationSpec,
    registry: RegistrySpec,
    access: AccessSpec,
    proxy: Proxy,
    brokers_path: str,
    network: Network,
    groups: SecurityGroups,
    egress: Egress,
    keys: Keys,
    secrets: Secrets,
    logs: Logs,
    load_balancers: LoadBalancers,
    cluster: Cluster,
    orchestration: Orchestration,
    topic: Value | None,
) -> Connectors:
    """Create the target group and its rule, roles, the task definition and the service.

    The service waits for the brokers: until their API answers, connectors exit at once, and running
    tasks do not learn of names that join Service Connect later.
    """
    if groups.connectors is None:
        raise ValueError("connectors need a security group")
    generated = generated_variables(
        spec,
        access,
        authentication,
        log_format,
        secrets.connectors_password or "",
        prefix(brokers_path),
    )
    variables = generated | proxy.around(Variables(spec.environment, spec.secrets))
    starter = execution_role(
        unit,
        "ConnectorsExecutionRole",
        images=[spec.image, *extra_images(spec)],
        log_group=logs.camunda,
        secrets=[
            *variables.secret.values(),
            *extra_secrets(spec),
            *target_tls.secrets_of(access.target_tls),
        ],
        keys=keys,
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
    taken = [each.path for each in spec.volumes]
    written = target_tls.scratch_with_files(
        access.target_tls, scratch(security, WRITTEN, taken), taken
    )
    volumes = shared_volumes(spec, written)
    task = unit.add(
        task_definition(
            "ConnectorsTaskDefinition",
            f"{unit.deployment}-oc1-{CONTAINER}",
            _containers(
                spec,
                access,
                log_format,
                security,
                written,
                variables,
                logs.camunda,
                registry,
                proxy,
                client_labels(cluster.service_connect_tls),
            ),
            starter,
            cpu=spec.cpu,
            memory_mib=spec.memory_mib,
            architecture=spec.architecture,
            TaskRoleArn=GetAtt(role, "Arn"),
            **({"Volumes": volumes} if volumes else {}),
        )
    )
    entrance = _entrance(unit, spec, access, network, load_balancers)
    balancer, group = load_balancers.alb_full_name, entrance.alb_targets
    runtime = unit.add(
        service(
            "ConnectorsService",
            cluster,
            network,
            [groups.connectors.id, *spec.security_group_ids],
            task,
            spec.rollout,
            tasks=None if spec.autoscaling else spec.tasks,
            minimum_healthy_percent=50,
            maximum_percent=200,
            execute_command=spec.execute_command,
            restart=spec.restart,
            capacity=spec.capacity_provider_strategy,
            alarms=deployment_alarms(unit, "Connectors", spec.rollout, balancer, group, topic),
            AvailabilityZoneRebalancing="ENABLED",
            LoadBalancers=list(entrance.targets),
            **entrance.first,
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
        alb_targets=entrance.alb_targets,
    )


def _entrance(
    unit: Unit,
    spec: ConnectorsSpec,
    access: AccessSpec,
    network: Network,
    load_balancers: LoadBalancers,
) -> Entrances:
    """Add the target group and its rule, if there is a listener for HTTP."""
    if load_balancers.web_listener_arn is None:
        return Entrances((), ())
    protocol = "HTTPS" if access.target_tls else "HTTP"
    targets = unit.add(
        target_group(
            "ConnectorsTargetGroup",
            network,
            REST,
            protocol,
            scheme=access.scheme,
            check=f"{spec.context_path}{READINESS}",
            check_port=REST,
            check_protocol=protocol,
            sticky=True,
            Tags=Tags(Name=f"{unit.deployment}-oc1-con-tg-{REST}"),
        )
    )
    rule = unit.add(
        listener_rule(
            "ConnectorsListenerRule",
            load_balancers.web_listener_arn,
            patterns(spec.context_path),
            RULE_PRIORITY,
            targets,
        )
    )
    target = ecs.LoadBalancer(
        ContainerName=CONTAINER, ContainerPort=REST, TargetGroupArn=Ref(targets)
    )
    name = unit.export("TargetGroup", GetAtt(targets, "TargetGroupFullName"))
    return Entrances((target,), (str(rule.title),), alb_targets=name)


def _health_check(spec: ConnectorsSpec, *, asked_by_load_balancer: bool) -> dict[str, Any]:
    """Check the same port as the load balancer. With TLS only the load balancer checks it: whether
    the image's wget supports TLS is not documented."""
    if asked_by_load_balancer:
        return {}
    check = ecs.HealthCheck(
        Command=[
            "CMD-SHELL",
            f"wget -qO- http://localhost:{REST}{spec.context_path}{READINESS} || exit 1",
        ],
        Interval=30,
        Timeout=5,
        Retries=3,
        StartPeriod=spec.rollout.health_check_start_seconds,
    )
    return {"HealthCheck": check}


def _containers(
    spec: ConnectorsSpec,
    access: AccessSpec,
    log_format: str,
    security: ContainersSpec,
    written: Mapping[str, str],
    variables: Variables,
    log_group: LogGroup,
    registry: RegistrySpec,
    proxy: Proxy,
    labels: Mapping[str, Any],
) -> list[ecs.ContainerDefinition]:
    tls = access.target_tls
    before = init_containers(CONTAINER, spec, log_group, registry, proxy, security)
    if tls:
        files = target_tls.connectors_files(served=access.http)
        image = spec.image
        before.insert(
            0,
            target_tls.writer(CONTAINER, image, tls, files, spec, security, log_group, registry),
        )
    shared = shared_mounts(spec, written)
    mounts: dict[str, Any] = {"MountPoints": shared} if shared else {}
    runtime = container(
        CONTAINER,
        spec.image,
        variables,
        log_group,
        registry,
        multiline_pattern=line_start(log_format, LINE_START),
        Essential=True,
        StopTimeout=spec.rollout.stop_timeout_seconds,
        **_health_check(spec, asked_by_load_balancer=bool(tls and access.http)),
        PortMappings=[ecs.PortMapping(ContainerPort=REST, Protocol="tcp")],
        **mounts,
        **labels,
        **own_container(security, spec.memory_mib, alone=alone(spec) and not tls),
        logs=routed(spec),
        **after(spec, before),
    )
    return [*before, runtime, *running_containers(CONTAINER, spec, log_group, registry)]
