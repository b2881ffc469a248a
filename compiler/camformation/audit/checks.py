"""The checks of controls that need more than one property. Each yields what fails, and where."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from camformation.audit.matrix import EVERYWHERE, RESOURCE_POLICIES, flows, matrix, unexplained
from camformation.audit.values import Template, identity_policies, known, listed, named, resources
from camformation.audit.values import statements as statements_of
from camformation.diagnostics import Path

Failure = tuple[str, Path, str]
"""A logical ID, the path inside its resource, and what is wrong."""

Check = Callable[[Template, str], Iterator[Failure]]
"""Yields the failures of resources of a type."""

MANAGEMENT = 9600
FORCED_FROM = 17
ADMINISTRATION = (22, 3389)
FROM_2021 = re.compile(r"^ELBSecurityPolicy-(TLS13-1-[23]|FS-1-2|TLS-1-2)")
"""Predefined policies whose oldest protocol is TLS 1.2 (ELB, Security policies)."""
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|ACCESS_KEY)(_\d+)?$")
SOURCES = ("ecs-tasks.amazonaws.com",)
"""Services that say on whose behalf they assume a role; Lambda does not."""


def encrypting_listeners(template: Template, kind: str) -> Iterator[Failure]:
    """Yield listeners that forward without TLS."""
    for name, listener in resources(template, kind):
        actions = listed(listener.get("DefaultActions"))
        redirects = all(
            each.get("RedirectConfig", {}).get("Protocol") == "HTTPS" for each in actions
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
    covered = {named(each["ResourceArn"]) for _, each in resources(template, types)}
    for name, balancer in resources(template, kind):
        if balancer.get("Type") == "application" and name not in covered:
            yield name, (), "no web ACL"


def flow_logs(template: Template, kind: str) -> Iterator[Failure]:
    """Yield VPCs without flow logs."""
    logged = {named(each["ResourceId"]) for _, each in resources(template, "AWS::EC2::FlowLog")}
    for name, _ in resources(template, kind):
        if name not in logged:
            yield name, (), "no flow log"


def open_to_all(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that accept traffic from any address."""
    for flow in flows(template):
        if flow.way == "in" and flow.source in EVERYWHERE:
            yield flow.logical_id, _cidr(flow.source), f"{flow.source} on port {flow.ports}"


