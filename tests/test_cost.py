"""Estimates of cost: from templates, from bundled prices, by component, and never by guessing."""

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.cost.estimate import Estimate, cost_change, estimate
from camformation.cost.free import FREE, FREE_SERVICES, free
from camformation.cost.offers import table_text
from camformation.cost.prices import BUNDLED, assumptions, price_list, priced, sources
from camformation.cost.uses import USES
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.report.cost import change_line, estimate_data, estimate_text
from component_types import made_by_components
from deployments import templates
from release.prices import TABLE

ROOT = Path(__file__).parents[1]
Output = pytest.CaptureFixture[str]
PRICED = "us-east-1"
UNPRICED = "af-south-1"


@cache
def shipped(spec: str, layout: Layout = Layout.NESTED) -> Any:
    read = lambda file: Path(file).read_bytes()  # noqa: E731
    folder = "bench" if spec == "everything" else "spec"
    return compile_spec(str(ROOT / folder / f"{spec}.yaml"), read, layout, ()).templates


def estimated(of: Any, region: str = PRICED, **usage: float) -> Estimate:
    return estimate(of, region, usage=usage)


def lines(of: Estimate, key: str) -> list[tuple[str, float]]:
    return [(each.logical_id, each.quantity) for each in of.lines if each.key == key]


def test_every_price_has_a_unit_a_day_and_a_source() -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    for region, each in table["regions"].items():
        for name, price in each.items():
            assert priced(name).unit, (region, name)
            assert price["source"] in sources() and price["usd"] > 0
            assert len(price["read"].split("-")) == 3
    assert table_text(table) == TABLE.read_text("utf-8")
    assert PRICED in BUNDLED.regions() and "global" not in BUNDLED.regions()


RATIOS = {
    ("fargate.vcpu_arm", "fargate.vcpu_x86"): (0.79, 0.81),
    ("fargate.gb_arm", "fargate.gb_x86"): (0.79, 0.81),
    ("fargate.gb_x86", "fargate.vcpu_x86"): (0.105, 0.115),
    ("nlb.hour", "alb.hour"): (1, 1),
    ("aurora.acu_io", "aurora.acu"): (1.3, 1.4),
    ("aurora.storage_io", "aurora.storage"): (2.2, 2.3),
    ("efs.write", "efs.read"): (1.7, 2.05),
    ("logs.stored", "logs.ingested"): (0.04, 0.07),
}
"""What one price is of another, everywhere, as far as we know."""
FLAT = ("alarm", "ipv4.hour", "kms.key", "metric", "nlb.lcu", "secret", "waf.")
"""Prices that AWS has made the same in all regions, as far as we know."""


@pytest.mark.parametrize("region", BUNDLED.regions())
def test_prices_are_plausible(region: str) -> None:
    found, known = BUNDLED.of(region), BUNDLED.of(PRICED)
    for (one, other), (least, most) in RATIOS.items():
        if one in found and other in found:
            assert least <= found[one].usd / found[other].usd <= most, (one, other)
    for name in found.keys() & known.keys():
        ratio = found[name].usd / known[name].usd
        assert ratio == 1 if name.startswith(FLAT) else 0.9 <= ratio <= 2.2, name
    assert {"fargate.vcpu_x86", "fargate.gb_x86"} <= found.keys()


@pytest.mark.parametrize("spec", ["development", "reference", "production", "existing-vpc"])
def test_estimates_of_shipped_specs_are_whole(spec: str) -> None:
    found = estimated(shipped(spec))
    assert not found.unknown
    assert not found.unpriced or spec == "existing-vpc"
    assert {each.key.split(".db.")[0] for each in found.lines} <= price_list().keys()


@pytest.mark.parametrize("spec", ["production", "existing-vpc", "everything"])
def test_every_type_of_a_template_is_counted_or_free_with_a_reason(spec: str) -> None:
    kinds = {each["Type"] for t in shipped(spec).values() for each in t["Resources"].values()}
    assert {each for each in kinds if not (each in USES or free(each))} == set()
    assert len(kinds) > 35


