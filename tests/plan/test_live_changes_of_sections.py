"""Changes of one section or several of a live spec, and what AWS makes of them.

What is right is the CloudFormation Template Reference's word ("Update requires"), that of the
services' guides and API references, and what users report of refused changes.
"""

import copy
from typing import Any

import pytest

from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.model import Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from deployments import templates
from plan.test_live_changes import (
    CERTIFICATE,
    EXISTING,
    KEY,
    SECRET,
    GoldenPart,
    Said,
    Spec,
    access,
    backup,
    compiled,
    compliance,
    database,
    exported,
    locked,
    logs,
    patched,
    texts,
    tls,
)
from plan.test_live_changes_of_parts import ZONE, agree, changed, gate_of

BLOCK, WARNING = Severity.BLOCK, Severity.WARNING
BALANCERS, BROKERS, NETWORK, STORAGE = "load_balancers", "orchestration", "network", "storage"
NAMED = tls(certificate_arn=CERTIFICATE)


def both(*parts: Spec) -> Spec:
    """Return parts of a spec put together."""
    found: Spec = {}
    for part in parts:
        _add(found, part)
    return found


def _add(found: Spec, part: Spec) -> None:
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            _add(found[name], value)
        elif name == "patches":
            found[name] = [*found.get(name, ()), *value]
        else:
            found[name] = copy.deepcopy(value)


def network(**settings: Any) -> Spec:
    return {"network": settings}


def existing(**settings: Any) -> Spec:
    return network(existing={**EXISTING, **settings})


def brokers(**settings: Any) -> Spec:
    return {"orchestration": settings}


def connectors(**settings: Any) -> Spec:
    return {"connectors": settings}


def chosen(stage: str, then: int, otherwise: int) -> Spec:
    """Return a spec with a patch whose condition, if `stage` is x, chooses a retention."""
    when = {"Long": {"Fn::Equals": [stage, "x"]}}
    where = "/Resources/AuroraCluster/Properties/BackupRetentionPeriod"
    patch = [
        {"op": "add", "path": "/Conditions", "value": when},
        {"op": "add", "path": where, "value": {"Fn::If": ["Long", then, otherwise]}},
    ]
    return {"patches": [{"component": "database", "patch": patch}]}


def storage(**settings: Any) -> Spec:
    return {"storage": settings}


def subnets(kind: str, *numbers: int) -> Spec:
    return {f"{kind}_subnet_ids": [f"subnet-0a1b2c3d4e5f600{number:02}" for number in numbers]}


def added(component: str, name: str, kind: str, **properties: Any) -> Spec:
    return patched(component, name, {"Type": kind, "Properties": properties})


def listener(name: str, port: int) -> Spec:
    reply = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    return added(
        BALANCERS,
        name,
        "AWS::ElasticLoadBalancingV2::Listener",
        LoadBalancerArn={"Ref": "WebLoadBalancer"},
        Port=port,
        Protocol="HTTP",
        DefaultActions=[reply],
    )


def route(name: str, to: str) -> Spec:
    return added(
        NETWORK,
        name,
        "AWS::EC2::Route",
        RouteTableId={"Ref": "PrivateRouteTable1"},
        DestinationCidrBlock=to,
        TransitGatewayId="tgw-0a1b2c3d4e5f60001",
    )


def endpoint(names: bool) -> Spec:
    return added(
        NETWORK,
        "Secrets",
        "AWS::EC2::VPCEndpoint",
        VpcId={"Ref": "Vpc"},
        ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.secretsmanager"},
        VpcEndpointType="Interface",
        PrivateDnsEnabled=names,
        SubnetIds=[{"Ref": "PrivateSubnet1"}],
    )


ENDPOINT = network(vpc_endpoints=["secretsmanager"])
PROTECTED = access(deletion_protection=True)
FILES = {
    "file_system_id": "fs-0a1b2c3d4e5f60001",
    "access_point_id": "fsap-0a1b2c3d4e5f60001",
    "security_group_id": "sg-0a1b2c3d4e5f60005",
}
SNAPSHOT = database(source={"snapshot_identifier": "camunda-2026"})
RESTORED = both(SNAPSHOT, brokers(restore={"backup_id": "1"}))
ROLE = patched(BROKERS, "OrchestrationTaskRole/Properties/RoleName", "camunda-task")
PATH = {"iam": {"role_path": "/camunda/"}}
RENAMED = tls(certificate_arn=CERTIFICATE, grpc_hostname="rpc.example.com")

