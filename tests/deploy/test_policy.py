"""The policies suffice for every resource that the compiler makes, and allow little else."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.deploy.plan.provider_schemas import handlers_of, iam_services
from camformation.deploy.preflight import own_calls
from camformation.deploy.preflight.account_checks import ROLES
from camformation.deploy.preflight.grants import OF_CLUSTERS, SERVICE_LINKED, uncovered
from camformation.deploy.preflight.handlers import (
    ALSO,
    NEVER,
    ONLY_FOR,
    actions_of,
    is_known,
    property_names,
    reads_of,
    takes_resources,
)
from camformation.deploy.preflight.place import Place
from camformation.deploy.preflight.policy import (
    CALLER,
    CLOUDFORMATION,
    MAX_CHARACTERS,
    Policy,
    policies,
)
from camformation.deploy.preflight.policy_template import policy_template
from camformation.layout import Layout, Templates
from camformation.report.deployment.policy_text import policy_json, policy_text
from deployments import templates
from lint_process import api_matches, elsewhere
from test_parameters import DATA

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION, STACK = "111122223333", "eu-west-2", "camunda"
PLACE = Place(STACK, "aws", REGION, ACCOUNT)
RANDOM = "1A2B3C4D5E6F"
EVERYTHING = [
    {name: value for name, value in each.items() if name not in ("name", "parameters", "profile")}
    for each in DATA
]


def generated(stack: str, title: str, longest: int) -> str:
    """Return a physical name as cloudformation-cli's IdentifierUtils makes it."""
    stack = stack.replace("--", "-")
    free = longest - len(RANDOM) - 2
    title = title[: min(free // 2, len(title))]
    return f"{stack[: free - len(title)]}-{title}-{RANDOM}"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def examples(stack: str, title: str, resource: Mapping[str, Any]) -> list[str]:
    """Return ARNs that a resource of a stack may have, those of its parents and children too."""
    kind, given = resource["Type"], resource.get("Properties", {})
    balanced = generated(stack, title, 32)
    service, _, what = kind.removeprefix("AWS::").partition("::")
    name = generated(stack, title, 63)
    cluster = f"{STACK}-cluster"
    match service:
        case "ApplicationAutoScaling":
            return [arn("application-autoscaling", "scalable-target/0ec5example")]
        case "EC2":
            return [arn("ec2", f"{what.lower()}/x-0a1b2c3d")]
        case "ECS":
            return {
                "Cluster": [arn("ecs", f"cluster/{given.get('ClusterName')}")],
                "Service": [arn("ecs", f"service/{cluster}/{name}")],
                "TaskDefinition": [arn("ecs", f"task-definition/{given.get('Family')}:7")],
            }[what]
        case "EFS":
            kinds = ("file-system/fs-1", "access-point/fsap-1")
            return [arn("elasticfilesystem", each) for each in kinds[what == "AccessPoint" :][:1]]
        case "ElasticLoadBalancingV2":
            path = {"Listener": "listener", "ListenerRule": "listener-rule"}.get(what, what.lower())
            path = "listener" if what == "ListenerCertificate" else path
            side = "" if what == "TargetGroup" else "app/"
            return [arn("elasticloadbalancing", f"{path}/{side}{balanced}/50dc6c495c0c9188")]
        case "IAM":
            return [f"arn:aws:iam::{ACCOUNT}:role/{name}"]
        case "KMS":
            return [arn("kms", "key/1234abcd-12ab")]
        case "Lambda":
            return [arn("lambda", f"function:{name}")]
        case "Backup":
            if what == "BackupVault":
                made = given["BackupVaultName"]
                return [
                    arn(
                        "backup",
                        f"backup-vault:{made if isinstance(made, str) else 'camunda-1a2b3c4d'}",
                    )
                ]
            return [arn("backup", "backup-plan:0a1b")]
        case "CloudWatch":
            if what == "Dashboard":
                return [f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"]
            return [arn("cloudwatch", f"alarm:{name}")]
        case "Events":
            return [arn("events", f"rule/{name}")]
        case "SNS":
            return [arn("sns", name)]
        case "Logs":
            group = given["LogGroupName"]
            if isinstance(group, dict):  # of the database's logs
                group = f"/aws/rds/cluster/{name.lower()}/postgresql"
            return [
                arn("logs", f"log-group:{group}"),
                arn("logs", f"log-group:{group}:log-stream:"),
            ]
        case "RDS":
            path = {
                "DBCluster": "cluster",
                "DBInstance": "db",
                "DBSubnetGroup": "subgrp",
                "DBClusterParameterGroup": "cluster-pg",
            }[what]
            return [arn("rds", f"{path}:{name.lower()}")]
        case "Route53":
            return [f"arn:aws:route53:::hostedzone/{given['HostedZoneId']}"]
        case "S3":
            return [f"arn:aws:s3:::{name.lower()}"]
        case "SecretsManager":
            return [arn("secretsmanager", f"secret:{title}-{RANDOM}-a1B2c3"),
                    arn("secretsmanager", f"secret:{name}-a1B2c3")]  # fmt: skip
        case "ServiceDiscovery":
            path = "service" if what == "Service" else "namespace"
            return [arn("servicediscovery", f"{path}/srv-1")]
        case "CloudFormation":
            return [arn("cloudformation", f"stack/{generated(STACK, title, 128)}/uuid")]
        case "WAFv2":
            return [arn("wafv2", f"regional/webacl/{generated(stack, title, 128)}/1234abcd")]
        case "CertificateManager":
            return [arn("acm", "certificate/1234abcd")]
    assert kind.startswith("Custom::"), kind
    return []


def allowed(found: tuple[Policy, ...], action: str, resource: str, part: str) -> bool:
    """Return whether a part of the policies allows an action on a resource, if conditions hold."""
    return any(
        action in statement["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        for policy in found
        if policy.part == part
        for statement in policy.document["Statement"]
    )


def statements(found: tuple[Policy, ...], part: str, action: str) -> Iterator[dict[str, Any]]:
    for policy in found:
        if policy.part == part:
            yield from (each for each in policy.document["Statement"] if action in each["Action"])


def all_resources(made: Templates) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every resource: the name of its stack, its title, itself."""
    for name, template in made.items():
        title = "".join(word.capitalize() for word in name.split("_"))
        stack = STACK if name == "root" else generated(STACK, title, 128)
        for logical_id, resource in template["Resources"].items():
            yield stack, logical_id, resource


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("index", range(len(EVERYTHING)))
def test_every_action_of_every_handler_is_allowed_or_of_a_property_nobody_sets(
    index: int, layout: Layout
) -> None:
    made = templates(layout, **EVERYTHING[index])
    found = policies(STACK, PLACE, made)
    names: dict[str, set[str]] = {}
    for _, _, each in all_resources(made):
        names.setdefault(each["Type"], set()).update(property_names(each.get("Properties", {})))
    for stack, title, resource in all_resources(made):
        kind = resource["Type"]
        handlers = handlers_of(kind)
        known = kind.startswith(("Custom::", "AWS::ElasticLoadBalancingV2::ListenerCertificate"))
        assert handlers or known, f"no schema of {kind}"
        for handler, actions in handlers.items():
            for action in filter(is_known, actions):
                unset = [
                    name
                    for name, those in ONLY_FOR.get(kind, {}).items()
                    if action.startswith(those) and name not in names[kind]
                ]
                never = action.startswith(NEVER.get(kind, ()))
                if never or (unset and handler != "read") or action.startswith("iam:"):
                    continue
                service = action.partition(":")[0]
                own = [
                    each
                    for each in examples(stack, title, resource)
                    if each.split(":")[2] == service
                ]
                assert any(statements(found, CLOUDFORMATION, action)), (kind, handler, action)
                for example in own if takes_resources(action) else ():
                    assert allowed(found, action, example, CLOUDFORMATION), (action, example)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("index", range(len(EVERYTHING)))
def test_policies_are_sound(index: int, layout: Layout) -> None:
    made = templates(layout, **EVERYTHING[index])
    for role in (None, f"arn:aws:iam::{ACCOUNT}:role/cloudformation"):
        found = policies(STACK, PLACE, made, role)
        assert len(found) <= 10  # a role's managed policies (IAM User Guide, quotas)
        assert len({policy.name for policy in found}) == len(found)
        for policy in found:
            assert policy.characters <= MAX_CHARACTERS
            for statement in policy.document["Statement"]:
                assert statement["Effect"] == "Allow"
                for action in statement["Action"]:
                    assert "*" not in action and is_known(action), action
                    service, _, name = action.partition(":")
                    actions = iam_services()[service]["Actions"][name.lower()]
                    if action not in (*own_calls.ANYWHERE, *OF_CLUSTERS):
                        assert statement["Resource"] != ["*"] or not actions.get("Resources")
                assert all(
                    each == "*" or each.startswith("arn:aws:") for each in statement["Resource"]
                )


def test_actions_of_other_properties_are_left_out() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    text = policy_json(STACK, found)
    for action in ("vpc-lattice:", "cognito-idp:", "s3tables:", "s3files:"):
        assert action not in text
    of_resources = [each for each in found if each.part == CLOUDFORMATION]
    assert "acm-pca:" not in policy_json(STACK, of_resources)  # camformation itself reads one
    assert not any(statements(found, CLOUDFORMATION, "iam:PutRolePermissionsBoundary"))
    assert not any(statements(found, CLOUDFORMATION, "s3:DeleteObject"))
    boundary = actions_of("AWS::IAM::Role", frozenset({"PermissionsBoundary"}))
    assert "iam:PutRolePermissionsBoundary" in boundary


def test_properties_that_need_an_action_are_the_schemas() -> None:
    """A property or an action that a new schema does not have limits nothing any more."""
    for kind, only in ONLY_FOR.items():
        actions = set().union(*handlers_of(kind).values())
        for name, beginnings in only.items():
            for beginning in beginnings:
                assert any(each.startswith(beginning) for each in actions), (kind, name, beginning)
    for kind, also in ALSO.items():
        for those in also.values():
            assert all(map(is_known, those)), kind


def test_roles_are_passed_to_the_services_that_assume_them_alone() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    passed = {
        statement["Condition"]["StringEquals"]["iam:PassedToService"]: statement["Resource"]
        for statement in statements(found, CLOUDFORMATION, "iam:PassRole")
    }
    own = [f"arn:aws:iam::{ACCOUNT}:role/camunda-*"]
    assert passed == {"ecs-tasks.amazonaws.com": own, "lambda.amazonaws.com": own}
    assert not any(statements(found, CALLER, "iam:PassRole"))


def test_the_caller_passes_the_service_role_and_reads_what_drifts() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/cloudformation"
    found = policies(STACK, PLACE, templates(Layout.NESTED), role)
    (passing,) = statements(found, CALLER, "iam:PassRole")
    assert passing["Resource"] == [role]
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}
    }
    assert any(statements(found, CALLER, "elasticfilesystem:DescribeFileSystems"))
    assert not any(statements(found, CALLER, "rds:CreateDBCluster"))


def test_tasks_are_listed_by_their_cluster() -> None:
    """ECS checks ListTasks on `*`, or on a container instance, which Fargate has not."""
    for layout in Layout:
        for existing in ({}, {"cluster": {"existing": "shared"}}):
            found = policies(STACK, PLACE, templates(layout, **existing))
            (only,) = statements(found, CALLER, "ecs:ListTasks")
            assert only["Resource"] == ["*"]
            name = "shared" if existing else f"{STACK}-cluster"
            assert only["Condition"] == {
                "ArnLike": {"ecs:cluster": [arn("ecs", f"cluster/{name}")]}
            }


@pytest.mark.parametrize("layout", list(Layout))
def test_an_existing_cluster_is_the_only_one(layout: Layout) -> None:
    found = policies(STACK, PLACE, templates(layout, cluster={"existing": "shared"}))
    assert not allowed(found, "ecs:UpdateService", arn("ecs", "service/other/x"), CALLER)
    assert not allowed(found, "ecs:UpdateService", arn("ecs", "service/other/x"), CLOUDFORMATION)


@pytest.mark.parametrize("layout", list(Layout))
def test_roles_of_a_given_name_and_path_are_covered_and_no_others(layout: Layout) -> None:
    made = templates(layout, iam={"role_name_prefix": "x-", "role_path": "/workloads/"})
    found = policies(STACK, PLACE, made)
    names = {
        each["Properties"]["RoleName"]["Fn::Sub"].replace("${AWS::Region}", REGION)
        for _, _, each in all_resources(made)
        if each["Type"] == "AWS::IAM::Role"
    }
    for name in names:
        role = f"arn:aws:iam::{ACCOUNT}:role/workloads/{name}"
        for action in ("iam:CreateRole", "iam:PassRole", "iam:UpdateAssumeRolePolicy"):
            assert allowed(found, action, role, CLOUDFORMATION), (action, role)
        unknown = policies(STACK, Place(STACK, account=ACCOUNT, partition="aws"), made)
        assert allowed(unknown, "iam:CreateRole", role, CLOUDFORMATION)
    for other in ("Administrator", "workloads/Administrator", "x-other"):
        role = f"arn:aws:iam::{ACCOUNT}:role/{other}"
        for action in ("iam:PassRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"):
            assert not allowed(found, action, role, CLOUDFORMATION), (action, role)


def test_a_role_with_a_path_and_a_generated_name_is_covered() -> None:
    made = templates(Layout.FLAT)
    for each in made["root"]["Resources"].values():
        if each["Type"] == "AWS::IAM::Role":
            each["Properties"]["Path"] = "/teams/bpm/"
    role = f"arn:aws:iam::{ACCOUNT}:role/teams/bpm/{STACK}-Role-1A2B"
    assert allowed(policies(STACK, PLACE, made), "iam:CreateRole", role, CLOUDFORMATION)


def test_passwords_are_changed_with_the_key_of_the_secrets() -> None:
    """Aurora User Guide, Password management; Secrets Manager User Guide, Secret encryption."""
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    master = arn("secretsmanager", "secret:rds!cluster-1234-a1B2c3")
    assert allowed(found, "secretsmanager:RotateSecret", master, CALLER)
    own = arn("secretsmanager", "secret:camunda-x-a1B2c3")
    assert not allowed(found, "secretsmanager:RotateSecret", own, CALLER)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        for statement in statements(found, CALLER, action):
            assert statement["Condition"] == {
                "StringLike": {"kms:ViaService": [f"secretsmanager.{REGION}.amazonaws.com*"]}
            }
        assert any(statements(found, CALLER, action))


def test_a_vault_is_made_with_its_key_and_the_role_of_aws_backup() -> None:
    """The managed policy AWSBackupFullAccess; the handlers of AWS::Backup::BackupSelection."""
    found = policies(STACK, PLACE, templates(Layout.NESTED, aws_backup={}))
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        (uses,) = statements(found, CLOUDFORMATION, action)
        assert (
            f"backup.{REGION}.amazonaws.com*" in uses["Condition"]["StringLike"]["kms:ViaService"]
        )
    (linked,) = statements(found, CLOUDFORMATION, "iam:CreateServiceLinkedRole")
    assert "backup.amazonaws.com" in linked["Condition"]["StringEquals"]["iam:AWSServiceName"]


def test_values_of_secrets_of_other_clusters_are_not_read() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    master = arn("secretsmanager", "secret:rds!cluster-1234-a1B2c3")
    assert allowed(found, "secretsmanager:CreateSecret", master, CLOUDFORMATION)
    assert not allowed(found, "secretsmanager:GetSecretValue", master, CLOUDFORMATION)
    assert not any(statements(found, CALLER, "secretsmanager:GetSecretValue"))


def test_keys_are_used_through_services_alone() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        for statement in statements(found, CLOUDFORMATION, action):
            through = statement["Condition"]["StringLike"]["kms:ViaService"]
            assert "rds.eu-west-2.amazonaws.com*" in through
    (grant,) = statements(found, CLOUDFORMATION, "kms:CreateGrant")
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_key_of_another_account_is_named() -> None:
    key = "arn:aws:kms:eu-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    made = templates(Layout.NESTED, database={"kms_key_arn": key})
    found = policies(STACK, PLACE, made)
    assert allowed(found, "kms:CreateGrant", key, CLOUDFORMATION)
    assert not allowed(found, "kms:CreateGrant", key.replace("4444", "5555"), CLOUDFORMATION)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize(
    "stack", ["c", "camunda--prod", "a-stack-with-a-name-of-which-generated-names-keep-a-part" * 2]
)
def test_stacks_of_any_name_are_covered(stack: str, layout: Layout) -> None:
    made = templates(layout)
    found = policies(STACK, Place(stack, "aws", REGION, ACCOUNT), made)
    for name in made:
        title = "".join(word.capitalize() for word in name.split("_"))
        own = stack if name == "root" else generated(stack, title, 128)
        for action, resource in (
            ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/{generated(own, 'Role', 64)}"),
            ("s3:CreateBucket", f"arn:aws:s3:::{generated(own, 'Backup' * 5, 63).lower()}"),
            ("rds:CreateDBCluster", arn("rds", f"cluster:{generated(own, 'Aurora', 63).lower()}")),
            (
                "elasticloadbalancing:DeleteLoadBalancer",
                arn(
                    "elasticloadbalancing", f"loadbalancer/app/{generated(own, 'Public' * 3, 32)}/5"
                ),
            ),
        ):
            assert allowed(found, action, resource, CLOUDFORMATION), resource
        if name != "root":
            nested = arn("cloudformation", f"stack/{own}/uuid")
            assert allowed(found, "cloudformation:CreateStack", nested, CLOUDFORMATION)
            assert allowed(found, "cloudformation:DescribeStackEvents", nested, CALLER)


def test_other_deployments_are_not_touched() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    for action, resource in (
        ("iam:DeleteRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("s3:DeleteBucket", "arn:aws:s3:::invoices"),
        ("rds:DeleteDBCluster", arn("rds", "cluster:invoices")),
        ("ecs:DeleteService", arn("ecs", "service/invoices/web")),
        ("logs:DeleteLogGroup", arn("logs", "log-group:/ecs/invoices")),
        ("lambda:InvokeFunction", arn("lambda", "function:invoices")),
        ("cloudformation:DeleteStack", arn("cloudformation", "stack/invoices/uuid")),
    ):
        assert any(statements(found, CLOUDFORMATION, action)), action
        for part in (CALLER, CLOUDFORMATION):
            assert not allowed(found, action, resource, part), action


def test_the_seed_is_invoked_and_custom_resources_alone_need_it() -> None:
    function = arn("lambda", "function:camunda-DatabaseSeed-SeedFunction-1A2B")
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    assert allowed(found, "lambda:InvokeFunction", function, CLOUDFORMATION)


def test_buckets_are_emptied_where_the_spec_deletes_them() -> None:
    kept = policies(STACK, PLACE, templates(Layout.NESTED))
    assert not any(statements(kept, CALLER, "s3:DeleteObjectVersion"))
    made = templates(Layout.NESTED, storage={"documents": {"enabled": True, "on_delete": "delete"}})
    deleted = policies(STACK, PLACE, made)
    bucket = "arn:aws:s3:::camunda-storage-1x-documentsbucket-9/a/document"
    assert allowed(deleted, "s3:DeleteObjectVersion", bucket, CALLER)


def test_managed_policies_of_roles_are_those_of_the_templates() -> None:
    made = templates(Layout.FLAT)
    boundary = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"
    role = next(
        each for each in made["root"]["Resources"].values() if each["Type"] == "AWS::IAM::Role"
    )
    role["Properties"]["ManagedPolicyArns"] = [boundary]
    (attaching,) = statements(policies(STACK, PLACE, made), CLOUDFORMATION, "iam:AttachRolePolicy")
    assert attaching["Condition"] == {"ArnLike": {"iam:PolicyARN": [boundary]}}


def test_hosted_zones_are_those_of_the_records() -> None:
    """Cloud Map's zones, whose ids nobody knows, are made and deleted, and their records are not
    changed."""
    for index, zones in ((0, ["Z0123456789ABC"]), (4, ["Z0123456789DEF", "Z0123456789ABC"])):
        found = policies(STACK, PLACE, templates(Layout.NESTED, **EVERYTHING[index]))
        for zone in zones:
            arn_ = f"arn:aws:route53:::hostedzone/{zone}"
            assert allowed(found, "route53:ChangeResourceRecordSets", arn_, CLOUDFORMATION)
        other = "arn:aws:route53:::hostedzone/Z999"
        assert not allowed(found, "route53:ChangeResourceRecordSets", other, CLOUDFORMATION)
        assert allowed(found, "route53:DeleteHostedZone", other, CLOUDFORMATION)
    plain = policies(STACK, PLACE, templates(Layout.NESTED))
    assert not any(statements(plain, CLOUDFORMATION, "route53:ChangeResourceRecordSets"))


@pytest.mark.parametrize(
    ("kind", "field", "action", "resource"),
    [
        ("AWS::IAM::Role", "RoleName", "iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/mine"),
        ("AWS::IAM::Role", "RoleName", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/mine"),
        ("AWS::S3::Bucket", "BucketName", "s3:CreateBucket", "arn:aws:s3:::mine"),
        (
            "AWS::RDS::DBCluster",
            "DBClusterIdentifier",
            "rds:CreateDBCluster",
            arn("rds", "cluster:mine"),
        ),
        (
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Name",
            "elasticloadbalancing:CreateLoadBalancer",
            arn("elasticloadbalancing", "loadbalancer/app/mine/50dc6c495c0c9188"),
        ),
        (
            "AWS::SecretsManager::Secret",
            "Name",
            "secretsmanager:CreateSecret",
            arn("secretsmanager", "secret:mine-a1B2c3"),
        ),
        (
            "AWS::Lambda::Function",
            "FunctionName",
            "lambda:InvokeFunction",
            arn("lambda", "function:mine"),
        ),
    ],
)
def test_a_name_that_a_patch_gives_is_covered(
    kind: str, field: str, action: str, resource: str
) -> None:
    made = templates(Layout.FLAT)
    assert not allowed(policies(STACK, PLACE, made), action, resource, CLOUDFORMATION)
    for each in made["root"]["Resources"].values():
        if each["Type"] == kind:
            each["Properties"][field] = "mine"
    assert allowed(policies(STACK, PLACE, made), action, resource, CLOUDFORMATION)


@pytest.mark.parametrize("index", range(len(EVERYTHING)))
def test_roles_are_made_and_passed(index: int) -> None:
    """IAM's actions, which the test of all handlers leaves out."""
    made = templates(Layout.NESTED, **EVERYTHING[index])
    found = policies(STACK, PLACE, made)
    for stack, title, each in all_resources(made):
        if each["Type"] == "AWS::IAM::Role":
            role = f"arn:aws:iam::{ACCOUNT}:role/{generated(stack, title, 64)}"
            for action in ("Create", "Delete", "Get", "Tag", "Update"):
                assert allowed(found, f"iam:{action}Role", role, CLOUDFORMATION)
            for action in ("iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy"):
                assert allowed(found, action, role, CLOUDFORMATION)
            assert allowed(found, "iam:PassRole", role, CLOUDFORMATION)
            attached = "ManagedPolicyArns" in each["Properties"]
            assert allowed(found, "iam:AttachRolePolicy", role, CLOUDFORMATION) or not attached
        if each["Type"] == "AWS::ECS::TaskDefinition":
            for field in ("TaskRoleArn", "ExecutionRoleArn"):
                given = each["Properties"].get(field)
                if isinstance(given, str):
                    assert allowed(found, "iam:PassRole", given, CLOUDFORMATION)


def test_a_permissions_boundary_is_required_where_every_role_has_it() -> None:
    made = templates(Layout.FLAT)
    roles = [e for e in made["root"]["Resources"].values() if e["Type"] == "AWS::IAM::Role"]
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    for role in roles[1:]:
        role["Properties"]["PermissionsBoundary"] = boundary
    (free,) = statements(policies(STACK, PLACE, made), CLOUDFORMATION, "iam:CreateRole")
    assert "Condition" not in free
    roles[0]["Properties"]["PermissionsBoundary"] = boundary
    found = policies(STACK, PLACE, made)
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        (bound,) = statements(found, CLOUDFORMATION, action)
        assert bound["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": [boundary]}}
    assert not any(statements(found, CLOUDFORMATION, "iam:DeleteRolePermissionsBoundary"))


def test_a_policy_of_a_given_role_is_covered() -> None:
    made = templates(Layout.FLAT)
    made["root"]["Resources"]["Given"] = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"Roles": ["given"], "PolicyName": "p", "PolicyDocument": {}},
    }
    found = policies(STACK, PLACE, made)
    for path in ("", "teams/bpm/"):
        role = f"arn:aws:iam::{ACCOUNT}:role/{path}given"
        assert allowed(found, "iam:PutRolePolicy", role, CLOUDFORMATION)
    assert not any(statements(found, CLOUDFORMATION, "iam:PutUserPolicy"))


@pytest.mark.parametrize("existing", ["shared", f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shared"])
def test_services_in_an_existing_cluster_are_covered(existing: str) -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED, cluster={"existing": existing}))
    service = arn("ecs", "service/shared/camunda-OrchestrationService-1A2B")
    assert allowed(found, "ecs:CreateService", service, CLOUDFORMATION)
    assert allowed(found, "ecs:UpdateService", service, CALLER)
    assert not any(statements(found, CLOUDFORMATION, "ecs:CreateCluster"))


@pytest.mark.parametrize(
    ("source", "action", "restored"),
    [
        (
            {"snapshot_identifier": "before"},
            "RestoreDBClusterFromSnapshot",
            "cluster-snapshot:before",
        ),
        ({"cluster_identifier": "old"}, "RestoreDBClusterToPointInTime", "cluster:old"),
    ],
)
def test_the_source_of_a_database_is_covered(
    source: dict[str, str], action: str, restored: str
) -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED, database={"source": source}))
    assert allowed(found, f"rds:{action}", arn("rds", restored), CLOUDFORMATION)
    plain = policies(STACK, PLACE, templates(Layout.NESTED))
    assert not any(statements(plain, CLOUDFORMATION, f"rds:{action}"))


