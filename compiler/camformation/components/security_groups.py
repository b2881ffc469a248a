"""Every security group and every rule, in one place.

Rules are resources of their own, so that groups can name each other; keeping all of them in one
unit keeps services that talk to each other from forming a cycle of stacks.
"""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from troposphere import GetAtt, Tags, ec2

from camformation.components.access_spec import AccessSpec
from camformation.components.network import Network
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Unit, Value

POSTGRESQL = 5432
NFS = 2049
REST = 8080  # of the orchestration cluster; connectors serve everything here
MANAGEMENT = 9600  # health, metrics and cluster changes, without any authentication
GRPC = 26500
INTERNAL = 26502  # brokers among themselves: 26501 takes commands, 26502 gossip and Raft


@frozen
class SecurityGroups:
    """The groups, by who carries them; `None` where nobody does."""

    alb: Value
    nlb: Value
    orchestration: Value
    connectors: Value | None
    database: Value
    file_system: Value
    seed: Value | None
    endpoints: Value | None


def build_security_groups(
    unit: Unit,
    spec: AccessSpec,
    network: Network,
    *,
    connectors: bool,
    seed: bool,
    endpoints: bool,
) -> SecurityGroups:
    """Create the groups and the rules; the flags say who exists in this deployment.

    A flow between two groups is a rule on both sides: out of the source, into the target.
    """

    def group(name: str, tag: str, description: str) -> ec2.SecurityGroup:
        return unit.add(
            ec2.SecurityGroup(
                f"{name}SecurityGroup",
                GroupDescription=description,  # a change would replace the group
                VpcId=network.vpc_id,
                # Without an egress rule EC2 lets everything out; this one leads nowhere (AWS docs,
                # AWS::EC2::SecurityGroup, "Remove the default rule").
                SecurityGroupEgress=[
                    ec2.SecurityGroupRule(
                        IpProtocol="-1", CidrIp="127.0.0.1/32", Description="Nothing else goes out"
                    )
                ],
                Tags=Tags(Name=f"{unit.deployment}-{tag}"),
            )
        )

    alb = group("Alb", "alb", "HTTP load balancer of Camunda")
    nlb = group("Nlb", "nlb", "gRPC load balancer of Camunda")
    brokers = group("Orchestration", "orchestration", "Tasks of the orchestration cluster")
    runtime = group("Connectors", "connectors", "Tasks of connectors") if connectors else None
    database = group("Database", "database", "Aurora cluster of Camunda")
    file_system = group("FileSystem", "efs", "EFS mount targets of the orchestration cluster")
    seeder = group("Seed", "seed", "Task that prepares the database") if seed else None
    private = group("Endpoints", "endpoints", "Interface VPC endpoints") if endpoints else None

    rules = _Rules(unit)
    web = [80, 443] if spec.tls else [80]
    public = [*web, MANAGEMENT] if spec.management_port == "public" else web
    for field, peers in (
        ("allowed_cidrs", spec.allowed_cidrs),
        ("allowed_prefix_list_ids", spec.allowed_prefix_list_ids),
    ):
        allowed: Path = ("access", field)
        for peer in dict.fromkeys(peers):
            rules.enter(alb, _peer(peer), peer, public, "Clients over HTTP", allowed)
            rules.enter(nlb, _peer(peer), peer, [GRPC], "Clients over gRPC", allowed)
    if spec.management_port == "vpc":
        section: Path = ("access", "management_port")
        rules.enter(alb, "Vpc", network.cidr, [MANAGEMENT], "Management from the VPC", section)
    if spec.vpc_clients:
        section = ("access", "vpc_clients")
        rules.enter(brokers, "Vpc", network.cidr, [REST, GRPC], "Clients in the VPC", section)

    rules.flow(alb, brokers, REST, "REST and web applications")
    rules.flow(alb, brokers, MANAGEMENT, "Health checks and management")
    rules.flow(nlb, brokers, GRPC, "gRPC")
    rules.flow(nlb, brokers, MANAGEMENT, "Health checks")
    # A task that is run once to manage the cluster carries the brokers' group as well.
    rules.flow(brokers, brokers, REST, "REST")
    rules.flow(brokers, brokers, MANAGEMENT, "Management")
    rules.flow(brokers, brokers, GRPC, "gRPC, commands, gossip and Raft", INTERNAL)
    rules.flow(brokers, database, POSTGRESQL, "Secondary storage")
    rules.flow(brokers, file_system, NFS, "Broker data")
    tasks = [brokers]
    if runtime:
        tasks.append(runtime)
        rules.flow(alb, runtime, REST, "Inbound connectors and health checks")
        rules.flow(runtime, brokers, REST, "REST")
        rules.flow(runtime, brokers, GRPC, "gRPC")
    if seeder:
        tasks.append(seeder)
        rules.flow(seeder, database, POSTGRESQL, "Database users")
    for task in tasks:
        rules.leave(task, "Internet", "0.0.0.0/0", [80, 443], "Images, AWS APIs, called services")
        if private:  # the way out on 443 is open already
            rules.into(task, private, 443, "AWS APIs")

    return SecurityGroups(
        alb=_id(unit, alb),
        nlb=_id(unit, nlb),
        orchestration=_id(unit, brokers),
        connectors=_id(unit, runtime) if runtime else None,
        database=_id(unit, database),
        file_system=_id(unit, file_system),
        seed=_id(unit, seeder) if seeder else None,
        endpoints=_id(unit, private) if private else None,
    )