CASES: dict[str, tuple[Spec, Spec, Said]] = {
    # What is taken until everything new is there (cloudformation-coverage-roadmap 424, aws-cdk
    # 13901, terraform-provider-aws 17535).
    "a listener by another name": (
        listener("One", 8080),
        listener("Other", 8080),
        [("CAM796", BLOCK, "Other: the new one is for the same object as One")],
    ),
    "listeners that swap ports": (
        both(listener("One", 8080), listener("Two", 8081)),
        both(listener("One", 8081), listener("Two", 8080)),
        [
            ("CAM796", BLOCK, "One: Port becomes 8081, which Two"),
            ("CAM796", BLOCK, "Two: Port becomes 8080, which One"),
            ("CAM761", WARNING, "One: the listener's port goes"),
            ("CAM761", WARNING, "Two: the listener's port goes"),
        ],
    ),
    "a listener at the port of another": (
        listener("One", 8080),
        changed(BALANCERS, "HttpListener/Properties/Port", 8080),
        [
            ("CAM796", BLOCK, "HttpListener: Port becomes 8080, which One"),
            ("CAM761", WARNING, "HttpListener: the listener's port goes from 80"),
        ],
    ),
    "a listener at another port beside it": (
        listener("One", 8080),
        both(listener("One", 8080), listener("Two", 8081)),
        [],
    ),
    "a route by another name": (
        route("One", "10.9.0.0/16"),
        route("Other", "10.9.0.0/16"),
        [("CAM796", BLOCK, "Other: the new one is for the same object as One")],
    ),
    "a route to somewhere else": (route("One", "10.9.0.0/16"), route("Other", "10.8.0.0/16"), []),
    "an endpoint of a patch becomes a field": (
        endpoint(True),
        ENDPOINT,
        [("CAM796", BLOCK, "SecretsManagerEndpoint: the new one is for the same object as")],
    ),
    "an endpoint without names beside it": (endpoint(False), ENDPOINT, []),
    "a rule that a network replaces": (
        {},
        network(
            egress={"default": "closed", "destinations": [{"cidr": "0.0.0.0/0", "ports": [443]}]}
        ),
        [
            ("CAM796", BLOCK, f"{each}ToCidr4063e8d6Port443: the new one is for the same object")
            for each in ("Orchestration", "Connectors", "Seed")
        ],
    ),
    "a named role in a path": (
        ROLE,
        both(ROLE, PATH),
        [("CAM796", BLOCK, "OrchestrationTaskRole: the new one has the name")],
    ),
    # What nobody undoes (Amazon S3 User Guide, Object Lock; AWS Backup Developer Guide, Vault
    # Lock).
    "Object Lock": ({}, locked("governance", 7), [("CAM798", WARNING, "S3 can never turn")]),
    "compliance": (backup(), compliance(30), [("CAM798", WARNING, "in 14 days, the lock is")]),
    "compliance from the start": (
        {},
        compliance(30),
        [("CAM798", WARNING, "nobody can change or remove it")],
    ),
    "governance": (backup(), compliance(30, "governance"), []),
    "no lock": (
        backup(lock={}),
        backup(),
        [("CAM668", WARNING, "LockConfiguration.MinRetentionDays goes from 35 to unset")],
    ),
    # Who reaches whom.
    "no clients in the VPC": (
        {},
        access(vpc_clients=False),
        [("CAM761", WARNING, "clients in 10.190.0.0/16 can no longer connect to brokers")],
    ),
    "a larger network": (existing(), existing(cidr="10.0.0.0/15"), []),
    "another network": (
        existing(),
        existing(cidr="10.1.0.0/16"),
        [("CAM761", WARNING, "clients in 10.0.0.0/16 can no longer connect")],
    ),
    "no management port": (
        access(management_port="vpc", scheme="internal"),
        access(scheme="internal"),
        [("CAM761", WARNING, "ManagementListener: the listener at port 9600 is deleted")],
    ),
    "another hostname of gRPC": (
        NAMED,
        RENAMED,
        [("CAM761", WARNING, "the name that gRPC clients and job workers use stops working")],
    ),
    "another path of connectors": (
        {},
        connectors(context_path="/inbound"),
        [("CAM761", WARNING, "the addresses that webhooks use stop working")],
    ),
    "load balancers that are protected": (
        PROTECTED,
        access(scheme="internal"),  # the protection goes too late in the same change
        [
            ("CAM762", BLOCK, "WebLoadBalancer"),
            ("CAM762", BLOCK, "GrpcLoadBalancer"),
            ("CAM761", WARNING, "people"),
            ("CAM761", WARNING, "gRPC clients"),
        ],
    ),
    "other load balancers with another hostname": (
        ZONE,
        access(scheme="internal", tls={**ZONE["access"]["tls"], "hostname": "bpm.example.com"}),
        [
            ("CAM761", WARNING, "people, REST clients and webhooks use"),
            ("CAM761", WARNING, "gRPC clients"),
            ("CAM761", WARNING, "the hostname goes from camunda.example.com to bpm"),
        ],
    ),
    # Networks.
    "an own VPC becomes an existing one": (
        {},
        existing(),
        [
            ("CAM656", BLOCK, "Vpc: deletes the network"),
            ("CAM761", WARNING, "NatGateway1Address, NatGateway2Address, NatGateway3Address"),
        ],
    ),
    "a subnet less": (
        existing(**subnets("private", 1, 2, 3), **subnets("public", 11, 12, 13)),
        existing(),
        [("CAM656", BLOCK, "takes subnet-0a1b2c3d4e5f60003 from the file system")],
    ),
    "subnets of load balancers": (
        existing(),
        existing(**subnets("load_balancer", 31, 32)),
        [("CAM656", WARNING, "GrpcLoadBalancer: leaves subnet-0a1b2c3d4e5f60011")],
    ),
    # Brokers.
    "brokers in balance": (
        {},
        patched(BROKERS, "OrchestrationService/Properties/AvailabilityZoneRebalancing", "ENABLED"),
        [("CAM799", WARNING, "with AvailabilityZoneRebalancing ENABLED, ECS replaces brokers")],
    ),
    "an older patch of Camunda": (
        brokers(image="camunda/camunda:8.10.2"),
        brokers(image="camunda/camunda:8.10.1"),
        [("CAM663", BLOCK, "goes back from 8.10.2 to 8.10.1")],
    ),
    "another cluster of ECS": (
        {},
        {"cluster": {"existing": "shared"}},
        [("CAM655", BLOCK, "OrchestrationService"), ("CAM655", BLOCK, "ConnectorsService")],
    ),
    "a restored deployment as a normal one": (RESTORED, SNAPSHOT, []),
    "a restored deployment without its source": (
        RESTORED,
        {},
        [("CAM650", BLOCK, "because its source changes (SnapshotIdentifier)")],
    ),
    "files of another file system": (
        existing(),
        both(existing(), storage(efs={"existing": FILES})),
        [
            ("CAM763", BLOCK, "to fs-0a1b2c3d4e5f60001"),
            ("CAM651", BLOCK, "AccessPoint"),
            ("CAM652", WARNING, "FileSystem"),
        ],
    ),
    # What conditions of patches choose.
    "a condition that chooses less": (
        chosen("x", 14, 7),
        chosen("y", 14, 7),
        [("CAM668", WARNING, "BackupRetentionPeriod goes from 14 to 7")],
    ),
    "a condition that chooses the same": (chosen("x", 14, 14), chosen("y", 14, 14), []),
    "no value for a protection": (
        database(deletion_protection=True),
        both(
            database(deletion_protection=True),
            changed(
                "database", "AuroraCluster/Properties/DeletionProtection", {"Ref": "AWS::NoValue"}
            ),
        ),
        [("CAM668", WARNING, "DeletionProtection goes from true to unset")],
    ),
    "a VPC of its own hardware": (
        {},
        patched(NETWORK, "Vpc/Properties/InstanceTenancy", "dedicated"),
        [("CAM656", BLOCK, "Vpc: may replace the network")],
    ),
    # What is kept, and for how long.
    "no key for logs": (
        logs(log_encryption={}),
        {},
        [
            ("CAM651", BLOCK, "LogsKey: deletes the KMS key: everything encrypted with it"),
            ("CAM658", WARNING, "CamundaLogGroup"),
            ("CAM658", WARNING, "SeedLogGroup"),
        ],
    ),
    "a secret by a name": (
        {},
        patched("secrets", "AdminPassword/Properties/Name", "camunda-admin"),
        [("CAM650", BLOCK, "the password in it; another one takes its place, and the old one")],
    ),
    "a bucket that may become public": (
        {},
        patched(STORAGE, "BackupBucket/Properties/PublicAccessBlockConfiguration", op="remove"),
        [("CAM668", WARNING, "a policy or an ACL can make the bucket public")],
    ),
    "a bucket without its key": (
        {},
        patched(STORAGE, "BackupBucket/Properties/BucketEncryption", op="remove"),
        [("CAM668", WARNING, "BucketEncryption goes")],
    ),
    "a bucket without its key, and no recovery points of it": (
        backup(resources=["backups"]),
        patched(STORAGE, "BackupBucket/Properties/BucketEncryption", op="remove"),
        [
            ("CAM668", WARNING, "BucketEncryption goes"),
            ("CAM668", WARNING, "no more recovery points of the backup bucket"),
            ("CAM652", WARNING, "the backup vault"),
            ("CAM652", WARNING, "BackupVaultKey"),
        ],
    ),
    "no protection of the database": (
        database(deletion_protection=True),
        {},
        [("CAM668", WARNING, "DeletionProtection goes from true to false")],
    ),
    "a key of the vault": (
        backup(),
        backup(kms_key_arn=KEY),
        [("CAM650", BLOCK, "BackupVault"), ("CAM652", WARNING, "BackupVaultKey")],
    ),
    "engine, class and instances at once": (
        database(engine_version="17.7"),
        database(engine_version="17.9", instances=2, serverless={"min_acu": 1, "max_acu": 8}),
        [("CAM799", WARNING, "17.7 → 17.9"), ("CAM799", WARNING, "the instance class changes")],
    ),
    "less of every backup at once": (
        both(backup(retention_days=60), database(backup_retention_days=14)),
        both(backup(), database(backup_retention_days=7)),
        [("CAM668", WARNING, "35 days instead of 60"), ("CAM668", WARNING, "from 14 to 7")],
    ),
}