def test_every_type_that_components_make_is_counted_or_free_with_a_reason() -> None:
    kinds = made_by_components()
    assert {"AWS::EC2::NatGateway", "AWS::RDS::DBCluster", "AWS::IAM::Role"} <= kinds
    assert {each for each in kinds if not (each in USES or free(each))} == set()
    assert not USES.keys() & FREE.keys() and all({**FREE, **FREE_SERVICES}.values())
    assert not any(free(each) for each in USES)


def test_both_layouts_cost_the_same() -> None:
    nested, flat = estimated(shipped("production")), estimated(shipped("production", Layout.FLAT))
    assert nested.total == pytest.approx(flat.total)
    assert {each.component for each in flat.lines} == {"root"}
    assert "orchestration" in {each.component for each in nested.lines}


def test_the_size_of_tasks_decides() -> None:
    found = estimated(templates(orchestration={"brokers": 3, "cpu": 2048, "memory_mib": 8192}))
    known = BUNDLED.of(PRICED)
    assert lines(found, "fargate.vcpu_x86")[0] == ("OrchestrationService", 3 * 2 * 730)
    assert lines(found, "fargate.gb_x86")[0] == ("OrchestrationService", 3 * 8 * 730)
    [memory] = [
        e for e in found.lines if e.key == "fargate.gb_x86" and e.component == "root"
        and e.logical_id.startswith("Orch")
    ]  # fmt: skip
    assert memory.monthly == pytest.approx(3 * 8 * 730 * known["fargate.gb_x86"].usd)


def test_kinds_of_databases() -> None:
    plain = estimated(templates(database={"instance_class": "db.r7g.large", "instances": 2}))
    assert [n for n, _ in lines(plain, "aurora.instance.db.r7g.large")] == [
        "AuroraInstance1",
        "AuroraInstance2",
    ]
    serverless = templates(database={"serverless": {"min_acu": 1, "max_acu": 8}})
    assert lines(estimated(serverless), "aurora.acu")[0][1] == 730
    assert lines(estimated(serverless, acu=4), "aurora.acu")[0][1] == 4 * 730
    assert lines(estimated(serverless, acu=400), "aurora.acu")[0][1] == 8 * 730


def test_patches_count_and_break_nothing() -> None:
    changed = copy.deepcopy(shipped("reference", Layout.FLAT))
    root = changed["root"]["Resources"]
    before = estimated(changed)
    root["Extra"] = {"Type": "AWS::EC2::EIP"}
    root["Cache"] = {"Type": "AWS::ElastiCache::CacheCluster", "Properties": {}}
    root["Machine"] = {"Type": "AWS::EC2::Instance"}
    root["AuroraCluster"]["Properties"]["StorageType"] = "aurora-iopt1"
    task = root["OrchestrationTaskDefinition"]["Properties"]
    task["RuntimePlatform"] = {"CpuArchitecture": "ARM64"}
    task["EphemeralStorage"] = {"SizeInGiB": 50}
    for name in ("WebLoadBalancer", "ConnectorsService"):
        root[name]["Properties"] = {"Nonsense": ["x"], "Subnets": "x", "LoadBalancers": 3}
    root["FileSystem"]["Properties"] = {
        "ThroughputMode": "provisioned",
        "ProvisionedThroughputInMibps": 10,
    }
    found = estimated(changed)
    assert [each.type for each in found.unknown] == [
        "AWS::ElastiCache::CacheCluster",
        "AWS::EC2::Instance",
    ]
    assert len(lines(found, "ipv4.hour")) == len(lines(before, "ipv4.hour")) + 1
    assert (
        lines(found, "fargate.vcpu_arm") and lines(found, "fargate.storage")[0][1] == 3 * 30 * 730
    )
    assert lines(found, "aurora.storage_io") and not lines(found, "aurora.io")
    assert {e.key for e in found.unpriced} == {
        "aurora.instance_io.db.t3.medium",
        "efs.throughput",
    }
    assert "AWS::ElastiCache::CacheCluster, AWS::EC2::Instance (unknown)" in estimate_text(
        "x", found
    )


