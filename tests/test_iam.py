"""What all roles have in common, and the statements that a spec adds to task roles."""

from typing import Any

import pytest

from camformation.components.iam import IamSpec, role_name, role_name_length
from camformation.fleet.export import export
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.rules.everything import findings
from deployments import deployment, resources, templates

BOUNDARY = "arn:aws:iam::111122223333:policy/workload-boundary"
REPLICATION = {
    "bucket_arn": "arn:aws:s3:::example-camunda-copies",
    "kms_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
ALL_ROLES: dict[str, Any] = {"storage": {"backup": {"replication": REPLICATION}}}
ORDERS = {
    "sid": "Orders",
    "actions": ["sqs:SendMessage", "sqs:Get*"],
    "resources": ["arn:aws:sqs:eu-west-2:111122223333:orders"],
    "conditions": {
        "StringEquals": {"aws:RequestedRegion": "eu-west-2"},
        "ForAnyValue:StringLikeIfExists": {"aws:PrincipalOrgPaths": ["o-1/*", "o-2/*"]},
    },
}


def roles(**sections: Any) -> dict[str, dict[str, Any]]:
    found = resources(**{**ALL_ROLES, **sections})
    return {
        name: each["Properties"] for name, each in found.items() if each["Type"] == "AWS::IAM::Role"
    }


def test_every_role_has_the_boundary_the_path_and_a_name() -> None:
    found = roles(
        iam={
            "permissions_boundary_arn": BOUNDARY,
            "role_path": "/workloads/",
            "role_name_prefix": "acme-",
        }
    )
    assert len(found) == 7  # of brokers, connectors and seed, of its function, of the replication
    for each in found.values():
        assert each["PermissionsBoundary"] == BOUNDARY
        assert each["Path"] == "/workloads/"
        assert each["RoleName"]["Fn::Sub"].startswith("acme-camunda-${AWS::Region}-")
    names = [each["RoleName"]["Fn::Sub"] for each in found.values()]
    assert len(set(names)) == len(names)


def test_a_spec_that_says_nothing_of_roles_leaves_them_alone() -> None:
    for each in roles().values():
        assert not {"PermissionsBoundary", "Path", "RoleName"} & each.keys()


@pytest.mark.parametrize("layout", Layout)
def test_only_names_need_the_capability_for_names(layout: Layout) -> None:
    def capabilities(**iam: str) -> tuple[str, ...]:
        text = f"name: camunda\niam: {iam}\n".encode()
        return export(compile_spec("spec.yaml", lambda _: text, Layout.FLAT)).capabilities

    assert capabilities(role_path="/workloads/") == ("CAPABILITY_IAM",)
    assert capabilities(role_name_prefix="acme-") == ("CAPABILITY_NAMED_IAM",)
    assert templates(layout, iam={"role_name_prefix": "acme-"})


def test_another_path_is_another_name_because_iam_cannot_move_a_role() -> None:
    def name(path: str) -> str:
        return role_name(IamSpec(None, path, "acme-"), "camunda", "SeedExecutionRole")

    assert name("/") == "acme-camunda-${AWS::Region}-SeedExec"
    assert len({name("/"), name("/a/"), name("/b/")}) == 3


@pytest.mark.parametrize("path", ["/", "/workloads/"])
def test_no_name_is_longer_than_the_rule_reckons(path: str) -> None:
    spec = IamSpec(None, path, "acme-")
    for title in roles():
        name = role_name(spec, "camunda", title).replace("${AWS::Region}", "eu-west-2")
        assert len(name) <= role_name_length(spec, "camunda", "eu-west-2")


@pytest.mark.parametrize(
    ("prefix", "region", "fits"),
    [
        ("p" * 38, "eu-west-2", True),  # 38 + camunda + -eu-west-2- + 8 = 64
        ("p" * 39, "eu-west-2", False),
        ("p" * 32, None, True),  # any region
        ("p" * 33, None, False),
    ],
)
def test_the_length_of_a_name_depends_on_the_region(
    prefix: str, region: str | None, fits: bool
) -> None:
    sections: dict[str, Any] = {"iam": {"role_name_prefix": prefix}}
    if region:
        sections["region"] = region
    found = [each for each in findings(deployment(**sections)) if each.code == "CAM166"]
    assert (not found) == fits


def test_boundaries_of_aws_itself_exist_in_every_partition() -> None:
    found = roles(iam={"permissions_boundary_arn": "arn:aws:iam::aws:policy/PowerUserAccess"})
    for each in found.values():
        assert each["PermissionsBoundary"] == {
            "Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"
        }


# Statements


def own(title: str, **sections: Any) -> list[dict[str, Any]]:
    policies = roles(**sections)[title].get("Policies", [])
    (found,) = [each for each in policies if each["PolicyName"] == "own-statements"]
    assert found["PolicyDocument"]["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = found["PolicyDocument"]["Statement"]
    return statements


@pytest.mark.parametrize("section", ["orchestration", "connectors"])
def test_statements_reach_the_task_role_as_they_are_written(section: str) -> None:
    title = f"{section.capitalize()}TaskRole"
    (found,) = own(title, **{section: {"task_statements": [ORDERS]}})
    assert found == {
        "Sid": "Orders",
        "Effect": "Allow",
        "Action": ["sqs:SendMessage", "sqs:Get*"],
        "Resource": ["arn:aws:sqs:eu-west-2:111122223333:orders"],
        "Condition": ORDERS["conditions"],
    }


def test_a_deny_is_a_statement_like_others() -> None:
    deny = {"effect": "Deny", "actions": ["s3:DeleteBucket"], "resources": ["*"]}
    (found,) = own("OrchestrationTaskRole", orchestration={"task_statements": [deny]})
    assert found == {"Effect": "Deny", "Action": ["s3:DeleteBucket"], "Resource": ["*"]}
    assert findings(deployment(orchestration={"task_statements": [deny]})) == []


SOUND: list[dict[str, Any]] = [
    ORDERS,
    {
        "effect": "Deny",
        "actions": ["*"],
        "resources": ["*"],
        "conditions": {"Bool": {"aws:SecureTransport": "false"}},
    },
    {"actions": ["s3:*"], "resources": ["arn:aws:s3:::config", "arn:aws:s3:::config/*"]},
    {"actions": ["s3:*"], "resources": ["arn:aws:s3:::other/*"], "effect": "Deny"},
    {"actions": ["lambda:InvokeFunction", "dynamodb:*Item"], "resources": ["*"]},
    {"actions": ["events:putevents"], "resources": ["*"]},
    {"actions": ["cognito-idp:ListUsers", "execute-api:Invoke"], "resources": ["*"]},
    {"actions": ["ssm:GetParameter"], "resources": ["arn:*:ssm:*:*:parameter/app/*"]},
    {
        "actions": ["s3:GetObject"],
        "resources": ["*"],
        "conditions": {
            "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]},
            "NumericLessThanEquals": {"s3:max-keys": "10"},
            "Null": {"aws:TokenIssueTime": "true"},
            "StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"},
            "Bool": {"aws:SecureTransport": "True"},
        },
    },
]


@pytest.mark.parametrize("statement", SOUND, ids=lambda each: each["actions"][0])
def test_sound_statements_are_left_alone(statement: dict[str, Any]) -> None:
    for section in ("orchestration", "connectors"):
        assert findings(deployment(**{section: {"task_statements": [statement]}})) == []


def test_the_same_id_may_be_in_both_task_roles() -> None:
    both = {section: {"task_statements": [ORDERS]} for section in ("orchestration", "connectors")}
    assert findings(deployment(**both)) == []


def test_statements_of_connectors_that_are_off_are_nobodys() -> None:
    wide = {"enabled": False, "task_statements": [{"actions": ["*"], "resources": ["*"]}]}
    assert findings(deployment(connectors=wide)) == []


def test_connectors_may_be_denied_what_only_brokers_need() -> None:
    deny = {"effect": "Deny", "actions": ["rds-db:*"], "resources": ["*"]}
    assert findings(deployment(connectors={"task_statements": [deny]})) == []


def test_only_aws_services_make_grants_where_the_spec_says_so() -> None:
    # The statement that AWS Control Tower's CT.KMS.PR.3 looks for, word for word.
    expected = {
        "Sid": "OnlyAwsServicesGrant",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["kms:CreateGrant"],
        "Resource": ["*"],
        "Condition": {
            "BoolIfExists": {
                "kms:GrantIsForAWSResource": "false",
                "aws:PrincipalIsAWSService": "false",
            }
        },
    }
    keys = {"observability": {"log_encryption": {}}, "storage": {"documents": {"enabled": True}}}
    for limited in (True, False):
        found = [
            each["Properties"]["KeyPolicy"]["Statement"]
            for each in resources(iam={"limit_kms_grants": limited}, **keys).values()
            if each["Type"] == "AWS::KMS::Key"
        ]
        assert len(found) == 6
        for statements in found:
            assert [s["Effect"] for s in statements].count("Allow") == len(statements) - limited
            assert (expected in statements) is limited