@pytest.mark.parametrize(("before", "after", "said"), CASES.values(), ids=CASES)
def test_a_change_of_sections_is_judged_for_what_it_is(
    before: Spec, after: Spec, said: Said, golden_part: GoldenPart
) -> None:
    found = gate_of(before, after)
    golden_part("plan/live_changes_of_sections.txt", texts(found))
    agree(found, said)


PRODUCTION = {"profile": "production", **both(access(allowed_cidrs=["10.0.0.0/8"]), ZONE)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({}, PRODUCTION, id="reference to production"),
        pytest.param(PRODUCTION, {}, id="production to reference"),
        pytest.param({"profile": "development"}, {}, id="development to reference"),
    ],
)
def test_another_profile_is_judged_part_by_part(
    before: Spec, after: Spec, golden_part: GoldenPart
) -> None:
    golden_part("plan/live_changes_of_sections.txt", texts(gate_of(before, after)))


def test_another_condition_is_a_change_even_if_it_is_not_known() -> None:
    def template(region: str) -> dict[str, Any]:
        when = {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}}
        group = {"RetentionInDays": {"Fn::If": ["Here", 7, 14]}}
        resources = {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": group}}
        return {"root": {"Conditions": when, "Resources": resources}}

    assert make_plan(template("eu-west-1"), template("eu-west-2")).exit_code == 2
    assert make_plan(template("eu-west-1"), template("eu-west-1")).exit_code == 0


def test_what_moves_to_another_stack_is_made_there_before_it_goes() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}
    for layout, codes in ((Layout.NESTED, ["CAM651", "CAM796"]), (Layout.FLAT, [])):
        old, new = (
            compiled({"name": "camunda", **patched(each, "Jobs", queue)}, layout).templates
            for each in (STORAGE, "logs")
        )
        assert sorted(block.code for block in make_plan(old, new).gate) == codes


