"""The rules of security groups, one resource each, so that groups can name each other."""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from troposphere import AWSObject, GetAtt, ec2

from camformation.components.database_spec import ExistingDatabaseSpec
from camformation.components.outbound import Flow
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.specs import Open
from camformation.units import Ready, Unit, Value


@frozen
class SecurityGroup:
    """A group, and the rules that must exist before its members connect."""

    id: Value
    rules: Ready  # every rule for connections from or to another group


@frozen
class Rules:
    """Adds rules, each named by its two ends, so that names do not depend on list order."""

    unit: Unit
    added: dict[str, list[AWSObject]]  # of each group, by its logical ID

    def of(self, group: ec2.SecurityGroup) -> SecurityGroup:
        """Return a group's exports, once all its rules exist."""
        rules = self.added.get(str(group.title), ())
        return SecurityGroup(
            id=self.unit.export(f"{group.title}Id", _group_id(group)),
            rules=self.unit.ready(*rules),
        )

    def _add(self, rule: AWSObject, *groups: ec2.SecurityGroup, section: Path = ()) -> None:
        self.unit.add(rule, section=section)
        for group in groups:
            self.added.setdefault(str(group.title), []).append(rule)

    def flow(
        self,
        source: ec2.SecurityGroup,
        target: ec2.SecurityGroup,
        port: int,
        description: str,
        last_port: int | None = None,
    ) -> None:
        """Allow the source to connect to the target, with a rule on both sides."""
        self.into(source, target, port, description, last_port)
        self._add(
            ec2.SecurityGroupEgress(
                f"{_name(source)}To{_name(target)}Port{port}",
                GroupId=_group_id(source),
                DestinationSecurityGroupId=_group_id(target),
                **_tcp(port, description, last_port),
            ),
            source,
            target,
        )

    def into(
        self,
        source: ec2.SecurityGroup,
        target: ec2.SecurityGroup,
        port: int,
        description: str,
        last_port: int | None = None,
    ) -> None:
        """Allow the source into the target; the outbound rule already exists."""
        self._add(
            ec2.SecurityGroupIngress(
                f"{_name(target)}From{_name(source)}Port{port}",
                GroupId=_group_id(target),
                SourceSecurityGroupId=_group_id(source),
                **_tcp(port, description, last_port),
            ),
            source,
            target,
        )

    def to_existing(
        self,
        source: ec2.SecurityGroup,
        name: str,
        group_id: Value,
        port: int,
        description: str,
        section: Path,
    ) -> None:
        """Allow the source to connect to a group that is managed elsewhere, with a rule on both
        sides."""
        self._add(
            ec2.SecurityGroupIngress(
                f"{name}From{_name(source)}Port{port}",
                GroupId=group_id,
                SourceSecurityGroupId=_group_id(source),
                **_tcp(port, description),
            ),
            source,
            section=section,
        )
        self._add(
            ec2.SecurityGroupEgress(
                f"{_name(source)}To{name}Port{port}",
                GroupId=_group_id(source),
                DestinationSecurityGroupId=group_id,
                **_tcp(port, description),
            ),
            source,
            section=section,
        )

    def enter(
        self,
        target: ec2.SecurityGroup,
        peer: str,
        network: Value,
        ports: Iterable[int],
        description: str,
        section: Path,
    ) -> None:
        """Allow a network, or a prefix list, into the target."""
        for port in ports:
            self._add(
                ec2.SecurityGroupIngress(
                    f"{_name(target)}From{peer}Port{port}",
                    GroupId=_group_id(target),
                    **_source(network),
                    **_tcp(port, description),
                ),
                target,
                section=section,
            )

    def reach(
        self, source: ec2.SecurityGroup, database: ExistingDatabaseSpec, description: str
    ) -> None:
        """Allow the source to connect to an existing database, with a rule in the database's
        group."""
        section: Path = ("database", "existing")
        ends = _tcp(database.port, description)

        def out(peer: str, **to: Any) -> None:
            rule = ec2.SecurityGroupEgress(
                f"{_name(source)}ToDatabase{peer}", GroupId=_group_id(source), **to, **ends
            )
            self._add(rule, source, section=section)

        if group := database.security_group_id:
            out("Group", DestinationSecurityGroupId=group)
            entry = ec2.SecurityGroupIngress(
                f"DatabaseGroupFrom{_name(source)}",
                GroupId=group,
                SourceSecurityGroupId=_group_id(source),
                **ends,
            )
            self._add(entry, source, section=section)
        for cidr in sorted(dict.fromkeys(database.cidrs), key=peer_name):
            out(peer_name(cidr), **_cidr(cidr))

    def leave(
        self,
        source: ec2.SecurityGroup,
        peer: str,
        cidr: str,
        ports: Iterable[int],
        description: str,
    ) -> None:
        """Allow the source to connect to an outside network."""
        for port in ports:
            self._add(
                ec2.SecurityGroupEgress(
                    f"{_name(source)}To{peer}Port{port}",
                    GroupId=_group_id(source),
                    **_cidr(cidr),
                    **_tcp(port, description),
                ),
                source,
            )

    def let_out(self, source: ec2.SecurityGroup, flow: Flow) -> None:
        """Allow the source to connect to a destination of the spec."""
        every = flow.protocol == "all"
        ports: dict[str, Any] = {} if every else {"FromPort": flow.first, "ToPort": flow.last}
        self._add(
            ec2.SecurityGroupEgress(
                f"{_name(source)}To{flow.title}",
                GroupId=_group_id(source),
                **flow.destination,
                IpProtocol="-1" if every else flow.protocol,
                **ports,
                Description=flow.description,
            ),
            source,
            section=flow.section,
        )


def _tcp(port: int, description: str, last_port: int | None = None) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": last_port or port,
        "Description": description,
    }


def _source(network: Value) -> dict[str, Any]:
    if isinstance(network, str) and network.startswith("pl-"):
        return {"SourcePrefixListId": network}
    return _cidr(network)


def _cidr(cidr: Value) -> dict[str, Any]:
    """Return the property for a block; only an IPv6 one is unknown until Amazon provides it."""
    return {"CidrIp" if isinstance(cidr, str) and ":" not in cidr else "CidrIpv6": cidr}


def peer_name(network: str) -> str:
    """Return a name for a network: its parameter's name if left open, otherwise from its digest."""
    kind = "PrefixList" if network.startswith("pl-") else "Cidr"
    if isinstance(network, Open):
        return f"{kind}{network.parameter}"
    return f"{kind}{crc32(network.encode()):08x}"


def _name(group: ec2.SecurityGroup) -> str:
    return str(group.title).removesuffix("SecurityGroup")


def _group_id(group: ec2.SecurityGroup) -> GetAtt:
    return GetAtt(group, "GroupId")