def test_a_region_without_prices_is_not_guessed(capsys: Output, tmp_path: Path) -> None:
    unknown = estimated(shipped("reference"), UNPRICED)
    assert not unknown.known and unknown.unpriced == unknown.lines and unknown.total == 0
    assert estimate_data(unknown)["monthly"] is None
    said = change_line(cost_change(None, shipped("reference"), UNPRICED))
    assert said and "Cost: unknown" in said and f"`camformation prices {UNPRICED}` reads" in said
    assert change_line(cost_change(None, shipped("reference"), None)) is None
    spec = str(ROOT / "spec" / "development.yaml")
    options = ["--cost", "--out", str(tmp_path), "--set", f"region={UNPRICED}"]
    assert main(["compile", spec, *options]) == 0
    text = capsys.readouterr().out
    assert f"cost unknown: camformation has no list prices of {UNPRICED}\n`camformation" in text
    assert text.count("pricing:GetProducts") == 1 and "Without a price" not in text
    assert "orchestration  ?" in text and "Prices: " not in text and "$0" not in text
    for region in ("cn-north-1", "eusc-de-east-1"):  # in CNY and EUR: no command reads them
        text = estimate_text("x", estimated(shipped("reference"), region))
        assert "has no prices in USD of the partition" in text and "GetProducts" not in text


def test_an_estimate_without_some_prices_is_a_lower_limit() -> None:
    found = estimated(shipped("production"), "eu-west-2")
    text = estimate_text("x", found)
    assert "backup.s3" in {each.key for each in found.unpriced} and text.startswith(
        "x: more than $"
    )
    assert "Without a price: " in text and "; AWS Backup of buckets; " in text
    assert re.search(r"^aws_backup  .*\?$", text, re.M), text
    assert "`camformation prices eu-west-2` reads" in text
    data = estimate_data(found)
    assert "backup.s3" in data["unpriced"] and data["monthly"] == round(found.total, 2)
    said = str(change_line(cost_change(None, shipped("production"), "eu-west-2")))
    assert "Cost: more than $" in said and "without a known price" in said
    whole = estimate_text("x", estimated(shipped("production")))
    assert whole.startswith("x: about $") and "Without a price" not in whole and "?" not in whole


def test_a_change_says_what_it_adds() -> None:
    small = shipped("development")
    same = cost_change(small, small, PRICED)
    assert same and same.difference == 0
    assert "unchanged" in str(change_line(same))
    larger = cost_change(small, shipped("production"), PRICED)
    assert larger and larger.difference > 500
    before, after = larger.components()["orchestration"]
    assert after > before > 0
    assert re.search(r"more \(orchestration \+\$\d+, .*\blogs [+-]\$", str(change_line(larger)))


def test_a_change_of_what_has_no_known_price_is_said() -> None:
    """It is not as before, and not less either."""
    small, larger = shipped("development"), copy.deepcopy(shipped("development"))
    [instance] = [
        body
        for template in larger.values()
        for name, body in template["Resources"].items()
        if name == "AuroraInstance1"
    ]
    instance["Properties"]["DBInstanceClass"] = "db.r7g.16xlarge"
    change = cost_change(small, larger, "eu-west-2")
    assert change and "aurora.instance.db.r7g.16xlarge" in {
        line.key for line in change.after.unpriced
    }
    said = str(change_line(change))
    assert "unchanged, not counting Aurora instance db.r7g.16xlarge" in said
    assert "(unknown price)" in said
    assert "but for" not in str(change_line(cost_change(small, small, "eu-west-2")))


def test_open_parameters_decide_too() -> None:
    one = shipped("existing-vpc")
    more = estimate(one, PRICED, {"BrokersCount": "9"})
    assert more.total == estimated(one).total  # a name that it does not have