SIDECAR = {"name": "agent", "image": "public.ecr.aws/example/agent:1"}
GROUPS = ["sg-0a1b2c3d4e5f60002"]
HARMLESS = {
    "of the network": (
        existing(),
        both(
            existing(
                private_route_table_ids=["rtb-0a1b2c3d4e5f60001"],
                **subnets("private", 1, 2, 3),
                **subnets("public", 11, 12, 13),
            ),
            network(
                vpc_endpoints=["logs"],
                endpoint_policies={},
                proxy={"address": "http://proxy.example.com:3128"},
                egress={"destinations": [{"cidr": "10.30.0.25/32", "ports": [587]}]},
            ),
        ),
    ),
    "of access": (
        both(NAMED, access(waf={})),
        both(
            tls(
                certificate_arn=CERTIFICATE.replace("1234", "4321"),
                grpc_certificate_arn=CERTIFICATE,
                policy="ELBSecurityPolicy-TLS13-1-3-2021-06",
            ),
            access(
                waf={"rate_limit": 1000, "counted_rules": []},
                allowed_cidrs=["203.0.113.0/24"],
                desync_mitigation="strictest",
                deletion_protection=True,
                alb_security_group_ids=GROUPS,
                nlb_security_group_ids=GROUPS,
            ),
        ),
    ),
    "of tasks": (
        brokers(image="camunda/camunda:8.10.1"),
        both(
            brokers(
                image="camunda/camunda:8.10.2",
                cpu=2048,
                memory_mib=8192,
                memory_budget={},
                execute_command=True,
                lease_seconds=10,
                cluster_health_check=True,
                sidecars=[SIDECAR],
                restart="1",
                security_group_ids=GROUPS,
                task_statements=[{"actions": ["sqs:SendMessage"], "resources": ["*"]}],
                rollout={"circuit_breaker_threshold": 8},
            ),
            connectors(
                autoscaling={"min_tasks": 1, "max_tasks": 4},
                secrets={"TOKEN": SECRET},
                architecture="ARM64",
                rollout={"alarms": {}},
            ),
            {"containers": {"init_process": True, "drop_capabilities": True}},
            {"cluster": {"container_insights": "enhanced", "runtime_monitoring": True}},
        ),
    ),
    "of data": (
        database(log_exports={"active": False}, serverless={"min_acu": 1, "max_acu": 8}),
        both(
            database(
                log_exports={},
                serverless={"min_acu": 1, "max_acu": 16},
                instances=2,
                deletion_protection=True,
                on_delete="retain",
                enhanced_monitoring_seconds=60,
                insights="standard",
                backup_retention_days=7,
                security_group_ids=GROUPS,
                jdbc_parameters={"ApplicationName": "camunda"},
                tls={},
            ),
            storage(
                efs={"security_group_ids": GROUPS},
                backup={"retention": "P14D"},
                documents={"enabled": True},
            ),
            backup(),
            {"secrets": {"additional_kms_key_arns": [KEY]}},
        ),
    ),
    "of what watches": (
        {},
        both(
            logs(
                log_encryption={},
                access_logs={},
                masked_log_data=["EmailAddress"],
                alarms={},
                log_format="json",
                log_retention_days=90,
                on_delete="retain",
            ),
            network(flow_logs={}),
            {"operations": {"task": {}}, "secrets": {"reminder_days": 90}},
            {"iam": {"limit_kms_grants": True, "role_name_prefix": "acme-", **PATH["iam"]}},
            {"authentication": {"cluster_admin": {}}, "license": SECRET},
        ),
    ),
}


