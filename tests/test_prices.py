"""List prices read from the AWS Price List: by users for themselves, and for the bundled table."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from camformation.cli.main import main
from camformation.cli.own_prices import keep_prices, own_file, price_table
from camformation.cost.offers import Product, Query, read_offers
from camformation.cost.prices import BUNDLED, OWN, Price, PriceTable, wanted
from camformation.regions import FORM, REGIONS
from camformation.schema import schema
from release.prices import TABLE, renewed

ROOT = Path(__file__).parents[1]
SPEC = str(ROOT / "spec" / "development.yaml")
REGION = "af-south-1"
"""A region without bundled prices."""
Output = pytest.CaptureFixture[str]


def product(offer: str, usage: str, usd: str, **attributes: str) -> dict[str, Any]:
    """Return a product as the Price List has it: a free tier, then one that costs."""
    tiers = {
        "free": {"beginRange": "0", "pricePerUnit": {"USD": "0"}},
        "paid": {"beginRange": "5", "pricePerUnit": {"USD": usd}},
    }
    return {
        "serviceCode": offer,
        "product": {"attributes": {"usagetype": usage, "regionCode": REGION, **attributes}},
        "terms": {"OnDemand": {"a": {"priceDimensions": tiers}}},
    }


PRODUCTS = [
    product("AmazonECS", "AFS1-Fargate-vCPU-Hours:perCPU", "0.05"),
    product("AmazonECS", "AFS1-Fargate-GB-Hours", "0.006"),
    product("AmazonECS", "AFS1-Fargate-ARM-vCPU-Hours:perCPU", "0.04"),
    product("AmazonECS", "AFS1-Fargate-Windows-vCPU-Hours:perCPU", "0.5"),
    product("AmazonECS", "EUC1-Fargate-vCPU-Hours:perCPU", "0.07", regionCode="eu-central-1"),
    product(
        *("AmazonRDS", "AFS1-InstanceUsage:db.r7g.2xl", "1.3"),
        databaseEngine="Aurora PostgreSQL",
        instanceType="db.r7g.2xlarge",
    ),
    product("AmazonRDS", "AFS1-InstanceUsage:db.r7g.2xl", "9", databaseEngine="PostgreSQL"),
    product("AmazonRDS", "AFS1-Aurora:StorageIOUsage", "0.00000022", databaseEngine="Any"),
    product("AmazonRDS", "AFS1-Aurora:StorageUsage", "0.119", databaseEngine="Aurora PostgreSQL"),
    product("AWSSecretsManager", "AFS1-AWSSecretsManager-Secret", "0.4"),
    product("AmazonEC2", "AFS1-NatGateway-Hours", "0.057"),
    product("AmazonEC2", "AFS1-RegionalNatGateway-Hours", "0.114"),
    product("AWSELB", "LoadBalancerUsage", "0.0225", operation="LoadBalancing:Application"),
    product("AWSELB", "TS-LoadBalancerUsage", "0.0056", operation="LoadBalancing:Application"),
    product("awskms", "af-south-1-KMS-Keys", "1"),
    product("AmazonCloudWatch", "EU-CW:MetricsUsage", "0.07"),
]
FOUND = {
    "fargate.vcpu_x86": 0.05,
    "fargate.gb_x86": 0.006,
    "fargate.vcpu_arm": 0.04,
    "aurora.instance.db.r7g.2xlarge": 1.3,
    "aurora.io": 0.22,
    "aurora.storage": 0.119,
    "secret": 0.4,
    "nat.hour": 0.057,
    "alb.hour": 0.0225,
    "kms.key": 1.0,
    "metric.enhanced": 0.07,
}


def matching(products: list[dict[str, Any]], query: Query) -> Iterator[Product]:
    """Yield what GetProducts answers."""
    for each in products:
        own = each["product"]["attributes"]
        if each["serviceCode"] == query.offer and all(
            own.get(name) == value if kind == "TERM_MATCH" else value in own.get(name, "")
            for kind, name, value in query.filters
        ):
            yield each


class PriceList(ThreadingHTTPServer):
    """A server that answers GetProducts, a page for each product."""

    def __init__(self, products: list[dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.products = products
        self.denies = False
        self.asked: list[str] = []


class Answers(BaseHTTPRequestHandler):
    server: PriceList

    def do_POST(self) -> None:
        self.server.asked.append(self.headers["X-Amz-Target"])
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        filters = tuple((each["Type"], each["Field"], each["Value"]) for each in asked["Filters"])
        found = list(matching(self.server.products, Query(asked["ServiceCode"], filters)))
        page = int(asked.get("NextToken", "0"))
        answer: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": []}
        if self.server.denies:
            answer = {"__type": "AccessDeniedException", "Message": "not pricing:GetProducts"}
        elif found:
            answer["PriceList"] = [json.dumps(found[page])]
        if page + 1 < len(found):
            answer["NextToken"] = str(page + 1)
        body = json.dumps(answer).encode()
        self.send_response(400 if self.server.denies else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceList]:
    """Run a Price List, which boto3 finds, beside an empty cache folder."""
    with PriceList(list(PRODUCTS)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", address)
        yield server
        server.shutdown()


def test_a_user_reads_prices_and_estimates_use_them(
    aws: PriceList, capsys: Output, tmp_path: Path
) -> None:
    compiling = ["compile", SPEC, "--out", str(tmp_path), "--cost", "--set", f"region={REGION}"]
    assert main(compiling) == 0
    assert "cost unknown" in capsys.readouterr().out
    assert main(["prices", REGION]) == 0
    said = capsys.readouterr()
    assert f"Without a price in {REGION}: " in said.out and "NAT gateway;" not in said.out
    assert str(own_file()) in said.out and f"reading the prices of {REGION}" in said.err
    assert set(aws.asked) == {"AWSPriceListService.GetProducts"} and len(aws.asked) < 60
    assert {name: each.usd for name, each in price_table().own[REGION].items()} == FOUND
    assert main(compiling) == 0
    text = capsys.readouterr().out
    assert "camunda-dev: more than $" in text and "read by `camformation prices`" in text
    assert "`camformation prices af" not in text  # it has been read
    assert main(["prices"]) == 0
    assert REGION in capsys.readouterr().out
    assert main(["plan", SPEC, "--offline", "--set", f"region={REGION}"]) in (0, 2)
    assert "Cost: more than $" in capsys.readouterr().out


def test_prices_as_data(aws: PriceList, capsys: Output) -> None:
    assert main(["prices", REGION, "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)
    assert one["region"] == REGION and one["prices"]["secret"]["usd"] == 0.4
    assert one["own"] and "alb.lcu" in one["missing"] and "aurora.instance" not in one["missing"]
    assert main(["prices", "--json"]) == 0
    every = {each["region"]: each for each in json.loads(capsys.readouterr().out)}
    assert every.keys() == {REGION, *BUNDLED.regions()} and not every["us-east-1"]["own"]


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-wset-1", "did you mean eu-west-1?"),
        ("eu-west-3", "no prices for eu-west-3"),
        ("mars-north-1", "note: AWS has no region mars-north-1, unless it is new\n"),
    ],
)
def test_a_region_that_the_list_does_not_have(
    region: str, said: str, aws: PriceList, capsys: Output
) -> None:
    assert main(["prices", region]) == 1
    assert said in capsys.readouterr().err and not own_file().exists()


@pytest.mark.parametrize("region", ["mars-1", "eu-wset-2", "eu-west-2,eu-west-1", "cn-north-1"])
def test_what_is_no_region_is_refused_without_credentials(
    region: str, monkeypatch: pytest.MonkeyPatch, capsys: Output, tmp_path: Path
) -> None:
    monkeypatch.setattr("camformation.deploy.aws.connection.price_list", lambda _: pytest.fail())
    assert main(["prices", REGION, region]) == 1
    shown = capsys.readouterr().err
    assert "CAM608 " in shown and region in shown
    if region in REGIONS:
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for command in (["list", "--region", region], ["status", "camunda", "--region", region]):
        assert main(command) == 1
        assert f"CAM608 AWS has no region {region}" in capsys.readouterr().err
    bare = tmp_path / "camunda.yaml"
    bare.write_text("name: camunda\n")
    assert main(["policy", str(bare), "--region", region]) == 1
    assert f"CAM608 AWS has no region {region}" in capsys.readouterr().err


def test_refused_or_unwritable(
    aws: PriceList, capsys: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aws.denies = True
    assert main(["prices", REGION]) == 1
    assert "CAM603" in (said := capsys.readouterr().err) and "pricing:GetProducts" in said
    aws.denies = False
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert main(["prices", REGION]) == 1
    assert "XDG_CACHE_HOME" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"regions": {"x": {"secret": {"usd": -1}}}}', '{"regions": {"x": 3}}']
)
def test_an_own_table_that_is_none_is_as_good_as_none(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own_file().parent.mkdir(parents=True)
    own_file().write_text(text)
    assert price_table() == PriceTable({})


def test_the_newer_price_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bundled = BUNDLED.of("us-east-1")
    old = PriceTable({"us-east-1": {"secret": Price(9, "2020-01-01", OWN)}})
    assert old.of("us-east-1") == bundled
    keep_prices({"us-east-1": {"secret": 9}}, "2099-01-01")
    new = keep_prices({REGION: {"secret": 8}}, "2099-01-01")
    assert new == price_table() and new.own.keys() == {"us-east-1", REGION}
    assert new.of("us-east-1") == {**bundled, "secret": Price(9, "2099-01-01", OWN)}
    assert new.of(REGION)["dashboard"] == bundled["dashboard"]  # one price for all regions
    assert new.of("global") == {} and BUNDLED.of(REGION) == {}


def test_a_thing_with_two_prices_has_none() -> None:
    twice = [*PRODUCTS, product("AmazonECS", "Fargate-vCPU-Hours:perCPU", "0.9")]
    found = read_offers(REGION, lambda query: matching(twice, query))
    assert found.ambiguous == {"fargate.vcpu_x86": (0.05, 0.9)}
    assert found.prices == {k: v for k, v in FOUND.items() if k != "fargate.vcpu_x86"}
    with pytest.raises(ValueError, match="two prices"):
        renewed(lambda query: matching(twice, query), [REGION], "2027-01-02")


def test_ambiguous_prices_are_said(aws: PriceList, capsys: Output) -> None:
    aws.products.append(product("AmazonECS", "Fargate-vCPU-Hours:perCPU", "0.9"))
    assert main(["prices", REGION]) == 0
    assert "fargate.vcpu_x86 of af-south-1 is left out: it has $0.05 and $0.9" in (
        capsys.readouterr().err
    )


def test_the_bundled_table_is_renewed_by_the_same_code() -> None:
    table = json.loads(
        renewed(lambda query: matching(PRODUCTS, query), [REGION, "us-east-1"], "2027-01-02")
    )
    assert table["regions"].pop(REGION) == {
        name: {"usd": usd, "read": "2027-01-02", "source": "price-list"}
        for name, usd in FOUND.items()
    }
    assert table == json.loads(TABLE.read_text("utf-8"))


def test_each_question_is_narrow_enough_and_finds_what_it_is_for() -> None:
    asked: list[Query] = []

    def products(query: Query) -> list[Product]:
        asked.append(query)
        return []

    read_offers(REGION, products)
    assert len(asked) == sum(not each.get("global") for each in wanted().values())
    for query in asked:
        kinds = {name: value for _, name, value in query.filters}
        assert kinds["regionCode"] == REGION and len(kinds["usagetype"]) >= 6, query


def test_the_form_of_regions_is_that_of_the_spec() -> None:
    pattern = str(schema()["properties"]["region"]["pattern"])
    assert pattern.replace("?:", "") == f"^{FORM}$"
    assert all(re.fullmatch(FORM, region) for region in REGIONS)