def test_rules_of_the_deployment_s_own_workspace_are_covered_alone() -> None:
    place = "workspace/ws-12345678-abcd"
    watched = {"prometheus": {"workspace_arn": arn("aps", place), "alerts": {}}}
    found = policies(STACK, PLACE, templates(Layout.NESTED, observability=watched))
    own = arn("aps", "rulegroupsnamespace/ws-12345678-abcd/camunda")
    assert allowed(found, "aps:PutRuleGroupsNamespace", own, CLOUDFORMATION)
    other = arn("aps", "rulegroupsnamespace/ws-12345678-abcd/other")
    assert not allowed(found, "aps:PutRuleGroupsNamespace", other, CLOUDFORMATION)


CALLS = {
    "get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "get_caller_identity": None,  # needs no permission
    "get_products": None,  # of `prices`, which nothing else needs
    "get_secret_value": None,  # of `password`, and of a check that is skipped without it
    "delete_objects": "s3:DeleteObject",
    "head_bucket": "s3:ListBucket",
    "head_object": "s3:GetObject",
    "list_object_versions": "s3:ListBucketVersions",
    "list_objects_v2": "s3:ListBucket",
}
"""Operations whose action has another name, or that the policies leave out."""


def test_every_call_of_ours_is_in_the_policy() -> None:
    known = {action for actions in own_calls.COMMANDS.values() for action in actions}
    known |= {*own_calls.EMPTYING, *own_calls.ARTIFACTS, *own_calls.OPS_TASK}
    names = {action.partition(":")[2].lower() for action in known}
    aws = ROOT / "compiler" / "camformation" / "deploy" / "aws"
    operations: set[str] = set()
    for path in aws.glob("*.py"):
        if not path.name.startswith(("stack_set", "organization")):  # of fleets
            called = re.findall(r"\.?_?(?:call|pages|items|answer)\(\s*\"([a-z_0-9]+)\"",
                                path.read_text("utf-8"))  # fmt: skip
            operations.update(called)
    assert len(operations) > 55
    for operation in operations:
        action = CALLS.get(operation, operation.replace("_", ""))
        assert action is None or action in known or action in names, operation


