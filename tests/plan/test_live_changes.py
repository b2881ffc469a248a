"""Changes that people make to a live spec, and what AWS and Camunda make of them.

What is right is AWS's own word: the CloudFormation Template Reference ("Update requires"), sources
of handlers, the services' API references; of users and roles, Camunda's.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import yaml

from camformation.deploy.change.request import accepted_losses
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.model import Block, Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import Running, Tasks
from camformation.deploy.plan.symbols import Address
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from deployments import templates

each_layout = pytest.mark.parametrize("layout", Layout)

SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:other-a1B2c3"
CERTIFICATE = "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd"
KEY = "arn:aws:kms:eu-west-2:111122223333:key/12345678-0000-4000-8000-000000000001"
OTHER_KEY = KEY.replace("12345678", "abcdef01")
TOPIC = "arn:aws:sns:eu-west-2:111122223333:alarms"
AUTHORITY = (
    "arn:aws:acm-pca:eu-west-2:111122223333:certificate-authority/"
    "1234abcd-12ab-34cd-56ef-1234567890ab"
)
COPIES = [
    {
        "vault_arn": "arn:aws:backup:eu-central-1:111122223333:backup-vault:copies",
        "retention_days": 90,
    }
]
MORE = [{**COPIES[0], "vault_arn": f"{COPIES[0]['vault_arn']}-2"}]
TO_OTHERS = {"bucket_arn": "arn:aws:s3:::others"}
Spec = dict[str, Any]


def exporting(name: str) -> Spec:
    exporter = "io.camunda.zeebe.broker.exporter.debug.DebugLogExporter"
    return {"orchestration": {"environment": {name: exporter}}}


def patched(component: str, path: str, value: Any = None, op: str = "add") -> Spec:
    one = {"op": op, "path": f"/Resources/{path}", **({"value": value} if op != "remove" else {})}
    return {"patches": [{"component": component, "patch": [one]}]}


def zone(public: str, private: str | None = None) -> Spec:
    more = {"private_hosted_zone_id": private} if private else {}
    return tls(hosted_zone_id=public, **more)


def spot(*providers: str) -> Spec:
    strategy = [{"provider": provider, "weight": 1} for provider in providers]
    return {"connectors": {"capacity_provider_strategy": strategy}}


def backup(**settings: Any) -> Spec:
    return {"aws_backup": settings}


def compliance(days: int, mode: str = "compliance") -> Spec:
    return backup(lock={"mode": mode, "min_retention_days": days})


def locked(mode: str, days: int) -> Spec:
    return {"storage": {"backup": {"object_lock": {"mode": mode, "days": days}}}}


def efs(mode: str, throughput: int | None = None) -> Spec:
    more = {"provisioned_throughput_mibps": throughput} if throughput else {}
    return {"storage": {"efs": {"throughput_mode": mode, **more}}}


def database(**settings: Any) -> Spec:
    return {"database": settings}


def access(**settings: Any) -> Spec:
    return {"access": settings}


def tls(**settings: Any) -> Spec:
    return access(tls={"hostname": "camunda.example.com", **settings})


def users(**settings: Any) -> Spec:
    return {"authentication": {"users": settings}}


def oidc(
    issuer: str = "https://idp.example.com/",
    admins: tuple[str, ...] = ("jane",),
    audiences: tuple[str, ...] = ("camunda",),
) -> Spec:
    provider = {
        "issuer": issuer,
        "client_id": "camunda",
        "client_secret_arn": SECRET,
        "audiences": list(audiences),
        "scope": "openid",
        "admin": {"users": list(admins)},
    }
    return {
        "authentication": {"mode": "oidc", "oidc": provider},
        "connectors": {"enabled": False},
        **tls(certificate_arn=CERTIFICATE),
    }


def logs(**settings: Any) -> Spec:
    return {"observability": settings}


EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.0.0.0/16",
    "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
    "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
}
EXPORTER = '{"camunda": {"data": {"exporters": {"myAudit": {"class-name": "org.example.Audit"}}}}}'
ZONE = {"hosted_zone_id": "Z0123456789ABC"}
REPLICATED = {"backup": {"replication": {"bucket_arn": "arn:aws:s3:::copies", "kms_key_arn": KEY}}}
BLOCK, WARNING = Severity.BLOCK, Severity.WARNING
GoldenPart = Callable[[str, str], None]
Said = list[tuple[str, Severity, str]]  # code, severity, and a part of what it says

CASES: dict[str, tuple[Spec, Spec, Said]] = {
    # ECS takes capacity providers in place, and lets go of none that a template leaves out.
    "Spot begins": ({}, spot("FARGATE_SPOT"), [("CAM655", WARNING, "keeps the service")]),
    "Spot is left": (spot("FARGATE_SPOT"), spot("FARGATE"), []),
    "Spot is left out": (spot("FARGATE_SPOT"), {}, [("CAM794", BLOCK, "run on Fargate Spot")]),
    # RDS keeps what a template leaves out.
    "TLS no longer forced": (
        database(force_ssl=True),
        {},
        [("CAM794", BLOCK, "cannot be deleted")],
    ),
    "TLS switched off by a parameter": (
        database(force_ssl=True),
        database(cluster_parameters={"rds.force_ssl": "0"}),
        [],
    ),
    "insights end": (
        database(insights="advanced"),
        {},
        [("CAM794", WARNING, "keeps Database Insights")],
    ),
    "insights for a week": (database(insights="advanced"), database(insights="standard"), []),
    "enhanced monitoring ends": (database(enhanced_monitoring_seconds=60), {}, []),
    # What AWS refuses after a time.
    "a lock of compliance": (compliance(30), compliance(10), [("CAM798", BLOCK, "14 days")]),
    "a lock of governance": (compliance(30, "governance"), compliance(10, "governance"), []),
    "a lock that tightens": (
        compliance(30, "governance"),
        compliance(30),
        [("CAM798", WARNING, "in 14 days, the lock is permanent")],
    ),
    "a mode of throughput": (efs("elastic"), efs("bursting"), [("CAM798", WARNING, "24 hours")]),
    "less throughput": (
        efs("provisioned", 100),
        efs("provisioned", 50),
        [("CAM798", WARNING, "24 hours")],
    ),
    "more throughput": (efs("provisioned", 50), efs("provisioned", 100), []),
    # Logs and backups that become fewer.
    "logs for a shorter time": (
        logs(log_retention_days=365),
        logs(log_retention_days=30),
        [("CAM797", WARNING, "30 days instead of 365")],
    ),
    "logs for a longer time": (logs(log_retention_days=30), logs(log_retention_days=365), []),
    "logs kept by nobody": (
        logs(on_delete="retain"),
        logs(on_delete="delete"),
        [("CAM668", WARNING, "CamundaLogGroup"), ("CAM668", WARNING, "SeedLogGroup")],
    ),
    "access logs for a shorter time": (
        logs(access_logs={"expiration_days": 365}),
        logs(access_logs={"expiration_days": 30}),
        [("CAM797", WARNING, "30 days instead of 365")],
    ),
    "a log group deleted": (
        access(waf={}),
        {},
        [("CAM797", WARNING, "every event in it")],
    ),
    "a log group kept": (
        {**access(waf={}), **logs(on_delete="retain")},
        logs(on_delete="retain"),
        [("CAM652", WARNING, "kept in the account")],
    ),
    "fewer recovery points": (
        backup(retention_days=60),
        backup(retention_days=35),
        [("CAM668", WARNING, "35 days instead of 60")],
    ),
    "no recovery points of buckets": (
        backup(resources=["database", "backups"]),
        backup(resources=["database"]),
        [("CAM668", WARNING, "the backup bucket")],
    ),
    "no copies": (backup(copies=COPIES), backup(), [("CAM668", WARNING, "no longer copied")]),
    "copies in another order": (backup(copies=COPIES + MORE), backup(copies=MORE + COPIES), []),
    "copies in another vault": (
        backup(copies=COPIES),
        backup(copies=MORE),
        [("CAM668", WARNING, "no longer copied to arn:aws:backup:eu-central-1")],
    ),
    "copies for a shorter time": (
        backup(copies=COPIES),
        backup(copies=[{**COPIES[0], "retention_days": 30}]),
        [("CAM668", WARNING, "are kept for 30 days instead of 90")],
    ),
    "replication into another bucket": (
        {"storage": REPLICATED},
        {"storage": {"backup": {"replication": {**TO_OTHERS, "kms_key_arn": KEY}}}},
        [("CAM668", WARNING, "but to arn:aws:s3:::others, without the existing data")],
    ),
    "a weaker lock of backups": (
        locked("compliance", 30),
        locked("governance", 7),
        [
            ("CAM668", WARNING, "in governance mode instead of compliance mode"),
            ("CAM668", WARNING, "for 7 days instead of 30"),
        ],
    ),
    "a stronger lock of backups": (locked("governance", 7), locked("compliance", 30), []),
    "nothing of the file system kept": (
        {},
        {"storage": {"on_delete": "delete"}},
        [("CAM668", WARNING, each) for each in ("NodeIdKey", "FileSystem", "NodeIdBucket")],
    ),
    "no replication": ({"storage": REPLICATED}, {}, [("CAM668", WARNING, "no longer copied")]),
    "automatic backups of fewer days": (
        database(backup_retention_days=14),
        database(backup_retention_days=7),
        [("CAM668", WARNING, "RDS deletes")],
    ),
    # A topic passes on, and keeps nothing that its key would be needed for.
    "a topic of one's own for alarms": (
        logs(alarms={"topic_arn": TOPIC}),
        logs(alarms={}),
        [("CAM668", WARNING, "without subscriptions")],
    ),
    "alarms": ({}, logs(alarms={}), []),
    "another topic of alarms": (
        logs(alarms={}),
        logs(alarms={"topic_arn": TOPIC}),
        [("CAM668", WARNING, "subscriptions")],
    ),
    # Addresses.
    "other load balancers": (
        {},
        access(scheme="internal"),
        [("CAM761", WARNING, "people"), ("CAM761", WARNING, "gRPC clients")],
    ),
    "another hostname": (
        tls(certificate_arn=CERTIFICATE),
        access(tls={"hostname": "bpm.example.com", "certificate_arn": CERTIFICATE}),
        [("CAM761", WARNING, "from camunda.example.com to bpm.example.com")],
    ),
    "another hostname in a zone": (
        tls(**ZONE),
        access(tls={"hostname": "bpm.example.com", **ZONE}),
        [("CAM761", WARNING, "with the DNS record")],
    ),
    "no zone any more": (
        tls(**ZONE),
        tls(certificate_arn=CERTIFICATE),
        [("CAM761", WARNING, "record of camunda"), ("CAM761", WARNING, "record of grpc.camunda")],
    ),
    "a zone": (
        tls(certificate_arn=CERTIFICATE),
        tls(**ZONE),
        [
            ("CAM798", WARNING, "WebAliasRecord: creates the DNS record of camunda.example.com"),
            ("CAM798", WARNING, "GrpcAliasRecord: creates the DNS record of grpc.camunda"),
        ],
    ),
    "TLS": (
        {},
        tls(**ZONE),
        [
            ("CAM761", WARNING, "expects TLS"),
            ("CAM761", WARNING, "own DNS name to camunda.example.com"),
        ],
    ),
    "no TLS": (
        tls(certificate_arn=CERTIFICATE),
        {},
        [
            ("CAM761", WARNING, "no longer offers TLS"),
            ("CAM761", WARNING, "from camunda.example.com to the load balancer's own DNS name"),
        ],
    ),
    "TLS of people alone": (
        access(grpc=False),
        access(grpc=False, tls={"hostname": "camunda.example.com", **ZONE}),
        [("CAM761", WARNING, "own DNS name to camunda.example.com")],
    ),
    "one NAT gateway": (
        {},
        {"network": {"nat_gateways": "single"}},
        [("CAM761", WARNING, "NatGateway2Address, NatGateway3Address")],
    ),
    "NAT gateways in each zone": ({"network": {"nat_gateways": "single"}}, {}, []),
    # What Camunda has made, it does not change.
    "the password of connectors": (
        {},
        users(connectors={"password_secret_arn": SECRET}),
        [
            ("CAM626", BLOCK, "connectors would log in with the password of another secret"),
            ("CAM652", WARNING, "ConnectorsPassword"),
        ],
    ),
    "the administrator's password": (
        {},
        users(admin={"password_secret_arn": SECRET}),
        [("CAM626", WARNING, "keeps its password"), ("CAM652", WARNING, "AdminPassword")],
    ),
    "an administrator's address": (
        {},
        users(admin={"email": "a@example.com", "name": "A"}),
        [("CAM626", WARNING, "keeps its email and name")],
    ),
    "connectors go": (
        {},
        {"connectors": {"enabled": False}},
        [
            ("CAM626", WARNING, "the spec no longer has connectors"),
            ("CAM652", WARNING, "ConnectorsPassword"),
        ],
    ),
    "connectors come back": (
        {"connectors": {"enabled": False}},
        {},
        [("CAM626", WARNING, "an existing user keeps its password")],
    ),
    "an administrator more": (oidc(), oidc(admins=("jane", "joe")), []),
    "an administrator less": (
        oidc(admins=("jane", "joe")),
        oidc(),
        [("CAM626", WARNING, "joe")],
    ),
    "an audience less": (
        oidc(),
        oidc(audiences=("other",)),
        [("CAM626", WARNING, "tokens for camunda are refused")],
    ),
    "an audience more": (oidc(), oidc(audiences=("camunda", "other")), []),
    "another provider": (
        oidc(),
        oidc("https://other.example.com/"),
        [("CAM626", WARNING, "only if the new provider uses the same names for them")],
    ),
    # Documents that Camunda would no longer find.
    "documents end": (
        {"storage": {"documents": {"enabled": True}}},
        {},
        [
            ("CAM626", BLOCK, "existing documents are not found"),
            ("CAM652", WARNING, "the KMS key"),
            ("CAM652", WARNING, "the documents bucket"),
        ],
    ),
    "documents begin": ({}, {"storage": {"documents": {"enabled": True}}}, []),
    # What is interrupted.
    "a larger instance": (
        {},
        database(instance_class="db.r7g.large"),
        [("CAM799", WARNING, "AuroraInstance1: the instance class changes")],
    ),
    "serverless instances": (
        database(instances=2),
        database(instances=2, serverless={"min_acu": 1, "max_acu": 8}),
        [("CAM799", WARNING, "at the same time")],
    ),
    "more capacity": (
        database(serverless={"min_acu": 1, "max_acu": 8}),
        database(serverless={"min_acu": 1, "max_acu": 16}),
        [],
    ),
    "an engine of the same major version": (
        database(engine_version="17.7"),
        database(engine_version="17.9"),
        [("CAM799", WARNING, "17.7 → 17.9")],
    ),
    "a password for the database": (
        {},
        database(authentication="password"),
        [("CAM799", WARNING, "cannot open new connections")],
    ),
    "another password for the database": (
        database(authentication="password"),
        database(authentication="password", password_secret_arn=SECRET),
        [("CAM652", WARNING, "DatabaseUserPassword"), ("CAM799", WARNING, "another secret")],
    ),
    "fewer instances, of which one writes": (
        database(instances=3),
        database(instances=2),
        [("CAM799", WARNING, "AuroraInstance3: if this includes the database's writer")],
    ),
    "another instance, which may write": (
        database(instances=2),
        {
            **database(instances=2),
            **patched("database", "AuroraInstance1/Properties/DBInstanceIdentifier", "one"),
        },
        [("CAM799", WARNING, "AuroraInstance1: if this includes the database's writer")],
    ),
    "the only instance, after another": (
        {},
        patched("database", "AuroraInstance1/Properties/DBInstanceIdentifier", "one"),
        [("CAM799", WARNING, "another instance takes over")],
    ),
    "brokers' data at another path": (
        {},
        patched(
            "orchestration",
            "OrchestrationTaskDefinition/Properties/ContainerDefinitions/0/MountPoints/0/ContainerPath",
            "/data",
            "replace",
        ),
        [("CAM763", BLOCK, "at /data")],
    ),
    "no copy of the file system": (
        patched(
            "storage",
            "FileSystem/Properties/ReplicationConfiguration",
            {"Destinations": [{"Region": "eu-west-1"}]},
        ),
        {},
        [("CAM668", WARNING, "ReplicationConfiguration")],
    ),
    "no public addresses of IPv4": (
        {},
        patched(
            "load_balancers",
            "WebLoadBalancer/Properties/IpAddressType",
            "dualstack-without-public-ipv4",
        ),
        [("CAM761", WARNING, "gives up its public IPv4 addresses")],
    ),
    "a password for the database, beside users with tokens": (
        database(additional_iam_users=["reporting"]),
        database(additional_iam_users=["reporting"], authentication="password"),
        [("CAM799", WARNING, "logs in by password")],
    ),
    "a user with tokens, beside brokers with a password": (
        database(authentication="password"),
        database(authentication="password", additional_iam_users=["reporting"]),
        [],
    ),
    # What a restart, which comes anyway, makes take effect.
    "parameters with a major version": (
        database(engine_version="17.9", force_ssl=True),
        database(engine_version="18.4", force_ssl=True),
        [("CAM667", BLOCK, "major upgrade")],
    ),
    "parameters with a larger instance": (
        {},
        database(instance_class="db.r7g.large", force_ssl=True),
        [("CAM799", WARNING, "the instance class changes")],
    ),
    "parameters alone": ({}, database(force_ssl=True), [("CAM765", WARNING, "restarted")]),
    # What nobody takes away.
    "a user of the database less": (
        database(additional_iam_users=["reporting", "audit"]),
        database(additional_iam_users=["audit"]),
        [("CAM794", WARNING, "no longer creates reporting, but it never removes users")],
    ),
    "users of the database, in another order": (
        database(additional_iam_users=["reporting", "audit"]),
        database(additional_iam_users=["audit", "reporting"]),
        [],
    ),
    "no seed": (
        database(additional_iam_users=["reporting"]),
        database(seed="none"),
        [("CAM797", WARNING, "SeedLogGroup")],
    ),
    "an exporter less": (
        exporting("CAMUNDA_DATA_EXPORTERS_AUDIT_CLASSNAME"),
        {},
        [("CAM794", WARNING, "the exporter audit is no longer configured")],
    ),
    "an exporter less in JSON": (
        {"orchestration": {"environment": {"SPRING_APPLICATION_JSON": EXPORTER}}},
        {},
        [("CAM794", WARNING, "the exporter myAudit is no longer configured")],
    ),
    "an exporter by another name": (
        exporting("CAMUNDA_DATA_EXPORTERS_AUDIT_CLASSNAME"),
        exporting("CAMUNDA_DATA_EXPORTERS_LOG_CLASSNAME"),
        [("CAM794", WARNING, "the exporter audit is no longer configured")],
    ),
    "an exporter in today's words": (
        exporting("ZEEBE_BROKER_EXPORTERS_AUDIT_CLASSNAME"),
        exporting("CAMUNDA_DATA_EXPORTERS_AUDIT_CLASSNAME"),
        [],
    ),
    "an exporter more": ({}, exporting("CAMUNDA_DATA_EXPORTERS_AUDIT_CLASSNAME"), []),
    "tables that nobody brings to another version": (
        {"version": "8.9", **database(engine_version="17.9", auto_ddl=False)},
        {"version": "8.10", **database(engine_version="17.9", auto_ddl=False)},
        [("CAM766", WARNING, "brokers go from 8.9 to 8.10")],
    ),
    "storage at its default": (
        patched("database", "AuroraCluster/Properties/StorageType", "aurora-iopt1"),
        {},
        [("CAM794", WARNING, "RDS keeps the storage type")],
    ),
    "optimized storage": (
        {},
        patched("database", "AuroraCluster/Properties/StorageType", "aurora-iopt1"),
        [("CAM798", WARNING, "once in 30 days")],
    ),
    # A name in another zone is not in the old one.
    "another zone": (
        zone("Z0123456789ABC"),
        zone("Z0123456789ABD"),
        [
            ("CAM761", WARNING, "of camunda.example.com moves from the zone Z0123456789ABC"),
            ("CAM761", WARNING, "of grpc.camunda.example.com moves from the zone Z0123456789ABC"),
        ],
    ),
    "a private zone": (
        zone("Z0123456789ABC"),
        zone("Z0123456789ABC", private="Z0123456789ABE"),
        [("CAM761", WARNING, "WebAliasRecord"), ("CAM761", WARNING, "GrpcAliasRecord")],
    ),
    # Target groups keep their port and their type of address, too.
    "a target group of another port": (
        {},
        patched("orchestration", "RestTargetGroup/Properties/Port", 8081, "replace"),
        [("CAM760", WARNING, "a new target group that is empty")],
    ),
    "a target group of a new load balancer": (
        {},
        access(scheme="internal", target_tls={"secret_arn": SECRET}),
        [("CAM761", WARNING, "people"), ("CAM761", WARNING, "gRPC clients")],
    ),
    # Brokers that ECS would not replace one by one.
    "no broker has to run": (
        {},
        patched(
            "orchestration",
            "OrchestrationService/Properties/DeploymentConfiguration/MinimumHealthyPercent",
            0,
            "replace",
        ),
        [("CAM799", WARNING, "up to 3 brokers at once")],
    ),
    "brokers more than there are": (
        {},
        patched(
            "orchestration",
            "OrchestrationService/Properties/DeploymentConfiguration/MaximumPercent",
            200,
            "replace",
        ),
        [("CAM799", WARNING, "they find no free node id")],
    ),
    # What holds data, or opens it.
    "a key switched off": (
        {},
        patched("keys", "DatabaseKey/Properties/Enabled", False),
        [("CAM658", BLOCK, "can be read or written")],
    ),
    "a bucket without versions": (
        {},
        patched(
            "storage",
            "BackupBucket/Properties/VersioningConfiguration/Status",
            "Suspended",
            "replace",
        ),
        [("CAM668", WARNING, "from Enabled to Suspended")],
    ),
    "a database that goes with its only instance": (
        {},
        database(kms_key_arn=KEY),
        [("CAM650", BLOCK, "AuroraCluster"), ("CAM652", WARNING, "DatabaseKey")],
    ),
    "encrypted Service Connect": (
        {},
        {"cluster": {"service_connect_tls": {"certificate_authority_arn": AUTHORITY}}},
        [("CAM799", WARNING, "starts or stops encrypting")],
    ),
}


def compiled(spec: Spec, layout: Layout) -> Compiled:
    text = yaml.dump(spec, Dumper=yaml.CSafeDumper, sort_keys=False)
    return compile_spec("spec.yaml", lambda _: text.encode(), layout)


def plan(layout: Layout, before: Spec, after: Spec, **more: Any) -> Plan:
    if "patches" in {*before, *after}:
        old, new = (compiled({"name": "camunda", **each}, layout) for each in (before, after))
        return make_plan(old.templates, new.templates, **more)
    return make_plan(templates(layout, **before), templates(layout, **after), **more)


def texts(blocks: Iterable[Block]) -> str:
    """Return what a person reads of blocks."""
    return "".join(
        f"{block.code} {block.severity} {block.message}\n  hint: {block.hint}\n" for block in blocks
    )


@each_layout
@pytest.mark.parametrize(("before", "after", "said"), CASES.values(), ids=CASES)
def test_a_change_is_judged_for_what_it_is(
    layout: Layout, before: Spec, after: Spec, said: Said, golden_part: GoldenPart
) -> None:
    made = plan(layout, before, after)
    found = sorted(made.gate, key=lambda block: (block.code, block.message))
    golden_part("plan/live_changes.txt", texts(found))
    for block, (code, severity, words) in zip(found, _sorted(said, made), strict=True):
        assert (block.code, block.severity) == (code, severity)
        assert words in block.message
    blocked = any(severity is BLOCK for _, severity, _ in said)
    assert made.exit_code == (3 if blocked else 2)


def _sorted(said: Said, made: Plan) -> Said:
    def place(one: tuple[str, Severity, str]) -> tuple[str, str]:
        return one[0], next((b.message for b in made.gate if one[2] in b.message), "")

    return sorted(said, key=place)


@each_layout
def test_the_seed_is_never_replaced(layout: Layout) -> None:
    made = plan(layout, {}, {"containers": {"user": "1001:1001"}})
    seed = next(change for change in made.changes() if change.logical_id == "DatabaseSeed")
    assert (str(seed.action), str(seed.replacement)) == ("change", "False")


@each_layout
def test_upgrades_by_RDS_itself_are_allowed_in_place(layout: Layout) -> None:
    made = plan(layout, {}, database(auto_minor_version_upgrade=True))
    assert str(made.summary) == "Plan: 0 to add, 1 to change, 0 to replace, 0 to delete"
    assert made.gate == ()


@each_layout
def test_a_restart_that_RDS_has_made_already_is_not_announced(layout: Layout) -> None:
    before, after = (database(engine_version=version) for version in ("17.7", "17.9"))
    where = "root" if layout is Layout.FLAT else "database"
    running = Running({}, engines={Address(where, "AuroraCluster"): "17.9"})
    codes = {block.code for block in plan(layout, before, after, running=running).gate}
    assert "CAM799" not in codes


@each_layout
def test_a_protected_database_is_left_behind(layout: Layout) -> None:
    made = plan(layout, database(deletion_protection=True), database(name="other"))
    [block] = [b for b in made.blocks if b.logical_id == "AuroraCluster"]
    assert block.code == "CAM650" and "it remains in the account" in block.message


@each_layout
@pytest.mark.parametrize(
    ("on", "attribute"),
    [
        (access(deletion_protection=True), "deletion_protection.enabled"),
        (logs(access_logs={}), "access_logs.s3.enabled"),
        (logs(access_logs={}), "connection_logs.s3.enabled"),
    ],
)
def test_what_a_load_balancer_no_longer_does_is_said_to_it(
    layout: Layout, on: Spec, attribute: str
) -> None:
    """CloudFormation resets no attribute that is left out (cloudformation-coverage-roadmap 554)."""
    made = plan(layout, on, {})
    [web] = [change for change in made.changes() if change.logical_id == "WebLoadBalancer"]
    path = f"LoadBalancerAttributes[{attribute}]"
    assert ("true", "false") in {(p.before, p.after) for p in web.properties if p.path == path}


def named(name: str, scheme: str, port: int = 80) -> dict[str, Any]:
    kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    web = {"Type": kind, "Properties": {"Name": name, "Scheme": scheme}}
    return {"root": {"Resources": {"Web": web}}}


def moved(logical_id: str, name: Any) -> dict[str, Any]:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}
    return {"root": {"Resources": {logical_id: group}}}


def test_what_keeps_its_own_name_is_not_replaced() -> None:
    """Patches give names; CloudFormation makes the new before it deletes the old."""
    made = make_plan(named("web", "internal"), named("web", "internet-facing"))
    [block] = [block for block in made.gate if block.code == "CAM796"]
    assert (block.severity, block.allow) == (BLOCK, None)
    assert "the name of the one that it replaces, web" in block.message
    made = make_plan(named("web", "internal"), named("other", "internet-facing"))
    assert "CAM796" not in {block.code for block in made.gate}


def test_a_name_is_not_free_before_its_holder_is_gone() -> None:
    made = make_plan(moved("Old", "/camunda"), moved("New", "/camunda"))
    [block] = [block for block in made.gate if block.code == "CAM796"]
    assert "remove it in a deployment before" in block.hint
    for name in ("/other", {"Fn::Sub": "/${AWS::StackName}"}):
        made = make_plan(moved("Old", "/camunda"), moved("New", name))
        assert "CAM796" not in {block.code for block in made.gate}


def filters(*names: str) -> dict[str, Any]:
    kind, properties = "AWS::Logs::MetricFilter", {"LogGroupName": "/camunda", "FilterPattern": "x"}
    return {"root": {"Resources": {n: {"Type": kind, "Properties": properties} for n in names}}}


def test_a_name_that_AWS_makes_up_is_free() -> None:
    made = make_plan(filters("One"), filters("One", "Two"))
    assert made.gate == () and made.summary.add == 1


def test_a_vault_gets_another_name_with_another_key() -> None:
    made = plan(Layout.FLAT, backup(kms_key_arn=KEY), backup(kms_key_arn=OTHER_KEY))
    assert "CAM796" not in {block.code for block in made.gate}


def retyped(kind: str) -> dict[str, Any]:
    return {"root": {"Resources": {"Store": {"Type": kind, "Properties": {}}}}}


def test_a_logical_id_keeps_its_type() -> None:
    """CloudFormation: Update of resource type is not permitted."""
    made = make_plan(retyped("AWS::EFS::FileSystem"), retyped("AWS::S3::Bucket"))
    [block] = made.gate
    assert (block.code, block.severity, block.allow) == ("CAM796", BLOCK, None)
    assert (
        "AWS::EFS::FileSystem, and CloudFormation does not accept AWS::S3::Bucket" in block.message
    )


@pytest.mark.parametrize(
    ("condition", "goes"),
    [
        ({"Fn::Equals": ["a", "b"]}, True),
        ({"Fn::Equals": ["a", "a"]}, False),
        ({"Fn::Equals": [{"Ref": "Stage"}, "production"]}, True),
        ({"Fn::Equals": [{"Ref": "Stage"}, "test"]}, False),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}, False),  # it may hold
        ({"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}, True),
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}]}, False),
        ({"Fn::And": [{"Condition": "No"}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}]}, True),
        ({"Fn::Or": [{"Condition": "No"}, {"Fn::Equals": ["a", "a"]}]}, False),
        ({"Fn::Or": [{"Condition": "No"}, {"Condition": "No"}]}, True),
        ({"Condition": "Kept"}, False),  # a circle, which CloudFormation refuses
    ],
)
def test_what_a_condition_leaves_out_is_deleted(condition: Any, goes: bool) -> None:
    def template(**more: Any) -> dict[str, Any]:
        bucket = {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete", **more}
        conditions = {"Kept": condition, "No": {"Fn::Equals": ["a", "b"]}}
        stage = {"Stage": {"Type": "String", "Default": "test"}}
        resources = {"BackupBucket": bucket}
        return {"root": {"Conditions": conditions, "Parameters": stage, "Resources": resources}}

    made = make_plan(template(), template(Condition="Kept"))
    assert [block.code for block in made.gate] == (["CAM651"] if goes else [])


@each_layout
def test_a_condition_of_a_patch_has_its_line(layout: Layout) -> None:
    """A patch of a whole part of the template is no resource's."""
    patch = [
        {"op": "add", "path": "/Conditions", "value": {"No": {"Fn::Equals": ["a", "b"]}}},
        {"op": "add", "path": "/Resources/AlarmTopicPolicy/Condition", "value": "No"},
    ]
    spec = {"name": "camunda", "observability": {"alarms": {}}}
    patches = {"patches": [{"component": "logs", "patch": patch}]}
    old, new = (compiled(each, layout) for each in (spec, spec | patches))
    made = make_plan(old.templates, new.templates, origins=origins_of(new, old.templates))
    [change] = made.changes()
    assert str(change.action) == "delete" and change.location