def test_compile_shows_it(capsys: Output, tmp_path: Path) -> None:
    spec = str(ROOT / "spec" / "development.yaml")
    options = ["compile", spec, "--out", str(tmp_path), "--set", f"region={PRICED}", "--cost"]
    assert main(options) == 0
    text = capsys.readouterr().out
    assert "camunda-dev: about $2" in text and "Assumed (--usage NAME=VALUE):" in text
    assert main([*options, "--json", "--usage", "nat_gb=1000"]) == 0
    [one] = json.loads(capsys.readouterr().out)["compiled"]
    assert one["cost"]["assumed"]["nat_gb"] == 1000
    assert one["cost"] == estimate_data(estimated(shipped("development"), nat_gb=1000))


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ("nat_gbs=3", "did you mean nat_gb?"),
        ("nonsense=3", "no assumption"),
        ("nat_gb=much", "needs a number"),
        ("nat_gb=-1", "needs a number"),
        ("nat_gb=nan", "needs a number"),
        ("lease_seconds=0", "needs a number"),
    ],
)
def test_wrong_usage_is_refused(usage: str, said: str, capsys: Output) -> None:
    assert main(["compile", "x.yaml", "--cost", "--usage", usage]) == 1
    assert said in capsys.readouterr().err


def test_usage_needs_cost(capsys: Output) -> None:
    assert main(["compile", "x.yaml", "--usage", "nat_gb=1"]) == 1
    assert "--usage needs --cost" in capsys.readouterr().err


def test_every_assumption_is_used_and_documented() -> None:
    page = (ROOT / "docs" / "cost.md").read_text("utf-8")
    folder = ROOT / "compiler" / "camformation" / "cost"
    source = "".join(each.read_text("utf-8") for each in folder.glob("*_uses.py"))
    for name in assumptions():
        assert f"`{name}`" in page
        assert f'"{name}"' in source


def comparison() -> str:
    """Return the README's table of what the shipped specs cost."""
    groups = {
        "Brokers and connectors": ("orchestration", "connectors"),
        "Database": ("database",),
        "Load balancers": ("load_balancers",),
        "NAT gateways, endpoints": ("egress",),
    }
    specs = ("development", "reference", "production")
    found = [estimated(shipped(spec)) for spec in specs]
    named = {name for names in groups.values() for name in names}
    rest = {e.component for each in found for e in each.lines} - named
    rows = {**groups, "Storage, logs, keys, the rest": tuple(rest)}
    table = [f"| USD a month | {' | '.join(f'`{spec}`' for spec in specs)} |", "|---|--:|--:|--:|"]
    for title, names in rows.items():
        sums = [sum(e.monthly or 0 for e in each.lines if e.component in names) for each in found]
        table.append(f"| {title} | {' | '.join(f'{round(each, -1):,.0f}' for each in sums)} |")
    table.append(
        f"| **Together** | {' | '.join(f'**{round(each.total, -1):,.0f}**' for each in found)} |"
    )
    return "\n".join(table)


def test_the_readme_compares_development_with_production(request: pytest.FixtureRequest) -> None:
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    if request.config.getoption("--update-golden"):
        text = re.sub(
            r"\| USD a month \|.*?\| \*\*Together.*?\n", f"{comparison()}\n", text, flags=re.S
        )
        readme.write_text(text, "utf-8")
    assert comparison() in text, "README.md is stale: run pytest --update-golden"


def test_recovery_points_cost_what_they_are_of() -> None:
    storage = {"documents": {"enabled": True}}
    plan = {"resources": ["database", "backups", "documents", "file_system"]}
    found = estimated(
        templates(aws_backup=plan, storage=storage),
        database_gb=50,
        backup_gb=200,
        documents_gb=10,
        file_system_gb=40,
    )
    assert lines(found, "backup.s3") == [
        ("BackupSelectionBackups", 200),
        ("BackupSelectionDocuments", 10),
    ]
    assert lines(found, "backup.efs") == [("BackupSelectionFileSystem", 40)]
    assert ("BackupSelectionDatabase", 50) in lines(found, "aurora.backup")


CA = (
    "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/"
    "12345678-1234-1234-1234-123456789012"
)
TLS = {"service_connect_tls": {"certificate_authority_arn": CA}}