def test_a_type_without_published_permissions_is_told() -> None:
    made = templates(Layout.FLAT)
    assert uncovered(made) == ()
    made["root"]["Resources"]["New"] = {"Type": "AWS::Some::Thing"}
    assert uncovered(made) == ("AWS::Some::Thing",)


def test_what_is_unknown_is_any_and_in_a_template_the_account_of_the_template() -> None:
    found = policies(STACK, Place(STACK), templates(Layout.NESTED))
    assert all(policy.characters <= MAX_CHARACTERS for policy in found)
    template = policy_template(STACK, found)
    text = json.dumps(template)
    assert (
        '"Fn::Sub": "arn:${AWS::Partition}:ecs:*:${AWS::AccountId}:cluster/camunda-cluster"' in text
    )
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert kinds.count("AWS::IAM::ManagedPolicy") == len(found)


def test_the_template_is_clean() -> None:
    found = policies(STACK, Place(STACK), templates(Layout.NESTED))
    text = json.dumps(policy_template(STACK, found))
    assert elsewhere(api_matches, text, [REGION]) == []


def test_the_overview_names_every_policy() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED))
    text = policy_text(STACK, found)
    assert re.search(r"camunda-caller-1  \([\d,]+ of 6,144 characters\)", text)
    assert "iam: PassRole" in text
    assert ", if iam:PassedToService is ecs-tasks.amazonaws.com" in text


