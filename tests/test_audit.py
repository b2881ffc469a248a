"""Audits: what fails is seen, what is sound passes, and every exposure is in the matrix."""

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from camformation.audit.audit import Result, Status, audit
from camformation.audit.checks import CHECKS
from camformation.audit.controls import Control, applies, controls, failures
from camformation.audit.matrix import EVERYWHERE, flows, matrix, unexplained
from camformation.audit.values import at
from camformation.cli.commands.audit import SEVERITIES, patches_of
from camformation.cli.main import main
from camformation.diagnostics import nowhere
from camformation.layout import ROOT, Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.report.spec.audit import render_matrix

SPECS = sorted((Path(__file__).parents[1] / "spec").glob("*.yaml"))
PRODUCTION = next(path for path in SPECS if path.stem == "production")
REFERENCE = next(path for path in SPECS if path.stem == "reference")
CONTROLS = {each.id: each for each in controls()}
Golden = Callable[[str, Any], None]
Output = pytest.CaptureFixture[str]


def compiled(spec: Path, layout: Layout, *settings: str) -> Compiled:
    return compile_spec(str(spec), lambda file: Path(file).read_bytes(), layout, settings)


@cache
def template(spec: Path, *settings: str) -> Any:
    return compiled(spec, Layout.FLAT, *settings).templates[ROOT]


def results(of: Any) -> dict[str, Result]:
    return {each.control.id: each for each in audit(of, nowhere, {})}


@cache
def security_hub() -> dict[str, dict[str, list[Any]]]:
    """Return what Security Hub's guide relates to its controls."""
    page = Path(__file__).parent / "security_hub.yaml"
    return cast(dict[str, dict[str, list[Any]]], yaml.safe_load(page.read_text("utf-8")))


def test_controls_are_whole() -> None:
    assert len(CONTROLS) >= 60
    assert {each.check for each in CONTROLS.values() if each.check} == set(CHECKS)
    assert {each.severity.value for each in CONTROLS.values()} == set(SEVERITIES)
    for each in CONTROLS.values():
        assert bool(each.check) != bool(each.property) and each.references.get("nist")
        assert len(each.must) == (1 if each.property else 0)


FORMS = {
    "securityhub": r"[A-Za-z0-9]+\.\d+",
    "cis": r"\d+\.\d+(\.\d+)?",
    "nist": r"(AC|AU|CA|CM|CP|IA|IR|SC|SI)-\d+(\(\d+\))?",
    "pci": r"\d+\.\d+\.\d+",
}


def test_references_have_their_form_and_are_as_security_hub_relates_them() -> None:
    known = security_hub()
    for control in CONTROLS.values():
        named = {kind: text.split(", ") for kind, text in control.references.items()}
        for kind, values in named.items():
            assert all(re.fullmatch(FORMS[kind], value) for value in values), control
            assert len(values) == len(set(values)), control
        related = [known[each] for each in named.get("securityhub", ())]
        for kind in ("nist", "cis", "pci"):
            theirs = {str(each) for one in related for each in one.get(kind, ())}
            if theirs or kind != "nist":
                assert set(named.get(kind, ())) <= theirs, control


NOT_TO_COPY = {
    "SEC-EFS-4": "names the default's resources by an ellipsis",
    "SEC-ELB-1": "a certificate is the user's",
    "SEC-ELB-6": "a certificate is the user's, and only TLS is logged",
    "SEC-ELB-11": "a certificate is the user's",
    "SEC-ECS-15": "a certificate authority is the user's",
    "SEC-ECS-12": "a registry has to be asked",
    "SEC-EFS-2": "a key is the user's",
    "SEC-NET-1": "networks are the user's",
    "SEC-NET-6": "destinations are the user's",
    "SEC-NET-8": "passes with endpoints, of which the reference has none that it may limit",
    "SEC-NET-10": "CloudFormation cannot do it",
    "SEC-S3-7": "the node-id bucket keeps no versions on purpose",
    "SEC-S3-11": "the node-id bucket has nothing to expire",
}


def failing() -> set[str]:
    found = results(template(REFERENCE))
    return {name for name, each in found.items() if each.status is Status.FAIL}