def exported(name: str | None, value: Any = "one", kind: str = "internal") -> dict[str, Any]:
    web = {
        "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Properties": {"Scheme": kind},
    }
    output = {"Value": value, **({"Export": {"Name": name}} if name else {})}
    return {"root": {"Resources": {"Web": web}, "Outputs": {"Place": output}}}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (exported("a"), exported(None), "the export a ends"),
        (exported("a"), exported("b"), "the export a ends"),
        (exported("a"), exported("a", "two"), "the export a gets another value"),
        (
            exported("a", {"Ref": "Web"}),
            exported("a", {"Ref": "Web"}, "internet-facing"),
            "the export a gets another value",
        ),
        (exported(None), exported("a"), ""),
        (exported("a", {"Ref": "Web"}), exported("a", {"Ref": "Web"}), ""),
    ],
)
def test_an_export_that_others_may_import_is_not_let_go_unsaid(
    before: dict[str, Any], after: dict[str, Any], says: str
) -> None:
    made = make_plan(before, after)
    found = [block.message for block in made.gate if block.code == "CAM798"]
    assert (len(found) == 1 and says in found[0]) if says else found == []
    assert made.exit_code == (0 if before == after else 2)


@each_layout
def test_a_stopped_database_is_not_changed(layout: Layout) -> None:
    where = Address("root" if layout is Layout.FLAT else "database", "AuroraCluster")
    running = Running(stopped=frozenset({where}))
    for after in (database(backup_retention_days=7), database(additional_iam_users=["reporting"])):
        [block] = plan(layout, {}, after, running=running).blocks
        assert block.code == "CAM798" and "`camformation start SPEC` first" in block.hint
    for after in ({}, database(on_delete="retain"), {"connectors": {"enabled": False}}):
        assert not plan(layout, {}, after, running=running).blocks