def test_own_calls_are_known_to_iam() -> None:
    for actions in own_calls.COMMANDS.values():
        assert all(map(is_known, actions))


SPEC = str(ROOT / "spec" / "production.yaml")


def test_the_command_prints_policies_for_any_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", SPEC, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["deployment"] == "camunda-prod"
    own = [each for each in data["policies"] if each["for"] == "caller"]
    assert own and all(each["name"].startswith("camunda-prod-caller") for each in own)
    assert "arn:aws:ecs:eu-west-2:*:cluster/camunda-prod-cluster" in json.dumps(own)


def test_the_command_narrows_to_account_and_role(capsys: pytest.CaptureFixture[str]) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/cloudformation"
    options = ["--account", ACCOUNT, "--service-role-arn", role, "--artifact-bucket", "artifacts"]
    assert main(["policy", SPEC, "--format", "json", *options]) == 0
    text = capsys.readouterr().out
    assert "::*:" not in text
    assert role in text
    assert '"arn:aws:s3:::artifacts/*"' in text


def test_the_bucket_of_the_spec_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--set", "stack.artifact_bucket=templates", "--format", "json"]
    assert main(["policy", SPEC, *options]) == 0
    text = capsys.readouterr().out
    assert '"arn:aws:s3:::templates/*"' in text
    assert "artifactbucket" not in text


