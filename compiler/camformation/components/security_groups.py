"""All security groups and their rules.

Rules are separate resources, so that groups can name each other; keeping all of them in one unit
avoids cycles of stacks between services that talk to each other.
"""

from troposphere import Tags, ec2

from camformation.components.access_spec import AccessSpec
from camformation.components.database_spec import ExistingDatabaseSpec
from camformation.components.file_system import open_way_to
from camformation.components.network import Network
from camformation.components.outbound import Flow, Outbound
from camformation.components.ports import (
    GRPC,
    GRPC_PROXY,
    INTERNAL,
    MANAGEMENT,
    NFS,
    POSTGRESQL,
    REST,
    REST_PROXY,
    WEB,
    WEB_TLS,
)
from camformation.components.s3_prefix_lists import MAPPING, S3_PREFIX_LISTS
from camformation.components.security_group_rules import Rules, SecurityGroup, peer_name
from camformation.components.storage_spec import ExistingFileSystemSpec
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.units import Unit

EVERYWHERE = Outbound()


@frozen
class SecurityGroups:
    """The groups, by their members; `None` for a group without members."""

    alb: SecurityGroup | None
    nlb: SecurityGroup | None
    orchestration: SecurityGroup
    connectors: SecurityGroup | None
    database: SecurityGroup | None
    file_system: SecurityGroup | None
    seed: SecurityGroup | None
    endpoints: SecurityGroup | None
    ops: SecurityGroup | None = None


