"""The checks before a deployment: each OK, in the way, and skipped."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml

from camformation.deploy.change.bootstrap import OUTPUT, STACK_NAME
from camformation.deploy.cloud.account import (
    Authority,
    Certificate,
    EngineVersion,
    HostedZone,
    Image,
)
from camformation.deploy.cloud.account_networks import (
    AclRule,
    Endpoint,
    NetworkAcl,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from camformation.deploy.cloud.account_references import (
    AccessPoint,
    Key,
    Origin,
    Secret,
    SharedFileSystem,
    Snapshot,
    Topic,
)
from camformation.deploy.cloud.errors import AccessDenied, CredentialsExpired, Unreachable
from camformation.deploy.cloud.stacks import Caller
from camformation.deploy.preflight.checklist import (
    CHECKS,
    QUICKLY,
    Quick,
    preflight,
    situation_of,
)
from camformation.deploy.preflight.domain_checks import covers
from camformation.deploy.preflight.model import Checked, Situation, Status
from camformation.frozen import replaced
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from deploy.fake_account import DEFAULT_POLICY, trusting
from deploy.fake_cloud import FakeCloud
from deploy.fake_stacks import ACCOUNT, REGION, START

OK, NO, SKIPPED = Status
UUID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1234abcd"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:oidc-a1B2c3"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
EXISTING: dict[str, Any] = {
    "network": {
        "existing": {
            "vpc_id": "vpc-0a1b2c3d4e5f60718",
            "cidr": "10.20.0.0/16",
            "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
            "public_subnet_ids": ["subnet-0a1b2c3d4e5f60003", "subnet-0a1b2c3d4e5f60004"],
        }
    }
}
TLS: dict[str, Any] = {
    "access": {
        "allowed_cidrs": ["203.0.113.0/24"],
        "tls": {
            "hostname": "camunda.example.com",
            "certificate_arn": CERTIFICATE,
            "hosted_zone_id": "Z0123456789ABC",
        },
    }
}


def compiled(layout: Layout = Layout.NESTED, **sections: Any) -> Compiled:
    data = {"name": "camunda", "region": REGION, **sections}
    text = yaml.safe_dump(data).encode()
    return compile_spec("camunda.yaml", lambda _: text, layout)


def situation(fake: FakeCloud, one: Compiled | None = None, **more: Any) -> Situation:
    caller = fake.identity.who
    return situation_of(fake.cloud, caller, one or compiled(), fake.clock.now(), **more)


def results(found: tuple[Checked, ...], check: str) -> list[tuple[Status, str]]:
    return [(each.result.status, each.result.reason) for each in found if each.id == check]


def one(fake: FakeCloud, check: str, spec: Compiled | None = None, **more: Any) -> Checked:
    """Return the only result of a check, or the first that is not OK."""
    (chosen,) = (each for each in CHECKS if each.id == check)
    found = preflight(situation(fake, spec, **more), [chosen])
    assert found, check
    return next((each for each in found if each.result.status is not OK), found[0])


@pytest.fixture
def fake() -> FakeCloud:
    return with_bucket(FakeCloud())


def with_bucket(fake: FakeCloud) -> FakeCloud:
    """Put the artifact bucket there."""
    fake.stacks.add(STACK_NAME, outputs={OUTPUT: "artifacts"})
    fake.objects.buckets["artifacts"] = {}
    return fake


def ready(fake: FakeCloud) -> None:
    """Put there what the spec of these tests names."""
    account = fake.account
    account.domains.certificates[CERTIFICATE] = Certificate(
        "ISSUED", ("camunda.example.com", "*.camunda.example.com"), START + timedelta(days=200)
    )
    account.domains.zones["Z0123456789ABC"] = HostedZone("example.com", private=False)
    account.vpcs.there["vpc-0a1b2c3d4e5f60718"] = Vpc("vpc-0a1b2c3d4e5f60718", ("10.20.0.0/16",))
    account.vpcs.tables = [table((ANYWHERE, "nat-1")), PUBLIC]
    for number, zone in enumerate("abab", 1):
        name = f"subnet-0a1b2c3d4e5f6000{number}"
        cidr = f"10.20.{number}.0/24"
        account.vpcs.nets[name] = Subnet(
            name, "vpc-0a1b2c3d4e5f60718", f"{REGION}{zone}", cidr, 200
        )


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("sections", [{}, TLS, EXISTING])
def test_an_account_that_is_ready_has_nothing_in_the_way(
    fake: FakeCloud, layout: Layout, sections: dict[str, Any]
) -> None:
    ready(fake)
    found = preflight(situation(fake, compiled(layout, **sections)))
    assert not [each for each in found if each.result.status is NO]
    skipped = [each.id for each in found if each.result.status is SKIPPED]
    assert skipped == ["P31"]  # Docker Hub's images
    assert [each.id for each in found] == sorted(each.id for each in found)


def test_ids_and_titles_are_unique() -> None:
    assert len({each.id for each in CHECKS}) == len({each.title for each in CHECKS}) == len(CHECKS)
    known = {(each.id, each.title) for each in CHECKS}
    assert {(each.id, each.title) for each in QUICKLY} <= known


def test_what_may_not_be_read_is_skipped_with_the_permission(fake: FakeCloud) -> None:
    denied = AccessDenied("CAM603", "not allowed: x", "the caller's role needs ec2:DescribeVpcs")
    fake.account.vpcs.fail("vpcs", denied, denied)
    found = preflight(situation(fake))
    assert results(found, "P21") == [(SKIPPED, "the caller's role needs ec2:DescribeVpcs")]
    assert not [each for each in found if each.result.status is NO]


def test_what_does_not_answer_is_skipped(fake: FakeCloud) -> None:
    fake.account.engines.fail("versions", Unreachable("CAM605", "AWS does not answer", "try again"))
    assert one(fake, "P30").result.status is SKIPPED


def test_ended_credentials_end_the_command(fake: FakeCloud) -> None:
    fake.account.engines.fail("versions", CredentialsExpired("CAM602", "expired"))
    with pytest.raises(CredentialsExpired):
        preflight(situation(fake))


def test_the_caller_is_no_root_user(fake: FakeCloud) -> None:
    assert one(fake, "P01").result.status is OK
    fake.identity.who = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
    assert one(fake, "P01").result.status is NO
    assert one(fake, "P04").result.status is SKIPPED


@pytest.mark.parametrize(
    ("seconds", "status"), [(2, OK), (299, OK), (301, NO), (-301, NO), (-4000, NO)]
)
def test_the_clock_is_right(fake: FakeCloud, seconds: int, status: Status) -> None:
    made = situation(fake)
    fake.clock.sleep(seconds)
    (check,) = (each for each in CHECKS if each.id == "P02")
    (found,) = preflight(made, [check])
    assert found.result.status is status
    assert ("behind" in found.result.reason) is (status is NO and seconds > 0)


def test_an_answer_without_a_time_is_skipped(
    fake: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake.identity, "time", lambda: None)
    assert one(fake, "P02").result.status is SKIPPED


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("REVIEW_IN_PROGRESS", OK),
        ("CREATE_COMPLETE", OK),
        ("UPDATE_IN_PROGRESS", NO),
        ("ROLLBACK_COMPLETE", NO),
        ("UPDATE_ROLLBACK_FAILED", NO),
    ],
)
def test_the_stack_can_take_a_change_set(fake: FakeCloud, state: str, status: Status) -> None:
    assert one(fake, "P03").result.reason == "does not exist yet"
    fake.stacks.add("camunda", state).template = {"Resources": {}}
    found = one(fake, "P03").result
    assert found.status is status
    assert state in found.reason
    assert found.fix or status is OK


def test_permissions_are_simulated_for_the_role_of_a_session(fake: FakeCloud) -> None:
    found = one(fake, "P04").result
    assert found.status is OK
    assert "deployer" in found.reason
    assert set(fake.account.permissions.called("denied")) == {
        f"arn:aws:iam::{ACCOUNT}:role/path/deployer"
    }
    context = fake.account.permissions.context["iam:PassRole"]
    assert context["iam:PassedToService"] == ["lambda.amazonaws.com"]
    assert context["aws:RequestedRegion"] == [REGION]


def test_missing_permissions_are_named(fake: FakeCloud) -> None:
    fake.account.permissions.denials = {"iam:CreateRole": False, "kms:CreateKey": True}
    found = one(fake, "P04").result
    assert found.status is NO
    assert "iam:CreateRole, kms:CreateKey; a policy denies" in found.reason
    assert not found.certain  # conditions of their own may allow it


def test_a_service_role_is_simulated_for_the_resources(fake: FakeCloud) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/cloudformation"
    found = preflight(situation(fake, service_role_arn=role))
    assert [status for status, _ in results(found, "P04")] == [OK, OK]
    assert role in fake.account.permissions.called("denied")


def test_a_caller_who_may_not_simulate_is_told(fake: FakeCloud) -> None:
    needs = "the caller's role needs iam:SimulatePrincipalPolicy"
    fake.account.permissions.fail("denied", AccessDenied("CAM603", "not allowed", needs))
    found = one(fake, "P04").result
    assert (found.status, found.reason) == (SKIPPED, needs)


def test_service_linked_roles_are_said_to_be_made(fake: FakeCloud) -> None:
    assert one(fake, "P05").result.reason == "all exist"
    fake.account.permissions.missing_roles = {"AWSServiceRoleForRDS"}
    found = one(fake, "P05").result
    assert found.status is OK  # CloudFormation makes it
    assert found.reason.startswith("AWSServiceRoleForRDS will be created")


@pytest.mark.parametrize(
    ("take", "what"),
    [
        (lambda names: names.groups.add("/ecs/camunda-db-seed"), "the log group"),
        (lambda names: names.ecs.add("camunda-cluster"), "the ECS cluster"),
        (lambda names: names.cloud_map.add(("HTTP", "camunda-oc1-sc")), "the Cloud Map namespace"),
    ],
)
def test_names_of_a_first_deployment_are_free(
    fake: FakeCloud, take: Callable[[Any], None], what: str
) -> None:
    fake.account.names.groups.add("/ecs/camunda-db-seed-2")
    fake.account.names.cloud_map.add(("DNS_PRIVATE", "camunda-oc1-sc"))
    assert one(fake, "P06").result.status is OK
    take(fake.account.names)
    found = one(fake, "P06").result
    assert (found.status, found.certain) == (NO, True)
    assert found.reason.startswith(what)


def test_names_of_a_deployment_are_its_own(fake: FakeCloud) -> None:
    fake.account.names.ecs.add("camunda-cluster")
    fake.stacks.add("camunda", "CREATE_COMPLETE").template = {"Resources": {}}
    assert not results(preflight(situation(fake)), "P06")


def test_the_region_has_the_zones(fake: FakeCloud) -> None:
    found = one(fake, "P10").result
    assert (found.status, found.reason) == (OK, "eu-west-2a, eu-west-2b, eu-west-2c")
    named = compiled(network={"availability_zones": ["euw2-az1", "euw2-az2"]})
    assert one(fake, "P10", named).result.status is OK
    other = compiled(network={"availability_zones": ["eu-west-2a", "eu-west-2d"]})
    assert "no zone eu-west-2d" in one(fake, "P10", other).result.reason
    fake.identity.where = fake.identity.where[:2]
    assert one(fake, "P10").result.status is NO


def test_blocks_that_can_never_be_peered_are_told(fake: FakeCloud) -> None:
    assert "no VPC" in one(fake, "P11").result.reason
    fake.account.vpcs.there["vpc-1"] = Vpc("vpc-1", ("10.190.128.0/20",))
    found = one(fake, "P11").result
    assert found.status is OK  # it can be deployed
    assert "vpc-1 (10.190.128.0/20): the two can never be peered" in found.reason


def test_the_block_of_an_existing_vpc_is_none_of_a_peer(fake: FakeCloud) -> None:
    ready(fake)
    vpc = "vpc-0a1b2c3d4e5f60718"
    spec = compiled(**EXISTING)
    cidrs = {vpc: ("10.20.0.0/16",), "vpc-2": ("10.21.0.0/16",)}
    fake.account.vpcs.connections = [Peering("pcx-1", (vpc, "vpc-2"), cidrs)]
    assert one(fake, "P11", spec).result.status is OK
    cidrs["vpc-2"] = ("10.20.8.0/24",)
    assert "vpc-2 (10.20.8.0/24), peered by pcx-1" in one(fake, "P11", spec).result.reason


@pytest.mark.parametrize(
    ("vpc", "reason"),
    [
        (None, "there is no VPC"),
        (Vpc("v", ("10.20.0.0/16",), dns_support=False), "DNS resolution is off"),
        (Vpc("v", ("10.20.0.0/16",), dns_hostnames=False), "DNS hostnames is off"),
        (Vpc("v", ("10.30.0.0/16",)), "has 10.30.0.0/16, and not 10.20.0.0/16"),
    ],
)
def test_an_existing_vpc_is_as_the_spec_says(fake: FakeCloud, vpc: Vpc | None, reason: str) -> None:
    ready(fake)
    assert one(fake, "P12", compiled(**EXISTING)).result.status is OK
    if vpc:
        fake.account.vpcs.there["vpc-0a1b2c3d4e5f60718"] = vpc
    else:
        fake.account.vpcs.there.clear()
    found = one(fake, "P12", compiled(**EXISTING)).result
    assert found.status is NO
    assert reason in found.reason
    assert found.path[:2] == ("network", "existing")


@pytest.mark.parametrize(
    ("subnet", "reason"),
    [
        (None, "there is no subnet subnet-0a1b2c3d4e5f60002"),
        (("vpc-9", "b", 200), "is in vpc-9, not in"),
        (("vpc-0a1b2c3d4e5f60718", "a", 200), "are both in eu-west-2a"),
        (("vpc-0a1b2c3d4e5f60718", "b", -190), "have 10 free addresses"),
    ],
)
def test_existing_subnets_are_there_in_zones_of_their_own_with_addresses(
    fake: FakeCloud, subnet: tuple[str, str, int] | None, reason: str
) -> None:
    ready(fake)
    name = "subnet-0a1b2c3d4e5f60002"
    if subnet:
        vpc, zone, free = subnet
        fake.account.vpcs.nets[name] = Subnet(name, vpc, f"{REGION}{zone}", "10.20.2.0/24", free)
    else:
        del fake.account.vpcs.nets[name]
    found = one(fake, "P13", compiled(**EXISTING)).result
    assert found.status is NO
    assert reason in found.reason


def test_subnets_of_load_balancers_have_eight_addresses_each(fake: FakeCloud) -> None:
    ready(fake)
    nets = fake.account.vpcs.nets
    existing = dict(EXISTING["network"]["existing"])
    existing["load_balancer_subnet_ids"] = ["subnet-0a1b2c3d4e5f60005", "subnet-0a1b2c3d4e5f60006"]
    existing["database_subnet_ids"] = ["subnet-0a1b2c3d4e5f60005", "subnet-0a1b2c3d4e5f60006"]
    for number, zone, free in ((5, "a", 100), (6, "b", 100)):
        name = f"subnet-0a1b2c3d4e5f6000{number}"
        nets[name] = Subnet(name, existing["vpc_id"], f"{REGION}{zone}", "10.20.9.0/24", free)
    spec = compiled(network={"existing": existing})
    assert one(fake, "P13", spec).result.status is OK
    nets[name] = Subnet(name, existing["vpc_id"], f"{REGION}b", "10.20.9.0/24", 7)
    found = one(fake, "P13", spec).result
    assert f"{name} has 7 free addresses" in found.reason
    assert found.path[-1] == "load_balancer_subnet_ids"
    nets[name] = Subnet(name, existing["vpc_id"], f"{REGION}a", "10.20.9.0/24", 100)
    assert one(fake, "P13", spec).result.path[-1] == "load_balancer_subnet_ids"


def test_subnets_may_share_a_zone_where_nothing_takes_one_each(fake: FakeCloud) -> None:
    ready(fake)
    vpc = "vpc-0a1b2c3d4e5f60718"
    for number in (1, 2):
        name = f"subnet-0a1b2c3d4e5f6000{number}"
        fake.account.vpcs.nets[name] = Subnet(name, vpc, f"{REGION}a", f"10.20.{number}.0/24", 200)
    assert "are both in eu-west-2a" in one(fake, "P13", compiled(**EXISTING)).result.reason
    system = {
        "file_system_id": "fs-0a1b2c3d4e5f60718",
        "access_point_id": "fsap-0a1b2c3d4e5f60718",
        "security_group_id": "sg-0a1b2c3d4e5f60718",
    }
    apart = ("subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022")
    for name, zone in zip(apart, "ab", strict=True):
        fake.account.vpcs.nets[name] = Subnet(name, vpc, f"{REGION}{zone}", "10.20.9.0/24", 200)
    sections = existing(database_subnet_ids=list(apart))  # a database needs two zones
    spec = compiled(**sections, storage={"efs": {"existing": system}})
    assert one(fake, "P13", spec).result.status is OK


@pytest.mark.parametrize(
    ("check", "code", "enough"),
    [
        ("P20", "L-0263D0A3", 3),
        ("P21", "L-F678F1CE", 2),
        ("P22", "L-FE5A380F", 2),
        ("P23", "L-3032A538", 19),
        ("P24", "L-53DA6B97", 1),
        ("P24", "L-69A177A2", 1),
        ("P25", "L-0EA8095F", 11),
        ("P26", "L-848C634D", 1),
    ],
)
def test_quotas_suffice(fake: FakeCloud, check: str, code: str, enough: int) -> None:
    quotas = fake.account.quotas
    quotas.gateways = {"eu-west-2b": 1}
    quotas.vcpus = 3
    quotas.values[code] = enough
    assert one(fake, check).result.status is OK
    quotas.values[code] = enough - 1
    found = one(fake, check).result
    assert found.status is NO
    assert f"--quota-code {code} --desired-value {enough}" in found.fix
    quotas.unknown.add(code)
    assert one(fake, check).result.status is SKIPPED


def test_quotas_count_only_what_a_change_adds(fake: FakeCloud) -> None:
    spec = compiled(Layout.FLAT)
    stack = fake.stacks.add("camunda", "CREATE_COMPLETE")
    stack.template = spec.templates["root"]
    fake.account.quotas.values = dict.fromkeys(
        ("L-0263D0A3", "L-F678F1CE", "L-FE5A380F", "L-53DA6B97", "L-848C634D"), 0
    )
    found = preflight(situation(fake, spec))
    for check in ("P20", "P21", "P22", "P24", "P26"):
        assert not results(found, check)
    quick = preflight(situation(fake, spec, quick=True), QUICKLY)
    assert not results(quick, "P20")


def test_prefix_lists_count_with_their_most_entries(fake: FakeCloud) -> None:
    spec = compiled(access={"allowed_cidrs": [], "allowed_prefix_list_ids": ["pl-0a1b2c3d"]})
    assert "does not exist" in one(fake, "P25", spec).result.reason
    fake.account.vpcs.lists["pl-0a1b2c3d"] = 55
    fake.account.quotas.values["L-0EA8095F"] = 60
    assert one(fake, "P25", spec).result.status is OK
    fake.account.vpcs.lists["pl-0a1b2c3d"] = 61
    assert one(fake, "P25", spec).result.status is NO


def test_prefix_lists_of_outbound_rules_exist(fake: FakeCloud) -> None:
    egress = {"default": "closed", "s3_prefix_list_id": "pl-0a1b2c3d"}
    spec = compiled(network={"egress": egress})
    assert "pl-0a1b2c3d does not exist" in one(fake, "P25", spec).result.reason
    fake.account.vpcs.lists["pl-0a1b2c3d"] = 1
    assert one(fake, "P25", spec).result.status is OK


def test_the_database_can_be_ordered(fake: FakeCloud) -> None:
    found = one(fake, "P30")
    assert found.result.status is OK
    ((_, version, instance_class),) = fake.account.engines.called("orderable")
    fake.account.engines.no_classes.add(instance_class)
    lacking = one(fake, "P30").result
    assert lacking.status is NO
    assert lacking.path == ("database", "instance_class")
    fake.account.engines.no_versions.add(version)
    assert f"does not offer aurora-postgresql {version}" in one(fake, "P30").result.reason


def test_a_live_database_keeps_a_version_that_is_no_longer_offered(fake: FakeCloud) -> None:
    fake.stacks.add("camunda", "CREATE_COMPLETE").template = {"Resources": {}}
    fake.account.engines.no_classes.add("db.r6g.large")
    for each in preflight(situation(fake)):
        assert each.id != "P30" or not each.result.certain


def test_somebody_elses_database_is_not_ordered(fake: FakeCloud) -> None:
    own = {"engine": "postgres", "host": "db.example.com", "cidrs": ["10.9.0.0/16"]}
    spec = compiled(
        database={
            "existing": own,
            "authentication": "password",
            "password_secret_arn": SECRET,
            "seed": "none",
        }
    )
    assert not results(preflight(situation(fake, spec)), "P30")


def test_a_serverless_database_can_be_ordered(fake: FakeCloud) -> None:
    spec = compiled(database={"serverless": {"min_acu": 0.5, "max_acu": 8}})
    assert one(fake, "P30", spec).result.status is OK
    fake.account.engines.no_classes.add("db.serverless")
    assert one(fake, "P30", spec).result.path == ("database", "serverless")


@pytest.mark.parametrize(
    ("image", "status", "reason"),
    [
        (Image(("amd64", "arm64")), OK, "exists for amd64"),
        (Image(), OK, "does not name an architecture"),
        (Image(("arm64",)), NO, "is for arm64, but its task runs on amd64"),
        (None, NO, "there is no image"),
    ],
)
@pytest.mark.parametrize("which", [":8.10.9", f"@sha256:{'a' * 64}"])
def test_images_in_ecr_exist_for_their_task(
    fake: FakeCloud, which: str, image: Image | None, status: Status, reason: str
) -> None:
    name = f"{ECR}/camunda/camunda{':8.10.9' if which.startswith('@') else ''}{which}"
    if image:
        fake.account.registries.images["camunda/camunda", which[1:]] = image
    spec = compiled(orchestration={"image": name}, version="8.10")
    found = results(preflight(situation(fake, spec)), "P31")
    (ours,) = (each for each in found if ECR in each[1])
    assert ours[0] is status
    assert reason in ours[1]
    assert found[-1][0] is SKIPPED


def test_an_image_of_a_pull_through_cache_need_not_be_there(fake: FakeCloud) -> None:
    spec = compiled(
        orchestration={"image": f"{ECR}/hub/camunda/camunda:8.10.9"},
        registry={"pull_through_cache_prefixes": ["hub"]},
    )
    found = results(preflight(situation(fake, spec)), "P31")
    assert (
        OK,
        f"{ECR}/hub/camunda/camunda:8.10.9 does not exist yet: ECR will fetch it from its source",
    ) in found


def with_secret(reference: str) -> Compiled:
    return compiled(connectors={"secrets": {"TOKEN": reference}})


def test_secrets_exist_with_a_value_for_their_key(fake: FakeCloud) -> None:
    spec = with_secret(f"{SECRET}:token::")
    secrets = fake.account.secrets
    assert "there is no secret" in one(fake, "P40", spec).result.reason
    secrets.secrets[SECRET] = {"token": "hidden", "empty": ""}
    found = one(fake, "P40", spec).result
    assert (found.status, found.reason) == (OK, "oidc-a1B2c3 has a value for token")
    other = one(fake, "P40", with_secret(f"{SECRET}:empty::")).result
    assert "has no value for the key empty" in other.reason
    assert "hidden" not in other.reason + other.fix
    secrets.secrets[SECRET] = None
    assert "is not a JSON object" in one(fake, "P40", spec).result.reason
    secrets.of[SECRET] = Secret(deleting=True)
    assert "is being deleted" in one(fake, "P40", spec).result.reason
    secrets.of[SECRET] = Secret(empty=True)
    assert "has no value yet" in one(fake, "P40", spec).result.reason


@pytest.mark.parametrize(
    ("key", "named", "status"),
    [
        (KEY, (), NO),
        (KEY, (KEY,), OK),
        (UUID, (KEY,), OK),
        ("alias/own", (KEY,), OK),
        ("alias/own", (), NO),
        ("alias/unknown", (), OK),
        ("alias/aws/secretsmanager", (), OK),
    ],
)
def test_tasks_may_use_the_key_of_a_secret(
    fake: FakeCloud, key: str, named: tuple[str, ...], status: Status
) -> None:
    fake.account.secrets.secrets[SECRET] = {"token": "hidden"}
    fake.account.secrets.of[SECRET] = Secret(key=key)
    fake.account.secrets.kms["alias/own"] = Key(KEY)
    spec = compiled(
        connectors={"secrets": {"TOKEN": f"{SECRET}:token::"}},
        secrets={"additional_kms_key_arns": list(named)},
    )
    found = one(fake, "P40", spec).result
    assert (found.status, found.certain) == (status, False)
    assert status is OK or "additional_kms_key_arns" in found.fix


def test_a_secret_that_may_not_be_read_exists_all_the_same(fake: FakeCloud) -> None:
    fake.account.secrets.secrets[SECRET] = {}
    fake.account.secrets.fail("keys", AccessDenied("CAM603", "not allowed", "needs it"))
    found = one(fake, "P40", with_secret(f"{SECRET}:token::")).result
    assert (found.status, found.fix) == (SKIPPED, "needs it")


def test_deploy_reads_no_secret(fake: FakeCloud) -> None:
    fake.account.secrets.secrets[SECRET] = {}
    spec = with_secret(f"{SECRET}:token::")
    found = preflight(situation(fake, spec, quick=True), QUICKLY)
    assert (OK, "oidc-a1B2c3 exists") in results(found, "P40")
    assert not fake.account.secrets.called("keys")


def test_a_parameter_exists(fake: FakeCloud) -> None:
    name = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/camunda/token"
    assert "there is no parameter" in one(fake, "P40", with_secret(name)).result.reason
    fake.account.secrets.parameters.add(name)
    assert one(fake, "P40", with_secret(name)).result.status is OK


@pytest.mark.parametrize(("state", "status"), [("Enabled", OK), ("PendingDeletion", NO), ("", NO)])
def test_keys_can_be_used(fake: FakeCloud, state: str, status: Status) -> None:
    if state:
        fake.account.secrets.kms[KEY] = Key(KEY, state)
    found = one(fake, "P41", compiled(database={"kms_key_arn": KEY})).result
    assert found.status is status
    fake.account.secrets.kms[KEY] = Key(KEY, encrypts=False)
    signing = one(fake, "P41", compiled(database={"kms_key_arn": KEY})).result
    assert "asymmetric" in signing.reason


@pytest.mark.parametrize(
    ("certificate", "reason"),
    [
        (None, "there is no certificate"),
        (Certificate("PENDING_VALIDATION", ("camunda.example.com",)), "is PENDING_VALIDATION"),
        (
            Certificate("ISSUED", ("camunda.example.com",)),
            "is for camunda.example.com, not for grpc.camunda.example.com",
        ),
        (
            Certificate("ISSUED", ("*.example.com", "*.camunda.example.com"), START),
            "expires on 2026-01-05",
        ),
    ],
)
def test_certificates_are_issued_for_the_hostnames(
    fake: FakeCloud, certificate: Certificate | None, reason: str
) -> None:
    ready(fake)
    assert one(fake, "P50", compiled(**TLS)).result.status is OK
    fake.account.domains.certificates.clear()
    if certificate:
        fake.account.domains.certificates[CERTIFICATE] = certificate
    found = one(fake, "P50", compiled(**TLS)).result
    assert found.status is NO
    assert reason in found.reason
    assert found.path == ("access", "tls", "certificate_arn")


@pytest.mark.parametrize(
    ("authority", "region", "reason"),
    [
        (None, REGION, "there is no private CA"),
        (Authority("PENDING_CERTIFICATE", managed=True), REGION, "is PENDING_CERTIFICATE"),
        (Authority("ACTIVE", managed=False), REGION, "has no tag AmazonECSManaged"),
        (Authority("ACTIVE", managed=True), "eu-central-1", "is in eu-central-1"),
        (Authority("ACTIVE", managed=True), REGION, ""),
    ],
)
def test_a_private_ca_is_active_and_may_be_used_by_ecs(
    fake: FakeCloud, authority: Authority | None, region: str, reason: str
) -> None:
    arn = f"arn:aws:acm-pca:{region}:{ACCOUNT}:certificate-authority/{UUID}"
    if authority:
        fake.account.domains.authorities[arn] = authority
    tls = {"service_connect_tls": {"certificate_authority_arn": arn}}
    found = one(fake, "P52", compiled(cluster=tls, region=None)).result
    assert found.status is (NO if reason else OK)
    assert reason in found.reason
    assert found.path == ("cluster", "service_connect_tls", "certificate_authority_arn")


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("camunda.example.com", "CAMUNDA.example.com", True),
        ("*.example.com", "camunda.example.com", True),
        ("*.example.com", "grpc.camunda.example.com", False),
        ("*.example.com", "example.com", False),
        ("example.com", "camunda.example.com", False),
    ],
)
def test_a_star_is_one_label(pattern: str, name: str, covered: bool) -> None:
    assert covers(pattern, name) is covered


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        (None, "there is no hosted zone"),
        (HostedZone("example.com", private=True), "is private"),
        (HostedZone("example.org", private=False), "is not in the hosted zone"),
        (HostedZone("ample.com", private=False), "is not in the hosted zone"),
    ],
)
def test_the_hosted_zone_holds_the_hostnames(
    fake: FakeCloud, zone: HostedZone | None, reason: str
) -> None:
    ready(fake)
    assert one(fake, "P51", compiled(**TLS)).result.status is OK
    fake.account.domains.zones.clear()
    if zone:
        fake.account.domains.zones["Z0123456789ABC"] = zone
    found = one(fake, "P51", compiled(**TLS)).result
    assert found.status is NO
    assert reason in found.reason


def test_a_private_zone_serves_the_existing_vpc(fake: FakeCloud) -> None:
    ready(fake)
    tls = {**TLS["access"]["tls"], "private_hosted_zone_id": "Z0123456789DEF"}
    del tls["hosted_zone_id"]
    spec = compiled(**EXISTING, access={**TLS["access"], "tls": tls, "scheme": "internal"})
    zones = fake.account.domains.zones
    zones["Z0123456789DEF"] = HostedZone("example.com", private=True, vpcs=("vpc-9",))
    assert "is not associated with vpc-0a1b2c3d4e5f60718" in one(fake, "P51", spec).result.reason
    vpcs = ("vpc-0a1b2c3d4e5f60718",)
    zones["Z0123456789DEF"] = HostedZone("example.com", private=True, vpcs=vpcs)
    assert one(fake, "P51", spec).result.status is OK


def test_the_local_target_tells_what_it_can() -> None:
    fake = FakeCloud(local=True)
    found = preflight(situation(fake))
    assert results(found, "P20") == [(SKIPPED, "the local target cannot tell")]
    assert results(found, "P06") == [(OK, "4 names are free")]


def test_shared_vpcs_count_for_their_owner(fake: FakeCloud) -> None:
    fake.account.quotas.values["L-F678F1CE"] = 2
    fake.account.vpcs.there["vpc-2"] = Vpc("vpc-2", ("10.0.0.0/16",), owner="444455556666")
    assert one(fake, "P21").result.status is OK
    fake.account.vpcs.there["vpc-2"] = Vpc("vpc-2", ("10.0.0.0/16",), owner=ACCOUNT)
    assert one(fake, "P21").result.status is NO


# The fast checks.


def test_obstacles_are_certain(fake: FakeCloud) -> None:
    fake.account.names.ecs.add("camunda-cluster")
    fake.account.quotas.values["L-0263D0A3"] = 1
    quick = Quick(lambda: situation(fake, quick=True))
    assert [each.id for each in quick.obstacles()] == ["P06", "P20"]


def test_a_slow_account_is_not_waited_for(fake: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    released = threading.Event()
    monkeypatch.setattr("camformation.deploy.preflight.checklist.FAST_S", 0.2)
    monkeypatch.setattr(fake.account.quotas, "addresses", lambda: released.wait(5) or 9)
    fake.account.names.ecs.add("camunda-cluster")
    quick = Quick(lambda: situation(fake, quick=True))
    assert [each.id for each in quick.obstacles()] in (["P06"], [])
    released.set()


def test_a_defect_of_a_fast_check_is_raised_where_somebody_waits(
    fake: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(fake.account.quotas, "addresses", broken)
    with pytest.raises(ZeroDivisionError):
        Quick(lambda: situation(fake, quick=True)).obstacles()
    with pytest.raises(ZeroDivisionError):
        Quick(broken).obstacles()  # type: ignore[arg-type]


def test_the_fast_checks_say_nothing_of_credentials(fake: FakeCloud) -> None:
    fake.account.engines.fail("versions", CredentialsExpired("CAM602", "expired"))
    quick = Quick(lambda: situation(fake, quick=True))
    assert not list(quick.obstacles())


VPC = "vpc-0a1b2c3d4e5f60718"
SHARED = {
    "file_system_id": "fs-0a1b2c3d4e5f60718",
    "access_point_id": "fsap-0a1b2c3d4e5f60718",
    "security_group_id": "sg-0a1b2c3d4e5f60718",
}


def existing(**more: Any) -> dict[str, Any]:
    return {"network": {"existing": {**EXISTING["network"]["existing"], **more}}}


def test_a_database_has_subnets_in_two_zones(fake: FakeCloud) -> None:
    ready(fake)
    for name in ("subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"):
        fake.account.vpcs.nets[name] = Subnet(name, VPC, f"{REGION}a", "10.20.9.0/24", 200)
    spec = compiled(**existing(database_subnet_ids=list(fake.account.vpcs.nets)[-2:]))
    found = one(fake, "P13", spec).result
    assert (found.status, found.certain) == (NO, True)
    assert found.reason.endswith(f"are all in {REGION}a: a database needs two zones")
    assert found.path == ("network", "existing", "database_subnet_ids")
    last = Subnet(name, VPC, f"{REGION}b", "10.20.9.0/24", 200)
    fake.account.vpcs.nets[name] = last
    assert one(fake, "P13", spec).result.status is OK


def test_an_existing_cluster_is_there(fake: FakeCloud) -> None:
    spec = compiled(cluster={"existing": "platform"})
    found = one(fake, "P07", spec).result
    assert found.status is NO
    assert found.path == ("cluster", "existing")
    fake.account.names.ecs.add("platform")
    assert one(fake, "P07", spec).result.status is OK
    spot = [{"provider": "FARGATE_SPOT", "weight": 1}]
    spec = compiled(
        cluster={"existing": "platform"}, connectors={"capacity_provider_strategy": spot}
    )
    assert one(fake, "P07", spec).result.status is OK
    fake.account.names.providers = ("FARGATE",)
    assert "has no capacity provider FARGATE_SPOT" in one(fake, "P07", spec).result.reason
    assert not results(preflight(situation(fake)), "P07")


def test_existing_security_groups_are_in_the_vpc(fake: FakeCloud) -> None:
    ready(fake)
    group = "sg-0a1b2c3d4e5f60001"
    spec = compiled(**EXISTING, database={"security_group_ids": [group]})
    missing = one(fake, "P14", spec).result
    assert (missing.status, missing.path) == (NO, ("database", "security_group_ids", 0))
    assert "does not exist" in missing.reason
    fake.account.vpcs.groups[group] = "vpc-9"
    assert "is in vpc-9" in one(fake, "P14", spec).result.reason
    fake.account.vpcs.groups[group] = VPC
    assert one(fake, "P14", spec).result.status is OK
    assert not results(preflight(situation(fake, compiled(**EXISTING))), "P14")


def test_groups_of_others_may_be_in_a_peered_vpc(fake: FakeCloud) -> None:
    spec = compiled(storage={"efs": {"existing": SHARED}})
    found = one(fake, "P14", spec).result
    assert (found.status, found.path[-2:]) == (NO, ("existing", "security_group_id"))
    fake.account.vpcs.groups[SHARED["security_group_id"]] = "vpc-9"
    assert one(fake, "P14", spec).result.status is OK


@pytest.mark.parametrize("layout", list(Layout))
def test_endpoints_of_a_vpc_are_not_made_again(fake: FakeCloud, layout: Layout) -> None:
    ready(fake)
    sections = existing(private_route_table_ids=["rtb-0a1b2c3d4e5f60001"])
    sections["network"]["vpc_endpoints"] = ["secretsmanager"]
    spec = compiled(layout, **sections)
    secret, s3 = f"com.amazonaws.{REGION}.secretsmanager", f"com.amazonaws.{REGION}.s3"
    harmless = [
        Endpoint("vpce-1", secret, private_dns=False),
        Endpoint("vpce-2", f"com.amazonaws.{REGION}.logs", private_dns=True),
        Endpoint("vpce-3", s3, private_dns=False, route_tables=("rtb-9",)),
    ]
    fake.account.vpcs.ends = harmless
    assert one(fake, "P15", spec).result.status is OK
    fake.account.vpcs.ends = [*harmless, Endpoint("vpce-4", secret, private_dns=True)]
    named = one(fake, "P15", spec).result
    assert (named.status, named.path) == (NO, ("network", "vpc_endpoints"))
    routed = Endpoint("vpce-5", s3, private_dns=False, route_tables=("rtb-0a1b2c3d4e5f60001",))
    fake.account.vpcs.ends = [*harmless, routed]
    found = one(fake, "P15", spec).result
    assert "rtb-0a1b2c3d4e5f60001 has a route to vpce-5" in found.reason


def test_policies_of_roles_exist(fake: FakeCloud) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    spec = compiled(
        iam={"permissions_boundary_arn": boundary},
        connectors={"task_policies": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]},
    )
    assert one(fake, "P08", spec).result.status is OK
    for arn in (boundary, "arn:aws:iam::aws:policy/AmazonSQSFullAccess"):
        fake.account.permissions.missing_policies = {arn}
        found = one(fake, "P08", spec).result
        assert (found.status, found.reason) == (NO, f"there is no policy {arn}")


@pytest.mark.parametrize("layout", list(Layout))
def test_hostnames_have_no_records_yet(fake: FakeCloud, layout: Layout) -> None:
    ready(fake)
    spec = compiled(layout, **TLS)
    assert one(fake, "P53", spec).result.status is OK
    for kind in ("A", "CNAME"):
        fake.account.domains.records = {("Z0123456789ABC", "camunda.example.com", kind)}
        found = one(fake, "P53", spec).result
        assert found.status is NO
        assert f"camunda.example.com has a record of type {kind}" in found.reason
    fake.account.domains.records = {("Z0123456789ABC", "camunda.example.com", "TXT")}
    assert one(fake, "P53", spec).result.status is OK


def test_names_of_roles_are_free(fake: FakeCloud) -> None:
    spec = compiled(iam={"role_name_prefix": "x-"})
    assert f"the role x-camunda-{REGION}-" in one(fake, "P06", spec).result.reason
    roles = [
        each["Properties"]["RoleName"]["Fn::Sub"].replace("${AWS::Region}", REGION)
        for template in spec.templates.values()
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::Role"
    ]
    fake.account.permissions.missing_roles = set(roles)
    assert one(fake, "P06", spec).result.status is OK


@pytest.mark.parametrize("layout", list(Layout))
def test_a_private_zone_of_the_vpc_is_not_made_again(fake: FakeCloud, layout: Layout) -> None:
    ready(fake)
    spec = compiled(layout, **EXISTING)
    fake.account.domains.private[VPC] = ("other.service.local", "service.local")
    assert one(fake, "P06", spec).result.status is OK
    fake.account.domains.private[VPC] = ("camunda-oc1.service.local",)
    found = one(fake, "P06", spec).result
    assert f"the private zone camunda-oc1.service.local of {VPC} exists" in found.reason
    assert one(fake, "P06", compiled(layout)).result.status is OK


def test_a_backup_vault_with_a_key_of_ones_own_has_a_name_of_its_own(fake: FakeCloud) -> None:
    spec = compiled(aws_backup={"kms_key_arn": KEY})
    assert one(fake, "P06", spec).result.status is OK
    fake.account.names.vaults = ("camunda-1234abcd",)
    assert "the backup vault camunda-1234abcd exists" in one(fake, "P06", spec).result.reason
    assert one(fake, "P06", compiled(aws_backup={})).result.status is OK


@pytest.mark.parametrize(
    ("trust", "reason"),
    [
        (trusting("cloudformation.amazonaws.com"), ""),
        (trusting("cloudformation.amazonaws.com", "sts:*"), ""),
        (trusting(f"cloudformation.{REGION}.amazonaws.com"), ""),
        (trusting("*"), ""),
        (trusting("ecs-tasks.amazonaws.com"), "does not trust"),
        (trusting("cloudformation.amazonaws.com", "sts:TagSession"), "does not trust"),
        ({}, "does not trust"),
        (None, "there is no role"),
    ],
)
def test_cloudformation_may_assume_the_service_role(
    fake: FakeCloud, trust: dict[str, Any] | None, reason: str
) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/path/cfn"
    if trust is None:
        fake.account.permissions.missing_roles.add("cfn")
    else:
        fake.account.permissions.trusts["cfn"] = trust
    found = one(fake, "P09", service_role_arn=role).result
    assert reason in found.reason and found.status is (NO if reason else OK)
    other = one(fake, "P09", service_role_arn="arn:aws:iam::444455556666:role/cfn").result
    assert "is another account's" in other.reason
    assert not results(preflight(situation(fake)), "P09")


def table(*ways: tuple[str, str], active: bool = True, **more: Any) -> RouteTable:
    """Return the main table of a VPC, with its local route."""
    local = Route("10.20.0.0/16", "local")
    return RouteTable("rtb-1", (local, *(Route(*way, active) for way in ways)), main=True, **more)


ANYWHERE = "0.0.0.0/0"
PUBLIC = RouteTable(
    "rtb-2",
    (Route("10.20.0.0/16", "local"), Route(ANYWHERE, "igw-1")),
    ("subnet-0a1b2c3d4e5f60003", "subnet-0a1b2c3d4e5f60004"),
)


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        (table((ANYWHERE, "nat-1")), ""),
        (table((ANYWHERE, "tgw-1")), ""),
        (table(("10.0.0.0/8", "tgw-1"), ("::/0", "eigw-1")), ""),
        (table(("0.0.0.0/1", "eni-1"), ("128.0.0.0/1", "eni-1")), ""),
        (table(("pl-1", "tgw-1")), ""),
        (table(), "has no route out of the VPC"),
        (table(("10.0.0.0/8", "tgw-1"), ("pl-1", "vpce-1")), "has no route out of the VPC"),
        (table((ANYWHERE, "igw-1")), "leads to igw-1 alone"),
        (table((ANYWHERE, "nat-1"), active=False), "leads into a black hole (nat-1)"),
    ],
)
def test_tasks_get_out_of_their_subnets(fake: FakeCloud, main: RouteTable, reason: str) -> None:
    ready(fake)
    fake.account.vpcs.tables = [main, PUBLIC]
    found = one(fake, "P16", compiled(**EXISTING)).result
    assert (found.status, found.certain) == ((NO, True) if reason else (OK, False))
    assert reason in found.reason and (
        "docker" in found.reason or not reason or "image" in found.reason
    )
    fake.account.vpcs.tables = []  # a VPC that another account shares
    assert not results(preflight(situation(fake, compiled(**EXISTING))), "P16")


def test_images_of_ecr_come_through_endpoints(fake: FakeCloud) -> None:
    ready(fake)
    fake.account.vpcs.tables = [table(), PUBLIC]
    image = {"image": f"{ECR}/camunda:8.10.9"}
    sections = existing()
    spec = compiled(
        **sections, orchestration=image, connectors={"enabled": False}, database={"seed": "none"}
    )
    found = one(fake, "P16", spec).result
    assert (found.status, found.certain) == (NO, False)
    assert "has no endpoints for secretsmanager, kms, logs, ecr.api, ecr.dkr, s3" in found.reason
    names = ("secretsmanager", "kms", "logs", "ecr.api", "ecr.dkr", "s3")
    fake.account.vpcs.ends = [
        Endpoint(f"vpce-{name}", f"com.amazonaws.{REGION}.{name}", private_dns=True)
        for name in names
    ]
    assert one(fake, "P16", spec).result.status is OK


def test_clients_get_in_and_route_tables_are_those_of_the_vpc(fake: FakeCloud) -> None:
    ready(fake)
    fake.account.vpcs.tables = [table((ANYWHERE, "nat-1"))]
    found = one(fake, "P16", compiled(**EXISTING)).result
    assert "has no route to an internet gateway" in found.reason and not found.certain
    inside = compiled(**EXISTING, access={"scheme": "internal"})
    assert one(fake, "P16", inside).result.status is OK
    fake.account.vpcs.tables.append(PUBLIC)
    named = compiled(**existing(private_route_table_ids=["rtb-0a1b2c3d4e5f60001"]))
    assert "has no route table rtb-0a1b2c3d4e5f60001" in one(fake, "P16", named).result.reason


def test_dual_stack_load_balancers_have_subnets_with_ipv6(fake: FakeCloud) -> None:
    ready(fake)
    spec = compiled(**existing(ipv6_cidr="2001:db8::/56"), access={"ip_address_type": "dualstack"})
    found = one(fake, "P13", spec).result
    assert "has no IPv6 block" in found.reason and found.path[-1] == "public_subnet_ids"
    nets = fake.account.vpcs.nets
    nets.update({name: replaced(each, ipv6=True) for name, each in nets.items()})
    assert one(fake, "P13", spec).result.status is OK


def test_endpoints_are_made_by_the_owner_of_a_vpc(fake: FakeCloud) -> None:
    ready(fake)
    sections = existing()
    sections["network"]["vpc_endpoints"] = ["secretsmanager"]
    spec = compiled(**sections)
    assert one(fake, "P12", spec).result.status is OK
    fake.account.vpcs.there[VPC] = Vpc(VPC, ("10.20.0.0/16",), owner="444455556666")
    assert "is shared by the account 444455556666" in one(fake, "P12", spec).result.reason
    assert one(fake, "P12", compiled(**EXISTING)).result.status is OK


def test_a_shared_file_system_is_mounted_in_each_zone(fake: FakeCloud) -> None:
    ready(fake)
    spec = compiled(**EXISTING, storage={"efs": {"existing": SHARED}})
    system, point = SHARED["file_system_id"], SHARED["access_point_id"]
    there = fake.account.references
    zones = (f"{REGION}a", f"{REGION}b")
    assert "there is no file system" in one(fake, "P17", spec).result.reason
    for found, entrance, reason in (
        (SharedFileSystem("available", True, zones), AccessPoint(system, 1000, 1000), ""),
        (SharedFileSystem("deleting", True, zones), AccessPoint(system, 1000, 1000), "is deleting"),
        (SharedFileSystem("available", False, zones), AccessPoint(system, 1000, 1000), "encrypted"),
        (
            SharedFileSystem("available", True, zones[:1]),
            AccessPoint(system, 1000, 1000),
            f"no mount target in {REGION}b",
        ),
        (SharedFileSystem("available", True, zones), AccessPoint("fs-9", 1000, 1000), "of fs-9"),
        (SharedFileSystem("available", True, zones), AccessPoint(system), "user and group 1000"),
        (SharedFileSystem("available", True, zones), None, "there is no access point"),
    ):
        there.systems[system] = found
        there.points = {point: entrance} if entrance else {}
        result = one(fake, "P17", spec).result
        assert (result.status is NO) == bool(reason) and reason in result.reason


def test_nested_templates_need_a_bucket(fake: FakeCloud) -> None:
    assert one(fake, "P18").result.reason == "artifacts can be used"
    assert (
        "there is no artifact bucket other"
        in one(fake, "P18", artifact_bucket="other").result.reason
    )
    fake.objects.fail("bucket_region", AccessDenied("CAM603", "not allowed", "it needs more"))
    assert "cannot be used" in one(fake, "P18").result.reason
    assert "camformation bootstrap" in one(FakeCloud(), "P18").result.fix
    assert "camformation bootstrap" in one(FakeCloud(), "P18", compiled(Layout.FLAT)).result.fix
    small = replaced(compiled(Layout.FLAT), templates={"root": {"Resources": {}}})
    assert not results(preflight(situation(FakeCloud(), small)), "P18")


def test_quotas_of_rds_and_iam_are_their_own_counts(fake: FakeCloud) -> None:
    fake.account.quotas.rds = {"DBClusters": (40, 40), "DBInstances": (3, 40)}
    found = results(preflight(situation(fake)), "P27")
    assert found[0] == (NO, "database clusters: 1 more; 40 of 40 are used")
    assert found[1][0] is OK
    fake.account.quotas.rds = {}
    assert not results(preflight(situation(fake)), "P27")
    fake.account.quotas.iam = (1000, 1000)
    roles = one(fake, "P28").result
    assert roles.status is NO and "--region us-east-1" in roles.fix


def test_a_class_is_offered_in_a_zone_of_the_database(fake: FakeCloud) -> None:
    ready(fake)
    assert one(fake, "P30", compiled(**EXISTING)).result.status is OK
    nets = fake.account.vpcs.nets
    nets.update({name: replaced(each, zone=f"{REGION}c") for name, each in nets.items()})
    found = one(fake, "P30", compiled(**EXISTING)).result
    assert f"the subnets of the database are in {REGION}c" in found.reason and found.certain
    some = compiled(network={"availability_zones": [f"{REGION}a", f"{REGION}c"]})
    assert one(fake, "P30", compiled()).result.status is OK
    assert one(fake, "P30", some).result.status is OK  # Aurora takes the zone that has it


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (Snapshot("available", "aurora-postgresql", "17.4"), ""),
        (Snapshot("available", "aurora-postgresql", "18.4"), ""),
        (Snapshot("available", "aurora-postgresql", "18.9"), "newer than"),
        (Snapshot("available", "aurora-mysql", "8.0"), "is of aurora-mysql"),
        (Snapshot("creating", "aurora-postgresql", "18.4"), "is creating"),
        (None, "there is no snapshot"),
    ],
)
def test_a_snapshot_can_be_restored(
    fake: FakeCloud, snapshot: Snapshot | None, reason: str
) -> None:
    spec = compiled(
        database={"engine_version": "18.4", "source": {"snapshot_identifier": "before"}}
    )
    if snapshot:
        fake.account.references.snapshots["before"] = snapshot
    found = one(fake, "P32", spec).result
    assert (found.status is NO) == bool(reason) and reason in found.reason


def test_a_cluster_goes_back_to_its_own_times(fake: FakeCloud) -> None:
    def spec(time: str | None) -> Compiled:
        source = {"cluster_identifier": "old", "restore_to_time": time}
        return compiled(database={"engine_version": "18.4", "source": source})

    assert "there is no database cluster old" in one(fake, "P32", spec(None)).result.reason
    times = (START - timedelta(days=7), START)
    fake.account.references.origins["old"] = Origin("aurora-postgresql", "18.4", *times)
    within, late = (START + timedelta(days=days) for days in (-1, 1))
    assert one(fake, "P32", spec(None)).result.status is OK
    assert one(fake, "P32", spec(f"{within:%Y-%m-%dT%H:%M:%SZ}")).result.status is OK
    found = one(fake, "P32", spec(f"{late:%Y-%m-%dT%H:%M:%SZ}")).result
    assert "can be restored to a time from" in found.reason and found.path[-1] == "restore_to_time"


def test_key_policies_let_in_logs_and_roles(fake: FakeCloud) -> None:
    spec = compiled(
        secrets={"kms_key_arn": KEY}, observability={"log_encryption": {"kms_key_arn": KEY}}
    )
    kms, policies = f"logs.{REGION}.amazonaws.com", fake.account.secrets.policies

    def found(*more: dict[str, Any]) -> list[Status]:
        policies[KEY] = {"Statement": [each for one in more for each in one["Statement"]]}
        return [status for status, _ in results(preflight(situation(fake, spec)), "P42")]

    delegating = {"Statement": [DEFAULT_POLICY["Statement"]]}
    assert found(delegating, trusting(kms, "kms:Encrypt*")) == [OK, OK]
    assert found(delegating, trusting(kms, "kms:Decrypt")) == [OK, NO]
    assert found(delegating) == [OK, NO]
    assert found(trusting(kms, "kms:*")) == [NO, OK]
    assert found(trusting("*", "*")) == [OK, OK]
    fake.account.secrets.fail("key_policy", AccessDenied("CAM603", "not allowed", "it needs more"))
    assert SKIPPED in found(delegating)


def test_topics_and_workspaces_are_there(fake: FakeCloud) -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:camunda"
    workspace = f"arn:aws:aps:{REGION}:{ACCOUNT}:workspace/ws-{UUID}"
    spec = compiled(
        stack={"notification_topic_arns": [topic]},
        observability={"prometheus": {"workspace_arn": workspace}},
    )
    found = results(preflight(situation(fake, spec)), "P43")
    assert found == [
        (NO, f"there is no topic {topic}"),
        (NO, f"there is no workspace {workspace}"),
    ]
    fake.account.references.topics[topic] = Topic({})
    fake.account.references.workspaces[f"ws-{UUID}"] = "ACTIVE"
    assert one(fake, "P43", spec).result.status is OK
    other = f"arn:aws:sns:{REGION}:444455556666:camunda"
    assert one(fake, "P43", compiled(stack={"notification_topic_arns": [other]})).result.status is (
        SKIPPED
    )


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ({}, ""),
        ({"example.com": ('0 issue "amazon.com"',)}, ""),
        ({"example.com": ('0 issue "letsencrypt.org"', '0 issue "Amazontrust.com; a=b"')}, ""),
        ({"example.com": ('0 iodef "mailto:a@example.com"', '0 issuewild "digicert.com"')}, ""),
        ({"example.com": ('0 issue "letsencrypt.org"',)}, "CAA record of example.com lets only"),
        ({"example.com": ('0 issue ";"',)}, "lets only nobody"),
        (
            {"camunda.example.com": ('0 issue "amazon.com"',), "example.com": ('0 issue ";"',)},
            "",
        ),
    ],
)
def test_caa_records_let_acm_make_certificates(
    fake: FakeCloud, records: dict[str, tuple[str, ...]], reason: str
) -> None:
    ready(fake)
    fake.account.domains.caa = {("Z0123456789ABC", name): each for name, each in records.items()}
    tls = {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789ABC"}
    spec = compiled(access={"allowed_cidrs": ["203.0.113.0/24"], "tls": tls})
    found = one(fake, "P54", spec).result
    assert (found.status is NO) == bool(reason) and reason in found.reason
    assert not results(preflight(situation(fake, compiled(**TLS))), "P54")  # a given certificate


def test_tasks_start_in_zones_with_fargate(fake: FakeCloud) -> None:
    ready(fake)
    first, *others = fake.identity.where
    fake.identity.where = (replaced(first, id="usw1-az2"), *others)
    found = one(fake, "P13", compiled(**EXISTING)).result
    assert f"is in {REGION}a, where there is no Fargate" in found.reason
    named = compiled(network={"availability_zones": [f"{REGION}a", f"{REGION}b"]})
    assert one(fake, "P10", named).result.reason == f"there is no Fargate in {REGION}a"
    assert "needs 3 zones" in one(fake, "P10").result.reason


@pytest.mark.parametrize(
    ("mode", "scheme", "reason"),
    [
        ("off", "internet-facing", ""),
        ("block-ingress", "internet-facing", "clients do not reach load balancers"),
        ("block-ingress", "internal", ""),
        ("block-bidirectional", "internal", "tasks do not reach the internet"),
    ],
)
def test_internet_gateways_let_traffic_through(
    fake: FakeCloud, mode: str, scheme: str, reason: str
) -> None:
    fake.account.vpcs.block = mode
    found = one(fake, "P19", compiled(access={"scheme": scheme})).result
    assert (found.status is NO, found.certain) == (bool(reason), False)
    assert reason in found.reason
    assert not results(preflight(situation(fake, compiled(**EXISTING))), "P19")


def test_logs_have_room_for_another_policy(fake: FakeCloud) -> None:
    spec = compiled(access={**TLS["access"], "waf": {}})
    assert one(fake, "P29", spec).result.status is OK
    fake.account.quotas.logs = tuple(f"p{number}" for number in range(10))
    assert one(fake, "P29", spec).result.status is NO
    fake.account.quotas.logs = (*fake.account.quotas.logs[1:], "AWSLogDeliveryWrite20150319")
    assert one(fake, "P29", spec).result.status is OK
    assert not results(preflight(situation(fake)), "P29")


def test_copies_of_backups_have_a_bucket_with_versions(fake: FakeCloud) -> None:
    replication = {"bucket_arn": "arn:aws:s3:::copies", "kms_key_arn": KEY}
    spec = compiled(storage={"backup": {"replication": replication}})
    assert one(fake, "P33", spec).result.reason == "there is no bucket copies"
    for versioned, status in ((False, NO), (True, OK)):
        fake.account.references.buckets["copies"] = versioned
        assert one(fake, "P33", spec).result.status is status


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (EngineVersion("18.4"), ""),
        (EngineVersion("18.4", ("postgresql", "instance"), 0, 256), ""),
        (EngineVersion("18.4", ("instance",), 0, 256), "does not export the log postgresql"),
        (EngineVersion("18.4", (), 0, 256), "does not export the log postgresql"),
        (EngineVersion("18.4", ("postgresql",), 1, 256), "takes 1 ACUs or more"),
        (EngineVersion("18.4", ("postgresql",), 0, 128), "takes 128 ACUs or less"),
    ],
)
def test_a_version_has_the_logs_and_capacity(
    fake: FakeCloud, offered: EngineVersion, reason: str
) -> None:
    spec = compiled(
        database={
            "serverless": {"min_acu": 0.5, "max_acu": 192},
            "log_exports": {"types": ["postgresql"]},
        }
    )
    fake.account.engines.offered = (offered,)
    found = one(fake, "P30", spec).result
    assert (found.status, found.certain) == ((NO, True) if reason else (OK, False))
    assert reason in found.reason
    fake.account.engines.offered = (offered, EngineVersion("18.5"))  # RDS may take this one
    assert one(fake, "P30", spec).result.status is OK


def test_groups_of_databases_count(fake: FakeCloud) -> None:
    fake.account.quotas.rds["DBSubnetGroups"] = (50, 50)
    found = one(fake, "P27").result
    assert found.reason == "subnet groups of databases: 1 more; 50 of 50 are used"
    assert "--quota-code L-48C6BF61 --desired-value 51" in found.fix
    fake.account.quotas.rds["DBSubnetGroups"] = (49, 50)
    fake.account.quotas.rds["DBParameterGroups"] = (50, 50)  # none is made
    assert one(fake, "P27").result.status is OK


def test_namespaces_count(fake: FakeCloud) -> None:
    fake.account.quotas.values["L-0FE3F50E"] = 3
    fake.account.names.cloud_map = {("HTTP", "other")}
    assert one(fake, "P35").result.status is OK
    fake.account.names.cloud_map.add(("DNS_PRIVATE", "other.local"))
    found = one(fake, "P35").result
    assert found.reason == "Cloud Map namespaces: 2 more; 2 of 3 are used"
    assert "--service-code AWSCloudMap --quota-code L-0FE3F50E --desired-value 4" in found.fix


def test_endpoints_count_in_the_region_and_in_a_vpc(fake: FakeCloud) -> None:
    ready(fake)
    quotas = fake.account.quotas
    quotas.values = {"L-1B52E74A": 2, "L-29B6F2EB": 2}
    quotas.ends = (("Gateway", "vpc-9"), ("Interface", "vpc-9"), ("Interface", "vpc-9"))
    own = compiled(network={"vpc_endpoints": ["secretsmanager"]})
    assert [status for status, _ in results(preflight(situation(fake, own)), "P36")] == [OK, OK]
    quotas.ends += (("Gateway", "vpc-8"),)
    assert "gateway endpoints of the region: 1 more; 2 of 2" in one(fake, "P36", own).result.reason
    sections = existing()
    sections["network"]["vpc_endpoints"] = ["secretsmanager"]
    spec = compiled(**sections)
    assert one(fake, "P36", spec).result.status is OK
    quotas.ends += (("Interface", "vpc-0a1b2c3d4e5f60718"),) * 2
    assert "interface endpoints of a VPC: 1 more; 2 of 2" in one(fake, "P36", spec).result.reason
    assert one(fake, "P36", own).result.path == ()


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
DEFAULT_TOPIC = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:GetTopicAttributes", "SNS:Publish"],
        "Resource": TOPIC,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
}


def publishing(*services: str, action: str = "sns:Publish") -> dict[str, Any]:
    """Return a policy that lets services do something."""
    return {"Statement": [trusting(each, action)["Statement"][0] for each in services]}


ALARMS, EVENTS = "cloudwatch.amazonaws.com", "events.amazonaws.com"


@pytest.mark.parametrize(
    ("topic", "reasons"),
    [
        (Topic({}), []),  # unknown
        (Topic(publishing(ALARMS, EVENTS)), []),
        (Topic(publishing("*")), []),
        (Topic({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sns:*"}}), []),
        (Topic(DEFAULT_TOPIC), [f"does not let {EVENTS} publish"]),
        (Topic(publishing(EVENTS)), [f"does not let {ALARMS} publish"]),
        (
            Topic(publishing(ALARMS, EVENTS, action="sns:Subscribe")),
            [f"does not let {ALARMS} publish", f"does not let {EVENTS} publish"],
        ),
        (Topic({}, "alias/aws/sns"), ["is encrypted with alias/aws/sns"]),
        (Topic({}, KEY), []),
        (Topic({}, "alias/closed"), [f"does not let {ALARMS} use", f"does not let {EVENTS} use"]),
        (Topic({}, "alias/gone"), ["the key alias/gone"]),
    ],
)
def test_alarms_and_events_reach_a_topic(fake: FakeCloud, topic: Topic, reasons: list[str]) -> None:
    closed = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/closed"
    secrets = fake.account.secrets
    secrets.kms = {KEY: Key(KEY), "alias/closed": Key(closed)}
    secrets.policies[KEY] = publishing(ALARMS, EVENTS, action="kms:GenerateDataKey*")
    fake.account.references.topics[TOPIC] = topic
    spec = compiled(observability={"alarms": {"topic_arn": TOPIC}})
    (check,) = (each for each in CHECKS if each.id == "P43")
    found = [each.result for each in preflight(situation(fake, spec), [check])]
    assert len(found) == max(1, len(reasons))
    assert [each.status for each in found] == ([NO] * len(reasons) or [OK])
    assert not any(each.certain for each in found)
    for each, reason in zip(found, reasons, strict=False):
        assert reason in each.reason
    told = compiled(stack={"notification_topic_arns": [TOPIC]})  # CloudFormation is the caller
    assert one(fake, "P43", told).result.status is OK


def test_a_key_that_may_not_be_read_says_nothing_of_its_topic(fake: FakeCloud) -> None:
    fake.account.references.topics[TOPIC] = Topic({}, KEY)
    fake.account.secrets.fail("key", AccessDenied("CAM603", "not allowed", "it needs more"))
    spec = compiled(observability={"alarms": {"topic_arn": TOPIC}})
    assert one(fake, "P43", spec).result.status is SKIPPED


def test_brokers_are_restored_from_a_bucket(fake: FakeCloud) -> None:
    restore = {"backup_id": "20260101", "bucket": {"name": "backups-of-another"}}
    spec = compiled(orchestration={"restore": restore})
    found = one(fake, "P34", spec).result
    assert (found.status, found.certain) == (NO, True)
    assert found.reason == "there is no bucket backups-of-another"
    fake.account.references.buckets["backups-of-another"] = False
    assert one(fake, "P34", spec).result.status is OK
    assert not results(preflight(situation(fake)), "P34")


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        ({"username": "camunda", "password": "x"}, OK, "a user name and a password"),
        ({"username": "camunda", "password": ""}, NO, "has no password"),
        ({"user": "camunda", "pass": "x"}, NO, "has no username and no password"),
        (None, NO, "has no username and no password"),
    ],
)
def test_a_registry_is_logged_in_to_with_a_name_and_a_password(
    fake: FakeCloud, value: dict[str, str] | None, status: Status, reason: str
) -> None:
    spec = compiled(
        registry={"hostname": "registry.camunda.cloud", "credentials_secret_arn": SECRET},
        orchestration={"image": "registry.camunda.cloud/camunda:8.10.9"},
    )
    fake.account.secrets.secrets[SECRET] = value
    found = one(fake, "P40", spec).result
    assert (found.status, reason in found.reason) == (status, True)
    quick = preflight(situation(fake, spec, quick=True), QUICKLY)
    assert [status for status, _ in results(quick, "P40")] == [OK]
    fake.account.secrets.fail("keys", AccessDenied("CAM603", "not allowed", "it needs more"))
    assert one(fake, "P40", spec).result.status is SKIPPED


def test_endpoints_are_offered_in_the_zones(fake: FakeCloud) -> None:
    ready(fake)
    secret, s3 = f"com.amazonaws.{REGION}.secretsmanager", f"com.amazonaws.{REGION}.s3"
    sections = existing()
    sections["network"]["vpc_endpoints"] = ["secretsmanager"]
    spec, own = compiled(**sections), compiled(network={"vpc_endpoints": ["secretsmanager"]})
    vpcs = fake.account.vpcs
    assert one(fake, "P37", spec).result.reason == f"1 are offered in {REGION}a, {REGION}b"
    assert one(fake, "P37", own).result.status is OK
    vpcs.services = {secret: (f"{REGION}a", f"{REGION}b"), s3: ()}  # zones matter to interfaces
    assert one(fake, "P37", spec).result.status is OK
    found = one(fake, "P37", own).result
    assert (found.status, found.certain) == (NO, True)
    assert f"in {REGION}a, {REGION}b, and not in {REGION}c" in found.reason
    vpcs.no_services.add(secret)
    assert one(fake, "P37", spec).result.reason == f"{REGION} has no endpoints of {secret}"
    assert one(fake, "P37").result.status is OK  # its S3 gateway
    assert not results(preflight(situation(fake, compiled(**EXISTING))), "P37")
    live = compiled(Layout.FLAT, network={"vpc_endpoints": ["secretsmanager"]})
    fake.stacks.add("camunda", "CREATE_COMPLETE").template = live.templates["root"]
    assert not results(preflight(situation(fake, live)), "P37")


@pytest.mark.parametrize(
    ("servers", "status"),
    [
        (("AmazonProvidedDNS",), OK),
        ((), OK),
        (("169.254.169.253",), OK),
        (("10.20.0.2",), OK),
        (("10.20.0.53", "10.20.0.2"), SKIPPED),
        (("10.1.0.2", "dns.example.com"), SKIPPED),
    ],
)
def test_tasks_ask_the_resolver_of_the_vpc(
    fake: FakeCloud, servers: tuple[str, ...], status: Status
) -> None:
    ready(fake)
    fake.account.vpcs.dns = servers
    found = one(fake, "P38", compiled(**EXISTING)).result
    assert found.status is status
    assert not results(preflight(situation(fake)), "P38")


def acl(*rules: tuple[bool, bool, str, int, int], private: bool = True) -> NetworkAcl:
    """Return a list of rules: outward, allows, block, first and last port."""
    first = 1 if private else 3
    return NetworkAcl(
        f"acl-{first}",
        tuple(
            AclRule(number, outward, allows, "6", block, (low, high))
            for number, (outward, allows, block, low, high) in enumerate(rules, 1)
        ),
        (f"subnet-0a1b2c3d4e5f6000{first}", f"subnet-0a1b2c3d4e5f6000{first + 1}"),
    )


OPEN = ((True, True, ANYWHERE, 0, 65535), (False, True, ANYWHERE, 0, 65535))
WITHIN = "10.20.0.0/16"


@pytest.mark.parametrize(
    ("private", "public", "reasons"),
    [
        (acl(*OPEN), acl(*OPEN, private=False), []),
        (
            acl(
                (False, True, WITHIN, 2049, 2049),
                (False, True, WITHIN, 5432, 5432),
                (False, True, WITHIN, 8080, 8080),
                (False, True, WITHIN, 26500, 26502),
                (False, True, ANYWHERE, 32768, 60999),
                (True, True, ANYWHERE, 1, 65535),
            ),
            acl(*OPEN, private=False),
            [],
        ),
        (
            acl((True, False, ANYWHERE, 5432, 5432), *OPEN),
            acl(*OPEN, private=False),
            ["acl-1 stops port 5432 out of"],
        ),
        (
            acl(*OPEN, (True, False, ANYWHERE, 5432, 5432)),  # the first rule decides
            acl(*OPEN, private=False),
            [],
        ),
        (
            acl(OPEN[0], (False, True, WITHIN, 1, 32767), (False, True, ANYWHERE, 443, 443)),
            acl(*OPEN, private=False),
            ["acl-1 stops answers of port 26502 from"],
        ),
        (
            acl(*OPEN),
            acl(OPEN[0], (False, True, ANYWHERE, 80, 443), private=False),
            ["acl-3 stops answers of port 8080 from"],
        ),
        (
            acl((False, False, "10.20.3.0/24", 26500, 26500), *OPEN),
            acl(*OPEN, private=False),
            ["acl-1 stops port 26500 from subnet-0a1b2c3d4e5f60003"],
        ),
        (
            acl((False, False, "10.20.3.0/28", 26500, 26500), *OPEN),  # some of its addresses
            acl(*OPEN, private=False),
            [],
        ),
        (acl(), acl(*OPEN, private=False), ["acl-1 stops port 8080 from"]),
    ],
)
def test_subnets_talk_through_their_acls(
    fake: FakeCloud, private: NetworkAcl, public: NetworkAcl, reasons: list[str]
) -> None:
    ready(fake)
    fake.account.vpcs.lists_of_rules = [private, public]
    found = preflight(situation(fake, compiled(**EXISTING)))
    said = [each.result for each in found if each.id == "P39"]
    assert [each.status for each in said][:1] == [NO if reasons else OK]
    assert not any(each.certain for each in said)
    for reason in reasons:
        assert any(reason in each.reason for each in said), [each.reason for each in said]


def test_acls_of_others_are_not_seen(fake: FakeCloud) -> None:
    ready(fake)
    assert not results(preflight(situation(fake, compiled(**EXISTING))), "P39")
    assert not results(preflight(situation(fake)), "P39")


def test_aws_backup_takes_up_the_database(fake: FakeCloud) -> None:
    spec = compiled(aws_backup={"resources": ["database"]})
    assert one(fake, "P44", spec).result.status is OK
    fake.account.references.out = ("Aurora", "VirtualMachine")
    found = one(fake, "P44", spec).result
    assert (found.status, found.certain) == (NO, False)
    other = compiled(aws_backup={"resources": ["file_system"]})
    assert not results(preflight(situation(fake, other)), "P44")
    assert not results(preflight(situation(fake)), "P44")


def test_the_free_plan_has_no_such_database(fake: FakeCloud) -> None:
    assert not results(preflight(situation(fake)), "P45")  # an account older than the plans
    plans = fake.account.plans
    plans.its = "PAID"
    assert one(fake, "P45").result.status is OK
    plans.its = "FREE"
    found = one(fake, "P45").result
    assert (found.status, found.certain) == (NO, True)
    external = {"engine": "postgres", "host": "db.example.com", "cidrs": ["10.9.0.0/16"]}
    database = {
        "existing": external,
        "authentication": "password",
        "password_secret_arn": SECRET,
        "seed": "none",
    }
    assert not results(preflight(situation(fake, compiled(database=database))), "P45")
    fake.identity.who = replaced(
        fake.identity.who, arn=f"arn:aws-cn:iam::{ACCOUNT}:user/someone"
    )  # has no such plans
    assert not results(preflight(situation(fake)), "P45")
    fake.stacks.add("camunda", "UPDATE_COMPLETE").template = {"Resources": {}}
    assert not results(preflight(situation(fake)), "P45")