def test_a_private_ca_of_somebody_else_is_named_and_its_certificates_count() -> None:
    plain = estimated(templates())
    assert plain.outside == ()
    found = estimated(templates(cluster=TLS))
    assert lines(found, "private_ca.certificate") == [("OrchestrationService", 2 * 6)]
    assert sum(n for _, n in lines(found, "secret")) == 2 + sum(
        n for _, n in lines(plain, "secret")
    )
    assert not lines(found, "private_ca") and not lines(found, "private_ca.short_lived")
    assert found.outside == (
        "the private CA of Service Connect ($50 a month in the short-lived mode, $400 in the "
        "general-purpose one)",
    )
    assert f"not counted: {found.outside[0]}." in estimate_text("x", found)
    assert estimate_data(found)["outside"] == list(found.outside)
    more = estimated(templates(cluster=TLS), certificates=12)
    assert lines(more, "private_ca.certificate") == [("OrchestrationService", 2 * 12)]


def test_a_plan_names_what_it_newly_uses_and_does_not_count() -> None:
    change = cost_change(templates(), templates(cluster=TLS), PRICED)
    assert "not counting the private CA of Service Connect ($50" in str(change_line(change))
    same = cost_change(templates(cluster=TLS), templates(cluster=TLS), PRICED)
    assert "not counting" not in str(change_line(same))


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        (None, ["private_ca", "private_ca.certificate"]),
        ("GENERAL_PURPOSE", ["private_ca", "private_ca.certificate"]),
        (
            "SHORT_LIVED_CERTIFICATE",
            ["private_ca.certificate_short_lived", "private_ca.short_lived"],
        ),
    ],
)
def test_a_private_ca_that_a_patch_makes_counts_by_its_mode(
    mode: str | None, keys: list[str]
) -> None:
    made = templates(cluster=TLS)
    properties = {"Type": "ROOT", **({"UsageMode": mode} if mode else {})}
    made["root"]["Resources"]["Authority"] = {
        "Type": "AWS::ACMPCA::CertificateAuthority",
        "Properties": properties,
    }
    found = estimated(made)
    assert sorted(e.key for e in found.lines if e.key.startswith("private_ca")) == keys
    assert found.outside == () and not found.unpriced


def test_what_others_pay_for_is_named() -> None:
    said = " ".join(estimated(shipped("everything")).outside)
    for each in ("private CA", "Prometheus workspace", "ECS cluster", "VPC"):
        assert each in said
    assert estimated(shipped("production")).outside == ()


def test_what_settings_of_a_resource_cost() -> None:
    spec = shipped("everything")
    found = estimated(spec, logs_gb=40, waf_logs_gb=3, monitoring_gb=0.5, backup_gb=10)
    assert dict(lines(found, "logs.masked")) == {
        **dict.fromkeys(("CamundaLogGroup", "DatabaseLogGroup"), 40 / 2),
        "WebAclLogGroup": 3,  # which takes nothing of the others'
    }
    assert ("AuroraCluster", 2 * 0.5) in lines(found, "logs.ingested")
    assert [quantity for _, quantity in lines(found, "aurora.insights_acu")] == 2 * [2 * 730]
    assert [n for name, n in lines(found, "backup.s3") if name.endswith("Backups")] == [10, 10]
    assert [n for name, n in lines(found, "alarm") if "ScalingPolicy" in name] == [2, 2]
    changed = copy.deepcopy(shipped("reference", Layout.FLAT))
    policy = changed["root"]["Resources"]["FileSystem"]["Properties"]["BackupPolicy"]
    policy["Status"] = "ENABLED"
    assert lines(estimated(changed, file_system_gb=70), "backup.efs") == [("FileSystem", 70)]


@pytest.mark.parametrize(
    ("kind", "cpus"),
    [("db.t4g.medium", 2), ("db.r7g.large", 2), ("db.r7g.xlarge", 4), ("db.r8g.12xlarge", 48)],
)
def test_advanced_insights_cost_by_the_size_of_the_instance(kind: str, cpus: int) -> None:
    made = copy.deepcopy(templates(database={"instance_class": kind, "instances": 1}))
    made["root"]["Resources"]["AuroraCluster"]["Properties"]["DatabaseInsightsMode"] = "advanced"
    found = estimated(made, "us-east-2")
    assert lines(found, "aurora.insights") == [("AuroraInstance1", cpus * 730)]
    [line] = [each for each in found.lines if each.key == "aurora.insights"]
    assert line.monthly == pytest.approx(cpus * 730 * 0.0125)