def admin_ports(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that open SSH or RDP."""
    for flow in flows(template):
        for port in ADMINISTRATION:
            if flow.way == "in" and flow.first <= port <= flow.last:
                yield flow.logical_id, (), f"port {port} from {flow.source}"


def management_port(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that open the management port to anyone but tasks and load balancers."""
    groups = {name for name, _ in resources(template, kind)}
    for flow in flows(template):
        reached = flow.first <= MANAGEMENT <= flow.last
        if flow.way == "in" and reached and flow.source not in groups:
            yield flow.logical_id, _cidr(flow.source), f"port {MANAGEMENT} from {flow.source}"


def _cidr(source: str) -> Path:
    return ("Properties", "CidrIpv6" if ":" in source else "CidrIp")


def explained_flows(template: Template, kind: str) -> Iterator[Failure]:
    """Yield flows that only one side allows, and groups that nothing uses."""
    for words in unexplained(matrix(template)):
        name, _, problem = words.partition(": ")
        yield name, (), problem


def plain_egress(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that let tasks reach any address without TLS."""
    for flow in flows(template):
        if (
            flow.way == "out"
            and flow.target in EVERYWHERE
            and (flow.first, flow.last) != (443,) * 2
        ):
            yield flow.logical_id, _cidr(flow.target), f"port {flow.ports} to {flow.target}"


def all_egress(template: Template, kind: str) -> Iterator[Failure]:
    """Yield rules that let everything out."""
    for flow in flows(template):
        if flow.way == "out" and flow.target in EVERYWHERE and flow.ports == "all":
            yield flow.logical_id, _cidr(flow.target), f"everything to {flow.target}"


def kept_data(template: Template, kind: str) -> Iterator[Failure]:
    """Yield resources that CloudFormation deletes with their data."""
    for name, resource in template["Resources"].items():
        policies = {resource.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        if resource["Type"] == kind and not policies <= {
            *("Retain", "RetainExceptOnCreate", "Snapshot")
        }:
            yield name, ("DeletionPolicy",), str(resource.get("DeletionPolicy", "Delete"))


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
        forced = known(template, group.get("Parameters", {}).get("rds.force_ssl"))
        major = str(known(template, properties.get("EngineVersion"))).partition(".")[0]
        if forced is None and major.isdecimal() and int(major) >= FORCED_FROM:
            continue
        if str(forced) != "1":
            yield name, ("Properties", "DBClusterParameterGroupName"), f"rds.force_ssl: {forced}"


def _refuses_plain(document: Any) -> bool:
    return any(
        each["Effect"] == "Deny"
        and str(each.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower()
        == "false"
        for each in statements_of(document)
    )


def tls_policy_efs(template: Template, kind: str) -> Iterator[Failure]:
    """Yield file systems that can be mounted without TLS."""
    for name, properties in resources(template, kind):
        if not _refuses_plain(properties.get("FileSystemPolicy")):
            yield name, ("Properties", "FileSystemPolicy"), "requests without TLS are possible"


def tls_policy_s3(template: Template, kind: str) -> Iterator[Failure]:
    """Yield buckets that answer without TLS."""
    safe = {
        named(each["Bucket"])
        for _, each in resources(template, "AWS::S3::BucketPolicy")
        if _refuses_plain(each["PolicyDocument"])
    }
    for name, _ in resources(template, kind):
        if name not in safe:
            yield name, (), "requests without TLS are possible"


def efs_volumes(template: Template, kind: str) -> Iterator[Failure]:
    """Yield EFS volumes without TLS or without IAM."""
    for name, task in resources(template, kind):
        for index, volume in enumerate(listed(task.get("Volumes"))):
            efs = volume.get("EFSVolumeConfiguration")
            if efs is not None and (
                efs.get("TransitEncryption") != "ENABLED"
                or efs.get("AuthorizationConfig", {}).get("IAM") != "ENABLED"
            ):
                yield name, ("Properties", "Volumes", index), "without TLS or without IAM"


def plain_secrets(template: Template, kind: str) -> Iterator[Failure]:
    """Yield environment variables that are named like secrets. Their values are not shown."""
    for name, task in resources(template, kind):
        for number, container in enumerate(listed(task.get("ContainerDefinitions"))):
            for index, variable in enumerate(listed(container.get("Environment"))):
                if SECRET_NAME.search(str(variable["Name"]).upper()) and variable.get("Value"):
                    path = ("Properties", "ContainerDefinitions", number, "Environment", index)
                    yield name, path, str(variable["Name"])


def public_key_policy(template: Template, kind: str) -> Iterator[Failure]:
    """Yield keys whose policy admits everyone without a condition."""
    for name, statement in _resource_statements(template, kind):
        principal = statement.get("Principal")
        everyone = principal == "*" or "*" in listed((principal or {}).get("AWS"))
        if statement["Effect"] == "Allow" and everyone and not statement.get("Condition"):
            yield name, ("Properties", "KeyPolicy"), "everyone, without condition"


def grants(template: Template, kind: str) -> Iterator[Failure]:
    """Yield keys whose policy allows grants without `kms:GrantIsForAWSResource` (KMS, Grants)."""
    for name, statement in _resource_statements(template, kind):
        granting = {"kms:*", "kms:CreateGrant", "kms:Create*", "*"}
        limited = "kms:GrantIsForAWSResource" in str(statement.get("Condition", {}))
        if (
            statement["Effect"] == "Allow"
            and granting & set(listed(statement.get("Action")))
            and not limited
            and not _denies_grants(template, name)
        ):
            yield name, ("Properties", "KeyPolicy"), "grants for anything"


def _denies_grants(template: Template, key: str) -> bool:
    return any(
        name == key
        and each["Effect"] == "Deny"
        and "kms:CreateGrant" in listed(each.get("Action"))
        and "kms:GrantIsForAWSResource" in str(each.get("Condition", {}))
        for name, each in _resource_statements(template, "AWS::KMS::Key")
    )


def _resource_statements(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, properties in resources(template, kind):
        for statement in statements_of(properties.get(RESOURCE_POLICIES[kind][0])):
            yield name, statement


def alarms(template: Template, kind: str) -> Iterator[Failure]:
    """Yield clusters that no alarm watches."""
    if not any(resources(template, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")):
        for name, _ in resources(template, kind):
            yield name, (), "no alarm"


def _allowed(template: Template) -> Iterator[tuple[str, Path, list[str], Mapping[str, Any]]]:
    for name, _, statement, path in identity_policies(template):
        if statement["Effect"] == "Allow":
            yield name, path, listed(statement.get("Action")), statement


def admin_policies(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow everything, AWS's own administrator policy too."""
    for name, path, actions, statement in _allowed(template):
        if "*" in actions or "*:*" in actions or "NotAction" in statement:
            yield name, path, "every action"
    for name, role in resources(template, kind):
        for arn in map(named, listed(role.get("ManagedPolicyArns"))):
            if arn.endswith("/AdministratorAccess"):
                yield name, ("Properties", "ManagedPolicyArns"), arn


def service_wildcards(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that allow every action of a service."""
    for name, path, actions, _ in _allowed(template):
        for action in actions:
            if action.endswith(":*") and action != "*:*":
                yield name, path, action


def decrypt_all(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that decrypt with any key."""
    for name, path, actions, statement in _allowed(template):
        decrypting = {"kms:Decrypt", "kms:ReEncryptFrom", "kms:*", "*"} & set(actions)
        if decrypting and "*" in listed(statement.get("Resource")):
            yield name, path, "kms:Decrypt on every key"


def pass_role(template: Template, kind: str) -> Iterator[Failure]:
    """Yield policies that pass any role."""
    for name, path, actions, statement in _allowed(template):
        if "iam:PassRole" in actions and "*" in listed(statement.get("Resource")):
            yield name, path, "iam:PassRole of every role"


def trust(template: Template, kind: str) -> Iterator[Failure]:
    """Yield roles that others than services assume, or services for another account."""
    for name, role in resources(template, kind):
        for statement in statements_of(role.get("AssumeRolePolicyDocument")):
            principal = statement.get("Principal", "*")
            services = listed(principal.get("Service")) if isinstance(principal, dict) else []
            path = ("Properties", "AssumeRolePolicyDocument")
            if not services or set(principal) != {"Service"}:
                yield name, path, "a principal that is not a service"
            elif set(services) & set(SOURCES) and "aws:Source" not in str(
                statement.get("Condition", {})
            ):
                yield name, path, f"{services[0]} without aws:SourceAccount"


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        *(encrypting_listeners, tls_policies, web_acl, flow_logs, open_to_all, admin_ports),
        *(management_port, explained_flows, plain_egress, all_egress, kept_data, two_instances),
        *(tls_policy_efs, tls_policy_s3, efs_volumes, plain_secrets, public_key_policy, grants),
        forced_tls,
        *(alarms, admin_policies, service_wildcards, decrypt_all, pass_role, trust),
    )
}
"""The checks that controls name."""
