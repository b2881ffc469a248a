"""The checks of controls that need more than one property. Each yields what fails, and where."""

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, cast

from camformation.audit.applications import APPLICATION_CHECKS
from camformation.audit.matrix import EVERYWHERE, Flow, matrix, placed_flows, unexplained
from camformation.audit.permissions import PERMISSION_CHECKS, Check, Failure
from camformation.audit.values import Template, allows, known, named
from camformation.audit.values import statements as statements_of
from camformation.audit.watching import WATCHING_CHECKS
from camformation.diagnostics import Path
from camformation.shapes import entries, mapping, mappings, resources

Block = IPv4Network | IPv6Network
MANAGEMENT = 9600
ASKS_FOR_TLS = {
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL": "sslmode=verify-",
    "PGSSLMODE": "verify-",
}
"""Settings with which clients of the database verify its certificate."""
FORCED_FROM = 17
ADMINISTRATION = (22, 3389)
FROM_2021 = re.compile(r"^ELBSecurityPolicy-(TLS13-1-[23]|FS-1-2|TLS-1-2)")
"""Predefined policies whose oldest protocol is TLS 1.2 (ELB, Security policies)."""


def encrypting_listeners(template: Template, kind: str) -> Iterator[Failure]:
    """Yield listeners that forward without TLS."""
    for name, listener in resources(template, kind):
        actions = mappings(listener.get("DefaultActions"))
        redirects = actions and all(
            mapping(each.get("RedirectConfig")).get("Protocol") == "HTTPS" for each in actions
        )
        if listener.get("Protocol") not in ("HTTPS", "TLS") and not redirects:
            yield name, ("Properties", "Protocol"), f"{listener.get('Protocol')} without redirect"


def tls_policies(template: Template, kind: str) -> Iterator[Failure]:
    """Yield encrypting listeners that accept TLS 1.1 or older."""
    for name, listener in resources(template, kind):
        policy = str(listener.get("SslPolicy", "the default policy"))
        if listener.get("Protocol") in ("HTTPS", "TLS") and not FROM_2021.match(policy):
            yield name, ("Properties", "SslPolicy"), policy


def web_acl(template: Template, kind: str) -> Iterator[Failure]:
    """Yield HTTP load balancers without a web ACL."""
    types = "AWS::WAFv2::WebACLAssociation"
    covered = {named(each.get("ResourceArn")) for _, each in resources(template, types)}
    for name, balancer in resources(template, kind):
        if balancer.get("Type") == "application" and name not in covered:
            yield name, (), "no web ACL"


def default_group(template: Template, kind: str) -> Iterator[Failure]:
    """Yield VPCs, whose default group has rules that no template can remove."""
    for name, _ in resources(template, kind):
        yield name, (), "EC2 gives its default group rules, and CloudFormation cannot remove them"