@each_layout
def test_connectors_that_autoscaling_leaves_are_not_fewer_unsaid(layout: Layout) -> None:
    scaled = {"connectors": {"autoscaling": {"min_tasks": 1, "max_tasks": 6}}}
    where = Address("root" if layout is Layout.FLAT else "connectors", "ConnectorsService")
    running = Running({where: Tasks(4, 4, (1, 6))})
    [block] = plan(layout, scaled, {"connectors": {"tasks": 2}}, running=running).gate
    assert block.code == "CAM647" and "4 tasks are asked for" in block.message
    for after in ({"connectors": {"tasks": 6}}, scaled):
        assert not plan(layout, scaled, after, running=running).gate


def test_a_topics_key_goes_in_spite_of_stack_policies() -> None:
    """They protect every key; this one encrypts nothing that is kept."""
    made = plan(Layout.NESTED, logs(alarms={}), logs(alarms={"topic_arn": TOPIC}))
    assert accepted_losses(made) == {Address("keys", "AlarmsKey")}


@each_layout
@pytest.mark.parametrize(
    ("spec", "field", "taken"),
    [
        (access(allowed_cidrs=["10.0.0.0/8"]), "access.allowed_cidrs.0", 2),
        (
            {"network": {"egress": {"destinations": [{"cidr": "10.0.0.0/8", "ports": [443]}]}}},
            "network.egress.destinations.0.cidr",
            3,
        ),
        (
            {"network": {"existing": EXISTING}},
            "network.existing.private_subnet_ids.0",
            1,
        ),
        (oidc(), "authentication.oidc.scope", 0),
        ({"orchestration": {"memory_mib": 8192}}, "orchestration.memory_mib", 0),
    ],
)
def test_what_is_there_once_is_not_made_again_for_a_parameter(
    layout: Layout, spec: Spec, field: str, taken: int
) -> None:
    """A rule of an open address has the parameter's name, and EC2 refuses the same rule twice."""
    spec = {"name": "camunda", **spec}
    plain, opened = (compiled(each, layout) for each in (spec, spec | {"parameters": {"P": field}}))
    values = {each.name: each.default for each in opened.parameters}
    for old, new, given in ((plain, opened, ({}, values)), (opened, plain, (values, {}))):
        made = make_plan(old.templates, new.templates, parameters=given)
        assert [block.code for block in made.gate] == taken * ["CAM796"]
        assert made.exit_code == (3 if taken else 0)
        assert all("is for the same object as" in block.message for block in made.gate)


def test_rules_for_others_are_made_as_ever() -> None:
    for after in ({"allowed_cidrs": ["10.0.0.0/9"]}, {"allowed_cidrs": ["10.0.0.0/8", "::/0"]}):
        assert not plan(Layout.FLAT, access(allowed_cidrs=["10.0.0.0/8"]), access(**after)).gate