@pytest.mark.parametrize(("before", "after"), HARMLESS.values(), ids=HARMLESS)
def test_harmless_changes_alarm_nobody(before: Spec, after: Spec) -> None:
    assert texts(gate_of(before, after)) == ""


@pytest.mark.parametrize("layout", Layout)
def test_another_layout_or_name_is_all_that_is_told(layout: Layout) -> None:
    """Everything else follows from it, and would hide it."""
    other = next(each for each in Layout if each is not layout)
    for before, code in ((templates(other), "CAM666"), (templates(layout, name="old"), "CAM665")):
        [block] = make_plan(before, templates(layout)).gate
        assert (block.code, block.allow) == (code, None)


def test_a_removed_item_has_the_line_of_its_list() -> None:
    three = {**subnets("private", 1, 2, 3), **subnets("public", 11, 12, 13)}
    before = {"name": "camunda", **existing(**three)}
    old, new = (compiled(each, Layout.FLAT) for each in (before, {"name": "camunda", **existing()}))
    origins = origins_of(new, old.templates)
    [block] = make_plan(old.templates, new.templates, origins=origins).blocks
    assert str(block.location) == "spec.yaml:6:5"  # private_subnet_ids:


def test_the_hint_about_an_export_names_it() -> None:
    old, new = exported("camunda-url"), exported(None)
    [block] = make_plan(old, new).gate
    assert "--export-name camunda-url)" in block.hint
