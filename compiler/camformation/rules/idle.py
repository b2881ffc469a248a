"""Rules for what lies in another VPC, and for fields that another field makes idle."""

from collections.abc import Iterator

from camformation.components.s3_prefix_lists import by_routes
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.registry import Violation, rule


@rule("CAM217", "Resource of an existing VPC in a new one", Severity.WARNING)
def another_vpc(d: Deployment) -> Iterator[Violation]:
    """Without `network.existing`, the first deployment creates the VPC, so existing resources are
    in another VPC. EC2 refuses to attach a security group of another VPC, and to refer to one in a
    rule unless the VPCs are peered; tasks cannot mount a file system whose mount targets are in
    another VPC. Such a first deployment fails.

    Set `network.existing` to the VPC. If the resource was made later, in the VPC of a live
    deployment, ignore the rule.

    Source: Amazon VPC User Guide, Security groups, and VPC Peering Guide, Update your security
    groups to reference peer security groups; Amazon EFS User Guide, Managing mount targets.
    """
    if d.network.existing:
        return
    for path, group in _groups(d):
        yield _elsewhere(path, f"{group} exists, so it is not in the VPC that is created")
    for index, each in enumerate(d.network.egress.destinations):
        if each.security_group_id:
            yield _elsewhere(
                ("network", "egress", "destinations", index, "security_group_id"),
                f"{each.security_group_id} exists, so it is not in the VPC that is created",
            )
    if found := d.storage.efs.existing:
        yield _elsewhere(
            ("storage", "efs", "existing"),
            f"{found.file_system_id} has no mount target in the VPC that is created",
        )


def _groups(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield every security group that exists, and its path."""
    lists: list[tuple[Path, tuple[str, ...]]] = [
        (("access", "alb_security_group_ids"), d.access.alb_security_group_ids),
        (("access", "nlb_security_group_ids"), d.access.nlb_security_group_ids),
        (("orchestration", "security_group_ids"), d.orchestration.security_group_ids),
        (("connectors", "security_group_ids"), d.connectors.security_group_ids),
        (("database", "security_group_ids"), d.database.security_group_ids),
        (("storage", "efs", "security_group_ids"), d.storage.efs.security_group_ids),
    ]
    for path, groups in lists:
        yield from (((*path, index), each) for index, each in enumerate(groups))
    if d.database.existing and (group := d.database.existing.security_group_id):
        yield ("database", "existing", "security_group_id"), group
    for section, rules in (
        ("orchestration", d.orchestration.egress),
        ("connectors", d.connectors.egress),
    ):
        for index, rule_ in enumerate(rules):
            if rule_.security_group_id:
                yield (section, "egress", index, "security_group_id"), rule_.security_group_id


def _elsewhere(path: Path, message: str) -> Violation:
    return Violation(path, message, "set network.existing to the VPC that it is in")


@rule("CAM218", "Field without effect", Severity.WARNING)
def idle(d: Deployment) -> Iterator[Violation]:
    """Some fields have an effect only with, or without, another one. For example, automatic scaling
    decides how many connectors run, regardless of `connectors.tasks`, and for an existing VPC,
    cluster or database, its owner decides what the fields of a new one would set. Such a setting is
    a mistake, or does not do what its author wants.

    The rule checks values in the spec itself that differ from the default, not those from a profile
    or a spec that it extends.

    Source: the descriptions of these fields.
    """
    for because, fields in _idle(d):
        for field in fields:
            name = field.rpartition(".")[2]
            path: Path = tuple(field.split("."))
            yield Violation(path, f"{name} has no effect: {because}", "remove it", written=True)


def _idle(d: Deployment) -> Iterator[tuple[str, list[str]]]:
    """Yield fields that have no effect, and why."""
    database, access = d.database, d.access
    if d.network.existing:
        names: tuple[str, ...] = (
            *("cidr", "ipv6", "availability_zones", "nat_gateways", "vpc_endpoints"),
            *("endpoint_policies", "separate_subnets"),
        )
        yield "the VPC exists", [f"network.{name}" for name in names]
        if not (access.http or access.grpc):
            yield (
                "there are no load balancers",
                ["network.existing.load_balancer_subnet_ids", "network.existing.public_subnet_ids"],
            )
    if not access.http:
        yield "there is no HTTP load balancer", ["access.alb_security_group_ids"]
        for section, rollout in (
            ("orchestration", d.orchestration.rollout),
            ("connectors", d.connectors.rollout),
        ):
            if rollout.alarms and not rollout.alarms.names:
                yield "there is no HTTP load balancer", [f"{section}.rollout.alarms"]
    for section, rollout in (
        ("orchestration", d.orchestration.rollout),
        ("connectors", d.connectors.rollout),
    ):
        if not rollout.circuit_breaker:
            yield "the circuit breaker is off", [f"{section}.rollout.circuit_breaker_threshold"]
            if not rollout.alarms:
                yield "nothing ends a rollout", [f"{section}.rollout.rollback"]
    if d.aws_backup and d.aws_backup.lock and d.aws_backup.lock.mode == "governance":
        field = "aws_backup.lock.changeable_for_days"
        yield "a lock in governance mode can always be changed", [field]
    if not access.grpc:
        yield "there is no gRPC load balancer", ["access.nlb_security_group_ids"]
    if by_routes(d.network, d.region).default == "open":
        yield "ports 80 and 443 of every address are open", ["network.egress.s3_prefix_list_id"]
    if not d.observability.alarms:
        yield "without observability.alarms nobody is told", ["secrets.reminder_days"]
    if d.cluster.existing:
        yield "the ECS cluster exists", ["cluster.container_insights"]
    if not d.connectors.enabled and not access.vpc_clients:
        yield "nothing uses Service Connect", ["cluster.service_connect_tls"]
    if access.target_tls and access.http:
        start = "connectors.rollout.health_check_start_seconds"
        yield "with access.target_tls the load balancer checks connectors", [start]
    if d.connectors.autoscaling:
        yield "connectors.autoscaling decides how many run", ["connectors.tasks"]
    if database.existing:
        cluster = (
            *("engine_version", "instance_class", "instances", "backup_retention_days"),
            *("deletion_protection", "auto_minor_version_upgrade", "ca_certificate", "on_delete"),
        )
        yield "the database exists", [f"database.{name}" for name in cluster]
    elif database.serverless:
        yield "database.serverless decides the capacity", ["database.instance_class"]
    if database.seed == "none":
        yield "there is no seed", ["database.seed_image"]
    oidc = d.authentication.mode == "oidc"
    if d.version == "8.9":
        field = "authentication.oidc.cluster_admin" if oidc else "authentication.cluster_admin"
        yield "Camunda 8.9 has no cluster administrator", [field]
    elif oidc:
        yield (
            "authentication.oidc.cluster_admin is read with `mode: oidc`",
            ["authentication.cluster_admin"],
        )
    if d.storage.efs.throughput_mode != "provisioned":
        yield "the throughput is not provisioned", ["storage.efs.provisioned_throughput_mibps"]