@pytest.mark.parametrize("layout", ["nested", "flat"])
def test_the_command_prints_an_overview_and_a_template(
    layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", SPEC, "--layout", layout]) == 0
    assert capsys.readouterr().out.startswith("camunda-prod: the permissions that")
    assert main(["policy", SPEC, "--layout", layout, "--format", "template"]) == 0
    assert "ServiceRole" in json.loads(capsys.readouterr().out)["Resources"]


@pytest.mark.parametrize("account", ["1234", "12345678901x", "444455556666"])
def test_the_command_refuses_another_account(
    account: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", SPEC, "--set", f'account="{ACCOUNT}"', "--account", account]) == 1
    assert "CAM790" in capsys.readouterr().err


def test_every_role_that_a_service_makes_is_looked_for() -> None:
    assert set(SERVICE_LINKED.values()) == set(ROLES)


def test_a_firewall_needs_no_permission_for_what_it_could_protect_besides() -> None:
    for kind in NEVER:
        actions = actions_of(kind, frozenset()) | reads_of(kind)
        services = {action.partition(":")[0] for action in actions}
        assert services <= {"wafv2", "elasticloadbalancing", "logs", "iam"}, kind


def test_the_ops_task_is_run_with_its_own_role_alone() -> None:
    found = policies(STACK, PLACE, templates(Layout.NESTED, operations={"task": {}}))
    (passing,) = statements(found, CALLER, "iam:PassRole")
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    }
    assert passing["Resource"] == [f"arn:aws:iam::{ACCOUNT}:role/camunda-*"]
    (running,) = statements(found, CALLER, "ecs:RunTask")
    assert "*" not in running["Resource"]
