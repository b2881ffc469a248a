"""Changes that people make to a live spec, and what AWS and Camunda make of them.

What is right is AWS's own word: the CloudFormation Template Reference ("Update requires"), sources
of handlers, the services' API references; of users and roles, Camunda's.
"""

from typing import Any

import pytest

from camformation.deploy.plan.model import Plan, Severity
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.symbols import Address
from camformation.layout import Layout
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
Spec = dict[str, Any]


def spot(*providers: str) -> Spec:
    strategy = [{"provider": provider, "weight": 1} for provider in providers]
    return {"connectors": {"capacity_provider_strategy": strategy}}


def backup(**settings: Any) -> Spec:
    return {"aws_backup": settings}


def compliance(days: int, mode: str = "compliance") -> Spec:
    return backup(lock={"mode": mode, "min_retention_days": days})


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


def oidc(issuer: str = "https://idp.example.com/", admins: tuple[str, ...] = ("jane",)) -> Spec:
    provider = {
        "issuer": issuer,
        "client_id": "camunda",
        "client_secret_arn": SECRET,
        "audiences": ["camunda"],
        "admin": {"users": list(admins)},
    }
    return {
        "authentication": {"mode": "oidc", "oidc": provider},
        "connectors": {"enabled": False},
        **tls(certificate_arn=CERTIFICATE),
    }


def logs(**settings: Any) -> Spec:
    return {"observability": settings}


ZONE = {"hosted_zone_id": "Z0123456789ABC"}
REPLICATED = {"backup": {"replication": {"bucket_arn": "arn:aws:s3:::copies", "kms_key_arn": KEY}}}
BLOCK, WARNING = Severity.BLOCK, Severity.WARNING
Said = list[tuple[str, Severity, str]]  # code, severity, and a part of what it says

CASES: dict[str, tuple[Spec, Spec, Said]] = {
    # ECS takes capacity providers in place, and lets go of none that a template leaves out.
    "Spot begins": ({}, spot("FARGATE_SPOT"), [("CAM655", WARNING, "keeps the service")]),
    "Spot is left": (spot("FARGATE_SPOT"), spot("FARGATE"), []),
    "Spot is left out": (spot("FARGATE_SPOT"), {}, [("CAM794", BLOCK, "running on Fargate Spot")]),
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
    "a lock that tightens": (compliance(30, "governance"), compliance(30), []),
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
    "no replication": ({"storage": REPLICATED}, {}, [("CAM668", WARNING, "no longer copied")]),
    "automatic backups of fewer days": (
        database(backup_retention_days=14),
        database(backup_retention_days=7),
        [("CAM668", WARNING, "RDS deletes")],
    ),
    # A topic passes on, and keeps nothing that its key would be needed for.
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
    "a zone": (tls(certificate_arn=CERTIFICATE), tls(**ZONE), []),
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
            ("CAM626", BLOCK, "connectors would log in with that of another secret"),
            ("CAM652", WARNING, "ConnectorsPassword"),
        ],
    ),
    "the administrator's password": (
        {},
        users(admin={"password_secret_arn": SECRET}),
        [("CAM626", WARNING, "keeps the password"), ("CAM652", WARNING, "AdminPassword")],
    ),
    "an administrator's address": (
        {},
        users(admin={"email": "a@example.com", "name": "A"}),
        [("CAM626", WARNING, "keeps the email and name")],
    ),
    "an administrator more": (oidc(), oidc(admins=("jane", "joe")), []),
    "an administrator less": (
        oidc(admins=("jane", "joe")),
        oidc(),
        [("CAM626", WARNING, "joe")],
    ),
    "another provider": (
        oidc(),
        oidc("https://other.example.com/"),
        [("CAM626", WARNING, "only if the new one names them as before")],
    ),
    # Documents that Camunda would no longer find.
    "documents end": (
        {"storage": {"documents": {"enabled": True}}},
        {},
        [
            ("CAM626", BLOCK, "no document that exists is found"),
            ("CAM652", WARNING, "the KMS key"),
            ("CAM652", WARNING, "the documents bucket"),
        ],
    ),
    "documents begin": ({}, {"storage": {"documents": {"enabled": True}}}, []),
    # What is interrupted.
    "a larger instance": (
        {},
        database(instance_class="db.r7g.large"),
        [("CAM799", WARNING, "AuroraInstance1: another instance class")],
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
        [("CAM799", WARNING, "open no new connection")],
    ),
    "another password for the database": (
        database(authentication="password"),
        database(authentication="password", password_secret_arn=SECRET),
        [("CAM652", WARNING, "DatabaseUserPassword"), ("CAM799", WARNING, "another secret")],
    ),
    "encrypted Service Connect": (
        {},
        {"cluster": {"service_connect_tls": {"certificate_authority_arn": AUTHORITY}}},
        [("CAM799", WARNING, "begins or ceases to encrypt")],
    ),
}


def plan(layout: Layout, before: Spec, after: Spec, **more: Any) -> Plan:
    return make_plan(templates(layout, **before), templates(layout, **after), **more)


@each_layout
@pytest.mark.parametrize(("before", "after", "said"), CASES.values(), ids=CASES)
def test_a_change_is_judged_for_what_it_is(
    layout: Layout, before: Spec, after: Spec, said: Said
) -> None:
    made = plan(layout, before, after)
    found = sorted(made.gate, key=lambda block: (block.code, block.message))
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
    assert block.code == "CAM650" and "it is left behind" in block.message


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