def test_what_cannot_be_copied_is_still_advised() -> None:
    assert failing() >= set(NOT_TO_COPY)


@pytest.mark.parametrize("control", sorted(failing() - set(NOT_TO_COPY)))
def test_what_is_to_be_written_helps(control: str) -> None:
    before = results(template(REFERENCE))[control]
    written = yaml.safe_load(CONTROLS[control].write.partition(";")[0].replace(", with ", "\n"))
    after = results(template(REFERENCE, *settings_of(written)))[control]
    assert len(after.faults) < len(before.faults)


def settings_of(written: Any, path: str = "") -> list[str]:
    """Return `--set` arguments for a part of a spec."""
    if not isinstance(written, dict) or not written:
        return [f"{path}={json.dumps(written)}"]
    return [
        each
        for key, value in written.items()
        for each in settings_of(value, f"{path}.{key}" if path else key)
    ]


def test_nothing_is_said_of_controls_that_no_one_names() -> None:
    named = {n for c in CONTROLS.values() for n in c.references.get("securityhub", "").split(", ")}
    assert named - {""} == security_hub().keys()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_audit_and_matrix_of_shipped_specs(spec: Path, golden: Golden) -> None:
    lines = [
        f"{name} {each.control.severity} {each.status}"
        + "".join(f"\n    {fault.logical_id}: {fault.problem}" for fault in each.faults)
        for name, each in results(template(spec)).items()
    ]
    golden(f"audit/{spec.stem}.txt", "\n".join(lines) + "\n")
    golden(f"audit/{spec.stem}.matrix.md", render_matrix(matrix(template(spec)), "markdown"))


def test_no_control_above_medium_fails_in_production() -> None:
    worse = {"critical", "high"}
    failed = [r for r in results(template(PRODUCTION)).values() if r.status is Status.FAIL]
    assert not [r.control.id for r in failed if r.control.severity in worse]


def weakened(of: Any, kind: str, path: str, value: Any) -> Any:
    """Return the template with another value at a path of each resource of a type."""
    changed = copy.deepcopy(of)
    for resource in changed["Resources"].values():
        if resource["Type"] == kind:
            properties = resource.setdefault("Properties", {})
            for found, _ in list(at(changed, properties, path)):
                inner: Any = properties
                for step in found[:-1]:
                    if isinstance(inner, dict):
                        inner.setdefault(step, {})
                    inner = cast(Any, inner)[step]
                inner[found[-1]] = value
    return changed


BAD: dict[str, Any] = {
    "set": None,
    "equals": "x",
    "one_of": "x",
    "at_least": 0,
    "items": [],
    "includes": [],
}


@pytest.mark.parametrize(
    "control",
    [
        each
        for each in CONTROLS.values()
        if each.property and not list(failures(each, template(PRODUCTION)))
    ],
    ids=lambda each: each.id,
)
def test_a_patch_that_weakens_a_property_is_seen(control: Control) -> None:
    if not applies(control, template(PRODUCTION)):
        pytest.skip("not in the production spec")
    assert control.property
    [(kind, wanted)] = control.must.items()
    worse: Any = wanted if kind == "not" else BAD.get(kind)
    if kind == "none_of":
        worse = wanted[0]
    if control.must == {"set": False}:
        worse = "written"
    assert list(
        failures(control, weakened(template(PRODUCTION), control.type, control.property, worse))
    )


RULE = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535, "CidrIp": "0.0.0.0/0"}
GROUP = {"GroupId": {"Fn::GetAtt": ["AlbSecurityGroup", "GroupId"]}}
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
PLAIN = {"Protocol": "HTTP", "DefaultActions": [{"Type": "forward"}]}
OLD_TLS = {"Protocol": "TLS", "SslPolicy": "ELBSecurityPolicy-2016-08"}
TRUSTING = {"AssumeRolePolicyDocument": {"Statement": [{"Principal": {"AWS": "*"}}]}}
TELLING = {"Environment": [{"Name": "DB_PASSWORD", "Value": "x"}]}
TRUSTFUL = {"Name": "seed", "Environment": [{"Name": "PGSSLMODE", "Value": "require"}]}