@frozen
class _Rules:
    """Adds rules, and names each by what it connects, so that no list's order is part of a name."""

    unit: Unit

    def flow(
        self,
        source: ec2.SecurityGroup,
        target: ec2.SecurityGroup,
        port: int,
        description: str,
        last_port: int | None = None,
    ) -> None:
        self.into(source, target, port, description, last_port)
        self.unit.add(
            ec2.SecurityGroupEgress(
                f"{_name(source)}To{_name(target)}Port{port}",
                GroupId=_group_id(source),
                DestinationSecurityGroupId=_group_id(target),
                **_tcp(port, description, last_port),
            )
        )

    def into(
        self,
        source: ec2.SecurityGroup,
        target: ec2.SecurityGroup,
        port: int,
        description: str,
        last_port: int | None = None,
    ) -> None:
        self.unit.add(
            ec2.SecurityGroupIngress(
                f"{_name(target)}From{_name(source)}Port{port}",
                GroupId=_group_id(target),
                SourceSecurityGroupId=_group_id(source),
                **_tcp(port, description, last_port),
            )
        )

    def enter(
        self,
        target: ec2.SecurityGroup,
        peer: str,
        network: str,
        ports: Iterable[int],
        description: str,
        section: Path,
    ) -> None:
        for port in ports:
            self.unit.add(
                ec2.SecurityGroupIngress(
                    f"{_name(target)}From{peer}Port{port}",
                    GroupId=_group_id(target),
                    **_source(network),
                    **_tcp(port, description),
                ),
                section=section,
            )

    def leave(
        self,
        source: ec2.SecurityGroup,
        peer: str,
        cidr: str,
        ports: Iterable[int],
        description: str,
    ) -> None:
        for port in ports:
            self.unit.add(
                ec2.SecurityGroupEgress(
                    f"{_name(source)}To{peer}Port{port}",
                    GroupId=_group_id(source),
                    **_cidr(cidr),
                    **_tcp(port, description),
                )
            )


def _tcp(port: int, description: str, last_port: int | None = None) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": last_port or port,
        "Description": description,
    }


def _source(network: str) -> dict[str, Any]:
    if network.startswith("pl-"):
        return {"SourcePrefixListId": network}
    return _cidr(network)


def _cidr(cidr: str) -> dict[str, Any]:
    return {"CidrIpv6" if ":" in cidr else "CidrIp": cidr}


def _peer(network: str) -> str:
    """Return a name for a network: its parameter's where it is left open, else of its digest."""
    kind = "PrefixList" if network.startswith("pl-") else "Cidr"
    if isinstance(network, Open):
        return f"{kind}{network.parameter}"
    return f"{kind}{crc32(network.encode()):08x}"


def _name(group: ec2.SecurityGroup) -> str:
    return str(group.title).removesuffix("SecurityGroup")


def _group_id(group: ec2.SecurityGroup) -> GetAtt:
    return GetAtt(group, "GroupId")


def _id(unit: Unit, group: ec2.SecurityGroup) -> Value:
    return unit.export(f"{group.title}Id", _group_id(group))