def build_security_groups(
    unit: Unit,
    spec: AccessSpec,
    network: Network,
    *,
    connectors: bool,
    seed: bool,
    endpoints: bool,
    ops: bool = False,
    connect_tls: bool = False,
    outbound: Outbound = EVERYWHERE,
    existing_database: ExistingDatabaseSpec | None = None,
    existing_file_system: ExistingFileSystemSpec | None = None,
) -> SecurityGroups:
    """Create the groups and the rules; the flags tell which members exist in this deployment.

    A flow between two groups is a rule on both sides: out of the source, into the target.
    """

    def group(name: str, tag: str, description: str) -> ec2.SecurityGroup:
        return unit.add(
            ec2.SecurityGroup(
                f"{name}SecurityGroup",
                GroupDescription=description,  # a change would replace the group
                VpcId=network.vpc_id,
                # Without an egress rule EC2 allows everything out; this one has no real
                # destination (AWS docs, AWS::EC2::SecurityGroup, "Remove the default rule").
                SecurityGroupEgress=[
                    ec2.SecurityGroupRule(
                        IpProtocol="-1", CidrIp="127.0.0.1/32", Description="Nothing else goes out"
                    )
                ],
                Tags=Tags(Name=f"{unit.deployment}-{tag}"),
            )
        )

    alb = group("Alb", "alb", "HTTP load balancer of Camunda") if spec.http else None
    nlb = group("Nlb", "nlb", "gRPC load balancer of Camunda") if spec.grpc else None
    brokers = group("Orchestration", "orchestration", "Tasks of the orchestration cluster")
    runtime = group("Connectors", "connectors", "Tasks of connectors") if connectors else None
    database = (
        None if existing_database else group("Database", "database", "Aurora cluster of Camunda")
    )
    file_system = (
        None
        if existing_file_system
        else group("FileSystem", "efs", "EFS mount targets of the orchestration cluster")
    )
    seeder = group("Seed", "seed", "Task that prepares the database") if seed else None
    operator = group("Ops", "ops", "Task that manages the brokers") if ops else None
    private = group("Endpoints", "endpoints", "Interface VPC endpoints") if endpoints else None

    rules = Rules(unit, {})
    if outbound.by_region:
        unit.mappings[MAPPING] = {name: {"Id": each} for name, each in S3_PREFIX_LISTS.items()}
    web = [WEB, WEB_TLS] if spec.tls else [WEB]
    public = [*web, MANAGEMENT] if spec.management_port == "public" else web
    for field, peers in (
        ("allowed_cidrs", spec.allowed_cidrs),
        ("allowed_prefix_list_ids", spec.allowed_prefix_list_ids),
    ):
        allowed: Path = ("access", field)
        # Sorted, so that the same networks in another order are the same template.
        for peer in sorted(dict.fromkeys(peers), key=peer_name):
            if alb:
                rules.enter(alb, peer_name(peer), peer, public, "Clients over HTTP", allowed)
            if nlb:
                rules.enter(nlb, peer_name(peer), peer, [GRPC], "Clients over gRPC", allowed)
    if alb and spec.management_port == "vpc":
        section: Path = ("access", "management_port")
        said = "Management from the VPC"
        rules.enter(alb, "Vpc", network.cidr, [MANAGEMENT], said, section)
        if network.ipv6_cidr and spec.ip_address_type == "dualstack":
            rules.enter(alb, "VpcIpv6", network.ipv6_cidr, [MANAGEMENT], said, section)
    if spec.vpc_clients:
        section = ("access", "vpc_clients")
        reached = [REST, GRPC, *((REST_PROXY, GRPC_PROXY) if connect_tls else ())]
        rules.enter(brokers, "Vpc", network.cidr, reached, "Clients in the VPC", section)

    if alb:
        rules.flow(alb, brokers, REST, "REST and web applications")
        rules.flow(alb, brokers, MANAGEMENT, "Health checks and management")
    if nlb:
        rules.flow(nlb, brokers, GRPC, "gRPC")
        rules.flow(nlb, brokers, MANAGEMENT, "Health checks")
    # A task that is run once to manage the cluster carries the brokers' group as well.
    rules.flow(brokers, brokers, REST, "REST")
    rules.flow(brokers, brokers, MANAGEMENT, "Management")
    rules.flow(brokers, brokers, GRPC, "gRPC, commands, gossip and Raft", INTERNAL)
    if existing_database:
        rules.reach(brokers, existing_database, "Secondary storage")
    if database:
        rules.flow(brokers, database, POSTGRESQL, "Secondary storage")
    if file_system:
        rules.flow(brokers, file_system, NFS, "Broker data")
    elif existing_file_system:
        open_way_to(rules, brokers, existing_file_system)
    tasks: list[tuple[ec2.SecurityGroup, tuple[Flow, ...]]] = [(brokers, outbound.orchestration)]
    if runtime:
        tasks.append((runtime, outbound.connectors))
        if alb:
            rules.flow(alb, runtime, REST, "Inbound connectors and health checks")
        rest, grpc = (REST_PROXY, GRPC_PROXY) if connect_tls else (REST, GRPC)
        rules.flow(runtime, brokers, rest, "REST")
        rules.flow(runtime, brokers, grpc, "gRPC")
    if seeder:
        tasks.append((seeder, outbound.seed))
        if existing_database:
            rules.reach(seeder, existing_database, "Database users")
        if database:
            rules.flow(seeder, database, POSTGRESQL, "Database users")
    if operator:
        tasks.append((operator, outbound.ops))
        rules.flow(operator, brokers, MANAGEMENT, "Management")
    for task, flows in tasks:
        if outbound.open and task is operator:
            rules.leave(task, "Internet", "0.0.0.0/0", [WEB_TLS], "Image, AWS APIs")
        elif outbound.open:
            rules.leave(
                task, "Internet", "0.0.0.0/0", [WEB, WEB_TLS], "Images, AWS APIs, called services"
            )
        for flow in flows:
            rules.let_out(task, flow)
        if private and outbound.open:  # the way out on WEB_TLS is open already
            rules.into(task, private, WEB_TLS, "AWS APIs")
        elif private:
            rules.flow(task, private, WEB_TLS, "AWS APIs")

    return SecurityGroups(
        alb=rules.of(alb) if alb else None,
        nlb=rules.of(nlb) if nlb else None,
        orchestration=rules.of(brokers),
        connectors=rules.of(runtime) if runtime else None,
        database=rules.of(database) if database else None,
        file_system=rules.of(file_system) if file_system else None,
        seed=rules.of(seeder) if seeder else None,
        ops=rules.of(operator) if operator else None,
        endpoints=rules.of(private) if private else None,
    )