def policy(action: str, **more: Any) -> Any:
    return {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", **more}]}


def role(action: str) -> Any:
    return {"Policies": [{"PolicyDocument": policy(action)}]}


def managed(name: str) -> Any:
    return {"ManagedPolicyArns": [f"arn:aws:iam::aws:policy/{name}"]}


def told(**variables: str) -> Any:
    environment = [{"Name": name, "Value": value} for name, value in variables.items()]
    return {"ContainerDefinitions": [{"Name": "broker", "Environment": environment}]}


ALL_PORTS = {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "CidrIp": "10.0.0.0/8"}
WORSE = [
    ("SEC-NET-1", "AWS::EC2::SecurityGroupIngress", {**RULE, **GROUP}),
    ("SEC-NET-2", "AWS::EC2::SecurityGroupIngress", {**RULE, **GROUP, "CidrIp": "10.0.0.0/8"}),
    ("SEC-NET-9", "AWS::EC2::SecurityGroupIngress", {**RULE, **GROUP, "CidrIp": "10.0.0.0/8"}),
    ("SEC-NET-7", "AWS::EC2::SecurityGroup", {"GroupDescription": "open"}),
    ("SEC-NET-3", "AWS::EC2::SecurityGroup", {"GroupDescription": "unused"}),
    ("SEC-RDS-6", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql"}),
    ("SEC-RDS-10", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql"}),
    ("SEC-RDS-16", "AWS::RDS::DBCluster", {"EngineVersion": "16.4"}),
    ("SEC-RDS-19", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql"}),
    ("SEC-EFS-3", "AWS::EFS::FileSystem", {}),
    ("SEC-EFS-7", "AWS::EFS::FileSystem", {}),
    ("SEC-EFS-8", "AWS::ECS::TaskDefinition", {"Volumes": [{"EFSVolumeConfiguration": {}}]}),
    ("SEC-S3-6", "AWS::S3::Bucket", {}),
    ("SEC-S3-10", "AWS::S3::Bucket", {}),
    ("SEC-KMS-3", "AWS::KMS::Key", {}),
    ("SEC-SM-4", "AWS::SecretsManager::Secret", {}),
    ("SEC-ELB-1", LISTENER, PLAIN),
    ("SEC-ELB-2", LISTENER, OLD_TLS),
    ("SEC-KMS-2", "AWS::KMS::Key", {"KeyPolicy": policy("*", Principal="*")}),
    ("SEC-IAM-1", "AWS::IAM::Role", role("*")),
    ("SEC-IAM-2", "AWS::IAM::Role", role("s3:*")),
    ("SEC-IAM-3", "AWS::IAM::Role", role("kms:Decrypt")),
    ("SEC-IAM-5", "AWS::IAM::Role", role("iam:PassRole")),
    ("SEC-IAM-4", "AWS::IAM::Role", TRUSTING),
    ("SEC-ECS-6", "AWS::ECS::TaskDefinition", {"ContainerDefinitions": [TELLING]}),
    *(
        (control, kind, {subject: {"Ref": "X"}, document: policy("x:Any", Principal=everyone)})
        for control, kind, subject, document in (
            ("SEC-S3-13", "AWS::S3::BucketPolicy", "Bucket", "PolicyDocument"),
            ("SEC-SNS-1", "AWS::SNS::TopicPolicy", "Topics", "PolicyDocument"),
            ("SEC-EFS-9", "AWS::EFS::FileSystem", "x", "FileSystemPolicy"),
            ("SEC-SM-6", "AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy"),
        )
        for everyone in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    ),
    *(("SEC-IAM-1", "AWS::IAM::Role", role(each)) for each in ("*:*", "**")),
    *(("SEC-IAM-2", "AWS::IAM::Role", role(each)) for each in ("S3:*", "s3:**")),
    *(("SEC-IAM-3", "AWS::IAM::Role", role(each)) for each in ("KMS:decrypt", "kms:D*", "*")),
    *(("SEC-IAM-5", "AWS::IAM::Role", role(each)) for each in ("iam:passrole", "iam:Pass*")),
    ("SEC-IAM-1", "AWS::IAM::Role", managed("PowerUserAccess")),
    ("SEC-IAM-1", "AWS::IAM::Role", managed("IAMFullAccess")),
    ("SEC-IAM-2", "AWS::IAM::Role", managed("AmazonS3FullAccess")),
    *(
        ("SEC-ECS-6", "AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"Environment": each}]})
        for name in ("AWS_ACCESS_KEY_ID", "ECS_ENGINE_AUTH_DATA", "DD_API_KEY")
        for each in [[{"Name": name, "Value": "x"}]]
    ),
    *(
        ("SEC-ECS-2", "AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"User": user}]})
        for user in ("0", "root", "0:1001", "root:root", None)
    ),
    ("SEC-S3-5", "AWS::S3::Bucket", {}),
    ("SEC-NET-1", "AWS::EC2::SecurityGroupIngress", {**GROUP, "CidrIpv6": "0::/0"}),
    ("SEC-NET-9", "AWS::EC2::SecurityGroupIngress", {**GROUP, **ALL_PORTS}),
    ("SEC-NET-4", "AWS::EC2::VPC", {}),
    ("SEC-WAF-3", "AWS::WAFv2::WebACL", {}),
    ("SEC-MON-3", "AWS::CloudWatch::Alarm", {}),
    ("SEC-MON-3", "AWS::CloudWatch::Alarm", {"AlarmActions": ["x"], "ActionsEnabled": False}),
    ("SEC-SNS-2", "AWS::SNS::Topic", {}),
    ("SEC-RDS-18", "AWS::ECS::TaskDefinition", {"ContainerDefinitions": [TRUSTFUL]}),
    ("SEC-NET-8", "AWS::EC2::VPCEndpoint", {}),
    *(
        ("SEC-IAM-6", "AWS::IAM::Role", role(each))
        for each in ("secretsmanager:Get*", "ssm:GetParameters")
    ),
    *(
        ("SEC-APP-1", "AWS::ECS::TaskDefinition", told(**{name: value}))
        for name, value in (
            ("CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED", "off"),
            ("CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI", "true"),
            ("JAVA_TOOL_OPTIONS", "-Dcamunda.security.csrf.enabled=false"),
            ("SPRING_APPLICATION_JSON", '{"camunda.data.audit-log.enabled": false}'),
        )
    ),
    ("SEC-NET-8", "AWS::EC2::VPCEndpoint", {"PolicyDocument": policy("s3:*", Principal="*")}),
    ("SEC-BAK-3", "AWS::Backup::BackupVault", {"AccessPolicy": policy("backup:*", Principal="*")}),
    (
        "SEC-ECS-16",
        "AWS::ECS::TaskDefinition",
        {"ContainerDefinitions": [{"LinuxParameters": {"Capabilities": {"Add": ["SYS_PTRACE"]}}}]},
    ),
]


@pytest.mark.parametrize(("control", "kind", "properties"), WORSE)
def test_a_resource_that_weakens_is_seen(control: str, kind: str, properties: Any) -> None:
    of = copy.deepcopy(template(PRODUCTION))
    assert control == "SEC-S3-5" or not list(failures(CONTROLS[control], of))
    of["Resources"]["Worse"] = {"Type": kind, "Properties": properties}
    assert "Worse" in {name for name, _, _ in failures(CONTROLS[control], of)}


SOUND = [
    ("SEC-S3-9", "AWS::S3::Bucket", {}),  # buckets have no ACLs unless somebody asks for them
    ("SEC-ECS-2", "AWS::ECS::TaskDefinition", {"ContainerDefinitions": [{"User": "1001:0"}]}),
    ("SEC-IAM-2", "AWS::IAM::Role", role("s3:Get*")),
    ("SEC-IAM-5", "AWS::IAM::Role", role("iam:GetRole")),
    (
        "SEC-IAM-5",
        "AWS::IAM::Role",
        {
            "Policies": [
                {"PolicyDocument": policy("iam:PassRole", Resource="arn:aws:iam::1:role/a")}
            ]
        },
    ),
]


OF_THE_ACCOUNT = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
SOUND += [
    (
        "SEC-APP-1",
        "AWS::ECS::TaskDefinition",
        told(CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED="true", CAMUNDA_SECURITY_CSRF_ENABLED="yes"),
    ),
    (
        "SEC-IAM-6",
        "AWS::IAM::Role",
        {
            "Policies": [
                {
                    "PolicyDocument": policy(
                        "secretsmanager:GetSecretValue",
                        Resource="arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-*",
                    )
                }
            ]
        },
    ),
    (
        "SEC-NET-8",
        "AWS::EC2::VPCEndpoint",
        {"PolicyDocument": policy("*", Principal="*", Condition=OF_THE_ACCOUNT)},
    ),
    (
        "SEC-NET-8",
        "AWS::EC2::VPCEndpoint",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        **{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"},
                        "Resource": "arn:aws:s3:::public/*",
                    }
                ]
            }
        },
    ),
    (
        "SEC-ECS-16",
        "AWS::ECS::TaskDefinition",
        {"ContainerDefinitions": [{"LinuxParameters": {"Capabilities": {"Drop": ["ALL"]}}}]},
    ),
]


@pytest.mark.parametrize(("control", "kind", "properties"), SOUND)
def test_a_sound_resource_passes(control: str, kind: str, properties: Any) -> None:
    of = copy.deepcopy(template(PRODUCTION))
    of["Resources"]["Sound"] = {"Type": kind, "Properties": properties}
    assert "Sound" not in {name for name, _, _ in failures(CONTROLS[control], of)}


def test_everyone_over_tls_is_everyone() -> None:
    of = copy.deepcopy(template(PRODUCTION))
    for condition, seen in (("aws:SecureTransport", True), ("aws:PrincipalAccount", False)):
        (statement,) = policy("s3:GetObject", Principal="*")["Statement"]
        statement["Condition"] = {"StringEquals": {condition: "x"}}
        document = {"Bucket": "b", "PolicyDocument": {"Statement": [statement]}}
        of["Resources"]["Worse"] = {"Type": "AWS::S3::BucketPolicy", "Properties": document}
        assert bool(list(failures(CONTROLS["SEC-S3-13"], of))) is seen


def test_a_flow_log_of_accepted_traffic_alone_is_none() -> None:
    of = template(PRODUCTION, "network.flow_logs.traffic=ACCEPT")
    assert [name for name, _, _ in failures(CONTROLS["SEC-NET-4"], of)] == ["Vpc"]


SETTLED = [
    ("SEC-ELB-7", "access", "deletion_protection: false"),
    ("SEC-RDS-4", "database", "deletion_protection: false"),
    ("SEC-RDS-12", "database", "log_exports: null"),
    ("SEC-NET-4", "network", "flow_logs: null"),
    ("SEC-MON-2", "observability", "alarms: null"),  # those of rollouts watch a rollout alone
    ("SEC-RDS-5", "database", "backup_retention_days: 1"),
    ("SEC-KMS-4", "iam", "limit_kms_grants: false"),
]
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
STATEMENTS = "/Resources/AlarmTopicPolicy/Properties/PolicyDocument/Statement"
ADDED = {
    "op": "add",
    "path": f"{STATEMENTS}/0",
    "value": EVERYONE,
}
STATED = {"sid": "All", "effect": "Allow", "actions": ["s3:Get*", "s3:*"], "resources": ["*"]}


def located(control: str, section: str, values: Any) -> set[tuple[str, str]]:
    """Return what fails a control in the production spec with other values in a section, each with
    the line that is shown."""
    data = yaml.safe_load(PRODUCTION.read_text("utf-8"))
    data[section] = {**data.get(section, {}), **values} if isinstance(values, dict) else values
    text = yaml.safe_dump(data, sort_keys=False)
    one = compile_spec("camunda.yaml", lambda _: text.encode(), Layout.FLAT)
    found = audit(one.templates[ROOT], one.locate_finding, {}, one.written, patches_of(one))
    (result,) = (each for each in found if each.control.id == control)
    lines = text.splitlines()
    return {
        (each.logical_id, lines[each.location.line - 1].strip() if each.location else "")
        for each in result.faults
    }


@pytest.mark.parametrize(("control", "section", "field"), SETTLED)
def test_a_finding_is_at_the_field_that_settles_it(control: str, section: str, field: str) -> None:
    found = located(control, section, yaml.safe_load(field))
    assert {line for _, line in found} == {field}


def test_a_finding_in_a_statement_is_at_its_line() -> None:
    (stated,) = located("SEC-IAM-2", "connectors", {"task_statements": [STATED]})
    assert stated == ("ConnectorsTaskRole", "- s3:*")
    secrets = {**STATED, "actions": ["secretsmanager:GetSecretValue"]}
    (stated,) = located("SEC-IAM-6", "connectors", {"task_statements": [secrets]})
    assert stated == ("ConnectorsTaskRole", "- sid: All")
    (added,) = located("SEC-SNS-1", "patches", [{"component": "logs", "patch": [ADDED]}])
    assert added == ("AlarmTopicPolicy", "- op: add")


OPEN_RULE = {
    "Type": "AWS::EC2::SecurityGroupIngress",
    "Properties": {**RULE, "GroupId": {"Fn::GetAtt": ["OrchestrationSecurityGroup", "GroupId"]}},
}
PATCHED = [
    ("SEC-SNS-1", "logs", "add", f"{STATEMENTS}/-", EVERYONE),
    ("SEC-EFS-3", "storage", "remove", "/Resources/FileSystem/Properties/FileSystemPolicy", None),
    (
        "SEC-EFS-8",
        "orchestration",
        "replace",
        "/Resources/OrchestrationTaskDefinition/Properties/Volumes/0/EFSVolumeConfiguration"
        "/TransitEncryption",
        "DISABLED",
    ),
    ("SEC-NET-1", "network", "add", "/Resources/Open", OPEN_RULE),  # and not at another field
    (
        "SEC-NET-9",
        "network",
        "add",
        "/Resources/AlbSecurityGroup/Properties/SecurityGroupIngress",
        [{**RULE, "FromPort": 22, "ToPort": 22}],
    ),
    # what another resource decides
    ("SEC-S3-6", "storage", "remove", "/Resources/BackupBucketPolicy", None),
    (
        "SEC-S3-6",
        "storage",
        "replace",
        "/Resources/BackupBucketPolicy/Properties/PolicyDocument/Statement/0/Effect",
        "Allow",
    ),
]


@pytest.mark.parametrize(("control", "component", "op", "path", "value"), PATCHED)
def test_a_finding_in_what_a_patch_wrote_is_at_the_patch(
    control: str, component: str, op: str, path: str, value: Any
) -> None:
    one = {"op": op, "path": path, **({} if value is None else {"value": value})}
    (found,) = located(control, "patches", [{"component": component, "patch": [one]}])
    assert found[1] == f"- op: {op}"


def test_a_finding_beside_a_patch_is_not_at_the_patch() -> None:
    path = "/Resources/FileSystem/Properties/LifecyclePolicies"
    one = {"op": "add", "path": path, "value": [{"TransitionToIA": "AFTER_30_DAYS"}]}
    patches = {"patches": [{"component": "storage", "patch": [one]}]}
    text = yaml.safe_dump({"name": "camunda", **patches}).encode()
    spec = compile_spec("camunda.yaml", lambda _: text, Layout.FLAT)
    for name in ("KmsKeyId", "BackupPolicy", "FileSystemPolicy"):
        assert spec.locate_finding(ROOT, "FileSystem", ("Properties", name)) is None


def test_networks_that_together_are_everything_are_everything() -> None:
    """Each half of all addresses is no network of its own, and both are."""
    for cidrs, seen in (
        (["0.0.0.0/1", "128.0.0.0/1"], 2),
        (["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1", "10.0.0.0/8"], 3),
        (["::/1", "8000::/1"], 2),
        (["0.0.0.0/0", "10.0.0.0/8"], 1),
        (["0.0.0.0/1", "8000::/1"], 0),
        (["128.0.0.0/1"], 0),
    ):
        of = copy.deepcopy(template(PRODUCTION))
        for number, cidr in enumerate(cidrs):
            key = "CidrIpv6" if ":" in cidr else "CidrIp"
            rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, key: cidr, **GROUP}
            kind = "AWS::EC2::SecurityGroupIngress"
            of["Resources"][f"Rule{number}"] = {"Type": kind, "Properties": rule}
        assert len(list(failures(CONTROLS["SEC-NET-1"], of))) == seen, cidrs


VARIANTS = [
    (),
    ("access.scheme=internal",),
    ("database.authentication=password",),
    ("network.availability_zones=2",),
    ("network.vpc_endpoints=[]",),
    ("access.vpc_clients=true",),
    ("storage.documents.enabled=false",),
    ("orchestration.brokers=6",),
]


@pytest.mark.parametrize("settings", VARIANTS, ids=str)
def test_no_production_spec_opens_what_nobody_named(settings: tuple[str, ...]) -> None:
    of = template(PRODUCTION, *settings)
    exposure = matrix(of)
    groups = dict(exposure.holders)
    assert unexplained(exposure) == []
    named = {"203.0.113.0/24", "10.190.0.0/16", "VpcCidr", "Vpc.CidrBlock"}
    for flow in flows(of):
        if flow.way == "in" and flow.source not in groups:
            assert flow.source in named
            assert not flow.first <= 9600 <= flow.last and flow.source not in EVERYWHERE


def test_reference_becomes_production_without_data_loss(tmp_path: Path, capsys: Output) -> None:
    """Only the number of partitions is in the way: Camunda's API changes it, not a template.

    The file system keeps its key, and the database's log exports are switched on afterwards.
    """
    old = str(tmp_path / "old")
    assert main(["compile", str(REFERENCE), "--set", "name=camunda-prod", "--out", old]) == 0
    live = ("storage.efs.customer_key=false", "database.log_exports.active=false")
    plan = ["plan", str(PRODUCTION), "--offline", "--base", old]
    plan += [word for each in live for word in ("--set", each)]
    assert main(plan) == 3
    blocked = re.findall(r"(CAM\d+) blocked", capsys.readouterr().out)
    assert set(blocked) == {"CAM661"}
    allowed = "CAM661:OrchestrationService"
    assert main([*plan, "--allow-data-loss", allowed, "--json"]) == 2
    components = json.loads(capsys.readouterr().out)["components"]
    changes = [change for each in components for change in each["changes"]]
    gone = {each["type"] for each in changes if each["action"] in ("delete", "replace")}
    assert gone == {
        "AWS::EC2::SecurityGroupIngress",
        "AWS::ECS::TaskDefinition",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
    }


def test_command(capsys: Output) -> None:
    spec = str(PRODUCTION)
    assert main(["audit", spec]) == 0
    assert "SEC-KMS-1" not in capsys.readouterr().out
    assert main(["audit", spec, "--fail-on", "high"]) == 0
    assert main(["audit", spec, "--fail-on", "medium"]) == 1
    capsys.readouterr()
    assert main(["audit", spec, "--json", "--ignore", "SEC-S3-12=copies are elsewhere"]) == 0
    data = {each["id"]: each for each in json.loads(capsys.readouterr().out)["controls"]}
    assert data["SEC-S3-12"]["status"] == "ignored"
    assert data["SEC-S3-12"]["reason"] == "copies are elsewhere"
    faults = [fault for each in data.values() for fault in each["faults"]]
    assert any(fault["location"] and fault["location"]["line"] for fault in faults)
    assert main(["audit", spec, "--format", "sarif"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert main(["audit", spec, "--format", "markdown"]) == 0
    assert "| SEC-ELB-1 | high | pass |" in capsys.readouterr().out
    assert main(["audit", spec, "--matrix"]) == 0
    assert "Who may do what" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ignore", "SEC-ELB-55=why"], "there is no control 'SEC-ELB-55': did you"),
        (["--ignore", "SEC-ELB-5"], "SEC-ELB-5 needs a reason"),
        (["--matrix", "--fail-on", "high"], "--matrix excludes"),
    ],
)
def test_command_refuses(arguments: list[str], words: str, capsys: Output) -> None:
    assert main(["audit", str(PRODUCTION), *arguments]) == 1
    assert words in capsys.readouterr().err