def open_to_all(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that accept traffic from any address, one by one or together."""
    for flow, place in _everywhere(template, "in"):
        yield flow.logical_id, place, f"{_other(flow)} on port {flow.ports}"


def _everywhere(template: Template, way: str) -> Iterator[tuple[Flow, Path]]:
    """Yield flows from or to any address, whether by one rule or by several that together cover
    it.
    """
    together: dict[tuple[str | int, ...], list[tuple[tuple[Flow, Path], Block]]] = {}
    for flow, place in placed_flows(template):
        group, other = (flow.target, flow.source) if way == "in" else (flow.source, flow.target)
        if flow.way == way and (block := _block(other)):
            key = (group, flow.protocol, flow.first, flow.last, block.version)
            together.setdefault(key, []).append(((flow, _cidr(other, place)), block))
    for found in together.values():
        whole = [flow for flow, block in found if block.prefixlen == 0]
        blocks = cast(list[IPv4Network], [block for _, block in found])  # of one version
        if whole or next(collapse_addresses(blocks)).prefixlen == 0:
            parts = [any(each != b and each.subnet_of(b) for b in blocks) for each in blocks]
            yield from whole or (
                flow for (flow, _), part in zip(found, parts, strict=True) if not part
            )


def _block(other: str) -> Block | None:
    try:
        return ip_network(other)
    except ValueError:
        return None  # a group, a prefix list or a parameter


def _other(flow: Flow) -> str:
    other = flow.source if flow.way == "in" else flow.target
    return other if other in EVERYWHERE else f"{other} (with others, every address)"


def admin_ports(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that open SSH or RDP."""
    for flow, place in placed_flows(template):
        for port in ADMINISTRATION:
            if flow.way == "in" and flow.first <= port <= flow.last:
                yield flow.logical_id, _cidr(flow.source, place), f"port {port} from {flow.source}"


def management_port(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that open the management port to anyone but tasks and load balancers."""
    groups = {name for name, _ in resources(template, kind)}
    for flow, place in placed_flows(template):
        reached = flow.first <= MANAGEMENT <= flow.last
        if flow.way == "in" and reached and flow.source not in groups:
            where = _cidr(flow.source, place)
            yield flow.logical_id, where, f"port {MANAGEMENT} from {flow.source}"


def _cidr(source: str, rule: Path) -> Path:
    """Return the path of a rule's block; of another source, and of no rule at all, its own."""
    if not _block(source) or rule[1:] == ("SecurityGroupEgress",):
        return rule
    return (*rule, "CidrIpv6" if ":" in source else "CidrIp")


def explained_flows(template: Template, kind: str) -> Iterator[Failure]:
    """Yield flows that only one side allows, and unused groups."""
    for words in unexplained(matrix(template)):
        name, _, problem = words.partition(": ")
        yield name, (), problem


def plain_egress(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that let tasks reach any address without TLS."""
    for flow, place in _everywhere(template, "out"):
        if (flow.first, flow.last) != (443,) * 2:
            yield flow.logical_id, place, f"port {flow.ports} to {_other(flow)}"


def all_egress(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that allow all outgoing traffic."""
    for flow, place in _everywhere(template, "out"):
        if flow.ports == "all":
            yield flow.logical_id, place, f"everything to {_other(flow)}"


def kept_data(template: Template, kind: str) -> Iterator[Failure]:
    """Yield resources that CloudFormation deletes with their data."""
    for name, resource in template["Resources"].items():
        policies = {str(resource.get(key)) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        if resource["Type"] != kind or _encrypts_messages(template, name):
            continue
        if not policies <= {"Retain", "RetainExceptOnCreate", "Snapshot"}:
            yield name, ("DeletionPolicy",), str(resource.get("DeletionPolicy", "Delete"))


def _encrypts_messages(template: Template, key: str) -> bool:
    """Whether a key is used only by topics, which store nothing."""
    users = {
        each["Type"]
        for name, each in template["Resources"].items()
        if name != key and f'"{key}"' in json.dumps(each.get("Properties"))
    }
    return users == {"AWS::SNS::Topic"}


def two_instances(template: Template, kind: str) -> Iterator[Failure]:
    """Yield database clusters with fewer than two instances."""
    members = [
        named(each.get("DBClusterIdentifier"))
        for _, each in resources(template, "AWS::RDS::DBInstance")
    ]
    for name, _ in resources(template, kind):
        if members.count(name) < 2:
            yield name, (), f"{members.count(name)} instance"


def forced_tls(template: Template, kind: str) -> Iterator[Failure]:
    """Yield clusters that accept connections without TLS. The default refuses them from version 17
    on (Aurora User Guide, Securing Aurora PostgreSQL data with SSL/TLS)."""
    groups = dict(resources(template, "AWS::RDS::DBClusterParameterGroup"))
    for name, properties in resources(template, kind):
        group = groups.get(named(properties.get("DBClusterParameterGroupName")), {})
        forced = known(template, mapping(group.get("Parameters")).get("rds.force_ssl"))
        major = str(known(template, properties.get("EngineVersion"))).partition(".")[0]
        if forced is None and major.isdecimal() and int(major) >= FORCED_FROM:
            continue
        if str(forced) != "1":
            yield name, ("Properties", "DBClusterParameterGroupName"), f"rds.force_ssl: {forced}"


def verified_database(template: Template, kind: str) -> Iterator[Failure]:
    """Yield tasks that connect to the database without verifying its certificate."""
    for name, task in resources(template, kind):
        for number, container in entries(task.get("ContainerDefinitions")):
            for index, variable in entries(container.get("Environment")):
                asked = ASKS_FOR_TLS.get(str(variable.get("Name")))
                if asked and asked not in json.dumps(variable.get("Value")):
                    path = ("Properties", "ContainerDefinitions", number, "Environment", index)
                    yield name, path, f"{container.get('Name')} does not verify the certificate"


def database_recovery_points(template: Template, kind: str) -> Iterator[Failure]:
    """Yield clusters that no plan of AWS Backup selects."""
    for name, _ in resources(template, kind):
        if not _selected(template, name):
            yield name, (), "no plan of AWS Backup selects it"


def file_system_backups(template: Template, kind: str) -> Iterator[Failure]:
    """Yield file systems without backups of their own, and in no plan of AWS Backup."""
    for name, properties in resources(template, kind):
        status = mapping(properties.get("BackupPolicy")).get("Status")
        if status != "ENABLED" and not _selected(template, name):
            yield name, ("Properties", "BackupPolicy", "Status"), f"BackupPolicy.Status is {status}"


def _selected(template: Template, name: str) -> bool:
    """Whether a selection of AWS Backup names a resource, by its attribute or in its ARN."""
    selections = resources(template, "AWS::Backup::BackupSelection")
    return any(f'"{name}"' in json.dumps(each.get("BackupSelection")) for _, each in selections)


def _refuses_plain(document: Any) -> bool:
    return any(
        not allows(each)
        and str(
            mapping(mapping(each.get("Condition")).get("Bool")).get("aws:SecureTransport")
        ).lower()
        == "false"
        for _, each in statements_of(document)
    )


def tls_policy_efs(template: Template, kind: str) -> Iterator[Failure]:
    """Yield file systems that can be mounted without TLS."""
    for name, properties in resources(template, kind):
        if not _refuses_plain(properties.get("FileSystemPolicy")):
            yield name, ("Properties", "FileSystemPolicy"), "requests without TLS are possible"


def tls_policy_s3(template: Template, kind: str) -> Iterator[Failure]:
    """Yield buckets that answer without TLS."""
    safe = {
        named(each.get("Bucket"))
        for _, each in resources(template, "AWS::S3::BucketPolicy")
        if _refuses_plain(each.get("PolicyDocument"))
    }
    for name, _ in resources(template, kind):
        if name not in safe:
            yield name, (), "requests without TLS are possible"


def efs_volumes(template: Template, kind: str) -> Iterator[Failure]:
    """Yield EFS volumes without TLS or without IAM."""
    for name, task in resources(template, kind):
        for index, volume in entries(task.get("Volumes")):
            efs = mapping(volume.get("EFSVolumeConfiguration"))
            if volume.get("EFSVolumeConfiguration") is not None and (
                efs.get("TransitEncryption") != "ENABLED"
                or mapping(efs.get("AuthorizationConfig")).get("IAM") != "ENABLED"
            ):
                yield name, ("Properties", "Volumes", index), "without TLS or without IAM"


def plain_services(template: Template, kind: str) -> Iterator[Failure]:
    """Yield names in Service Connect whose traffic is not encrypted; brokers use theirs only to
    find each other, and then bypass Service Connect."""
    for name, service in resources(template, kind):
        offered = mapping(service.get("ServiceConnectConfiguration")).get("Services")
        for index, each in entries(offered):
            if not mapping(each.get("Tls")) and each.get("PortName") != "internal-api":
                path = ("Properties", "ServiceConnectConfiguration", "Services", index)
                yield name, path, f"{each.get('PortName')} without TLS"


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        *(encrypting_listeners, tls_policies, web_acl, open_to_all, admin_ports),
        default_group,
        *(management_port, explained_flows, plain_egress, all_egress, kept_data, two_instances),
        *(forced_tls, database_recovery_points, file_system_backups, verified_database),
        *(tls_policy_efs, tls_policy_s3, efs_volumes, plain_services),
        *PERMISSION_CHECKS,
        *WATCHING_CHECKS,
        *APPLICATION_CHECKS,
    )
}
"""The checks that controls name."""
