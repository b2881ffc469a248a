"""The semantic rules: each finds what it is for, spares what is sound, and names its source."""

import re
from dataclasses import replace
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pytest

from camformation.codes import CODES
from camformation.diagnostics import Diagnostic, Finding, Severity, SpecError
from camformation.durations import seconds
from camformation.explain import explain
from camformation.pipeline import compile_spec, load
from camformation.report.spec.diagnostics import FORMATS, render
from camformation.rules import everything
from camformation.rules.document import Example, page
from camformation.rules.everything import RULES, findings
from camformation.rules.images import image
from camformation.rules.ledger import LEDGER
from camformation.rules.releases import KNOWN_DEFECTS, newest_image
from deployments import deployment
from every import every, named

ROOT = Path(__file__).parents[1]
BAD = sorted(
    path for path in (ROOT / "tests" / "errors").glob("cam*.yaml") if path.stem[:6].upper() in RULES
)
BAD_SPECS = [(path.stem, (path,)) for path in BAD]
PRIVATE_VPC = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)],
}
SHIPPED = sorted((ROOT / "spec").glob("*.yaml"))
SECTION = re.compile(r"^## <a id=\"(cam\d{3})\"></a>(CAM\d{3}): ", re.M)


def read(file: str) -> bytes:
    return Path(file).read_bytes()


@cache
def found_in(path: Path, *, strict: bool = False) -> tuple[Diagnostic, ...]:
    try:
        return load(str(path), read, strict=strict).warnings
    except SpecError as error:
        return tuple(error.diagnostics)


def broken(code: str, **sections: Any) -> list[Finding]:
    """Return what one rule says of a spec with these sections."""
    return [found for found in findings(deployment(**sections)) if found.code == code]


def severities(code: str, **sections: Any) -> list[str]:
    return [found.severity.value for found in broken(code, **sections)]


# Every rule


@every(BAD_SPECS)
def test_bad_specs_break_the_rule_they_are_named_after(path: Path) -> None:
    assert path.stem[:6].upper() in {found.code for found in found_in(path)}
    explained = path.read_text("utf-8").startswith("# ")
    assert explained, "the first line is a comment that says what is wrong: docs/rules.md shows it"


def test_every_module_with_rules_is_registered() -> None:
    folder = Path(everything.__file__).parent
    with_rules = {
        file.stem for file in folder.glob("*.py") if "\n@rule(" in file.read_text("utf-8")
    }
    assert with_rules == {rule.check.__module__.rpartition(".")[2] for rule in RULES.values()}


def test_every_rule_has_a_bad_spec() -> None:
    assert {path.stem[:6].upper() for path in BAD} == set(RULES)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_specs_break_none(path: Path) -> None:
    assert found_in(path, strict=True) == ()


@pytest.mark.parametrize("version", ["8.9", "8.10"])
@pytest.mark.parametrize("profile", ["development", "reference"])
def test_defaults_break_none(profile: str, version: str) -> None:
    assert findings(deployment(profile=profile, version=version)) == []


def test_production_asks_for_what_nobody_else_can_know() -> None:
    found = findings(deployment(profile="production"))
    assert [(each.code, each.path) for each in found] == [
        ("CAM153", ("access", "allowed_cidrs")),
        ("CAM175", ("access", "tls")),
    ]


@every(named(RULES))
def test_rules_are_documented(code: str) -> None:
    rule = RULES[code]
    assert rule.title and rule.title[0].isupper() and not rule.title.endswith(".")
    # Python 3.13 keeps docstrings without their indentation.
    assert re.search(r"\n\nSource: [A-Za-z]\S+", cleandoc(rule.text)), "no source is named"
    assert rule.text.rstrip().endswith(".")


@every(BAD_SPECS)
def test_findings_say_what_to_write(path: Path) -> None:
    for found in found_in(path):
        assert found.hint and not found.hint.endswith(".")
        assert not found.message.endswith(".") and "\n" not in found.message + found.hint


def examples() -> dict[str, Example]:
    """Return the shortest bad spec of each rule, with what is said of it."""
    found = {}
    for path in sorted(BAD, key=lambda path: (-path.stat().st_size, path.stem)):
        said = (ROOT / "tests" / "golden" / "errors" / f"{path.stem}.txt").read_text("utf-8")
        spec = path.read_text("utf-8")
        found[path.stem[:6].upper()] = Example(spec, said.replace(path.name, "camunda.yaml"))
    return found


def test_the_page_is_made_of_the_rules(request: pytest.FixtureRequest) -> None:
    file = ROOT / "docs" / "rules.md"
    text = page(examples())
    if request.config.getoption("--update-golden"):
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8"), "docs/rules.md is stale: run pytest --update-golden"
    sections = SECTION.findall(text)
    assert [code for _, code in sections] == sorted(RULES)
    assert all(anchor == code.lower() for anchor, code in sections)


def test_the_ledger_names_codes_that_there_are() -> None:
    for subject, asked in LEDGER:
        assert asked, subject
        for _, where in asked:
            assert set(re.findall(r"CAM\d{3}", where)) <= set(RULES) | set(CODES), where


def test_explanations_are_the_pages_sections() -> None:
    text = page(examples())
    for code in RULES:
        assert explain(code)["text"] in text


# `ignore`, `--strict`


def ignoring(*codes: str) -> list[dict[str, str]]:
    return [{"rule": code, "reason": "known and accepted"} for code in codes]


TWO_WARNINGS: dict[str, Any] = {
    "orchestration": {"partitions": 2},  # CAM103
    "network": {"availability_zones": 2},  # CAM151
}


def test_an_ignored_rule_is_silent_and_no_other() -> None:
    both = [found.code for found in findings(deployment(**TWO_WARNINGS))]
    assert both == ["CAM103", "CAM151"]
    for code in both:
        left = findings(deployment(**TWO_WARNINGS, ignore=ignoring(code)))
        assert [found.code for found in left] == [other for other in both if other != code]
    assert findings(deployment(**TWO_WARNINGS, ignore=ignoring(*both))) == []


def test_an_error_can_be_ignored() -> None:
    size = {"orchestration": {"memory_mib": 9000}}
    assert severities("CAM160", **size) == ["error"]
    assert findings(deployment(**size, ignore=ignoring("CAM160"))) == []


def test_unknown_and_unneeded_entries_are_told() -> None:
    found = findings(deployment(ignore=ignoring("CAM999", "CAM101")))
    assert [(each.code, each.path, each.severity) for each in found] == [
        ("CAM020", ("ignore", 0, "rule"), Severity.ERROR),
        ("CAM021", ("ignore", 1, "rule"), Severity.WARNING),
    ]


@pytest.mark.parametrize(
    ("code", "sections"),
    [
        ("CAM140", {"authentication": {"mode": "oidc"}}),
        ("CAM150", {"network": {"cidr": "10.190.0.7/16"}}),
        ("CAM152", {"network": {"existing": PRIVATE_VPC}}),
        ("CAM175", {"access": {"tls": {"hostname": "camunda.example.com"}}}),
    ],
)
def test_what_cannot_be_compiled_cannot_be_ignored(code: str, sections: dict[str, Any]) -> None:
    assert severities(code, **sections, ignore=ignoring(code)) == ["error"]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_can_be_ignored_compiles(path: Path) -> None:
    codes = sorted({found.code for found in found_in(path)})
    entries = "".join(f"  - {{rule: {code}, reason: just a test}}\n" for code in codes)
    text = path.read_bytes().partition(b"ignore:")[0] + b"ignore:\n" + entries.encode()
    try:
        compiled = compile_spec("spec.yaml", lambda _: text)
    except SpecError as error:
        required = {"CAM119", "CAM126", "CAM132", "CAM140", "CAM150", "CAM152", "CAM153", "CAM175"}
        required |= {"CAM169", "CAM200", "CAM208", "CAM228", "CAM231"}
        assert {found.code for found in error.diagnostics} <= required
    else:
        assert compiled.templates["root"]["Resources"]


def test_strict_makes_warnings_fail() -> None:
    text = b"name: camunda\norchestration: {partitions: 2}\n"
    assert [each.code for each in load("a.yaml", lambda _: text).warnings] == ["CAM103"]
    with pytest.raises(SpecError, match="CAM103"):
        load("a.yaml", lambda _: text, strict=True)


# Numbers


def test_every_small_cluster() -> None:
    for brokers in range(1, 10):
        for factor in range(1, 10):
            for partitions in (1, 2, 3, 4, 6, 9, 12):
                sections = {
                    "orchestration": {
                        "brokers": brokers,
                        "replication_factor": factor,
                        "partitions": partitions,
                        "memory_mib": 30720,
                    }
                }
                said = {(each.code, each.path[-1]) for each in findings(deployment(**sections))}
                expected = set()
                if factor > brokers:
                    expected.add(("CAM101", "replication_factor"))
                else:
                    if factor % 2 == 0:
                        expected.add(("CAM102", "replication_factor"))
                    if partitions < brokers or (partitions * factor) % brokers:
                        expected.add(("CAM103", "partitions"))
                if brokers in (4, 6, 8) and (factor % 2 or factor > brokers):
                    expected.add(("CAM102", "brokers"))
                if brokers == 2:
                    expected.add(("CAM106", "brokers"))
                assert said == expected, sections


@pytest.mark.parametrize(("brokers", "factor"), [(3, 3), (5, 3), (5, 5)])
def test_clusters_that_suit_production(brokers: int, factor: int) -> None:
    sections = {"brokers": brokers, "partitions": brokers, "replication_factor": factor}
    assert broken("CAM102", profile="production", orchestration=sections) == []


@pytest.mark.parametrize(("brokers", "factor", "number"), [(1, 1, 2), (3, 1, 1), (2, 2, 3)])
def test_clusters_too_small_for_production(brokers: int, factor: int, number: int) -> None:
    sections = {"brokers": brokers, "partitions": brokers, "replication_factor": factor}
    assert len(broken("CAM102", profile="production", orchestration=sections)) == number
    errors = severities("CAM102", profile="production", orchestration=sections).count("error")
    assert errors == (brokers < 3) + (factor < 3)


# Sizes as the console offers them, GiB by vCPU (Amazon ECS Developer Guide, Task CPU and memory)
SIZES = {
    256: "0.5 1 2",
    512: "1 2 3 4",
    1024: "2 3 4 5 6 7 8",
    2048: "4 5 6 7 8 9 10 11 12 13 14 15 16",
    4096: "8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30",
    8192: "16 20 24 28 32 36 40 44 48 52 56 60",
    16384: "32 40 48 56 64 72 80 88 96 104 112 120",
}


@pytest.mark.parametrize("cpu", SIZES)
def test_fargate_sizes(cpu: int) -> None:
    allowed = {int(float(size) * 1024) for size in SIZES[cpu].split()}
    base = deployment()
    for memory in {*range(512, 122_881, 512), 513, 1000, 122_880}:
        task = replace(base.connectors, cpu=cpu, memory_mib=memory)
        found = [each.path for each in RULES["CAM160"].check(replace(base, connectors=task))]
        assert found == ([] if memory in allowed else [("connectors", "memory_mib")]), memory


def test_sizes_of_what_does_not_run_do_not_matter() -> None:
    assert not broken("CAM160", connectors={"enabled": False, "memory_mib": 513})


@pytest.mark.parametrize(
    ("version", "partitions", "memory", "strategy", "enough"),
    [
        ("8.9", 4, 8192, None, True),  # 2048 MiB of 2457
        ("8.9", 5, 8192, None, False),  # 2560 MiB
        ("8.9", 5, 9216, None, True),
        ("8.9", 5, 8192, "FRACTION", True),
        ("8.10", 5, 8192, None, True),
        ("8.10", 5, 8192, "partition", False),
        ("8.10", 25, 8192, None, True),  # 800 MiB of 819
        ("8.10", 26, 8192, None, False),
    ],
)
def test_memory_for_partitions(
    version: str, partitions: int, memory: int, strategy: str | None, enough: bool
) -> None:
    name = "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYALLOCATIONSTRATEGY"
    orchestration = {
        "partitions": partitions,
        "memory_mib": memory,
        "environment": {name: strategy} if strategy else {},
    }
    found = broken("CAM164", version=version, orchestration=orchestration)
    assert bool(found) is not enough


@pytest.mark.parametrize(
    ("variable", "said", "enough"),
    [
        ("MEMORYFRACTION", "0.2", True),  # 1638 MiB for 40 partitions, which take 1280
        ("MEMORY_FRACTION", "0.15", False),  # 1228 MiB
        ("MEMORYFRACTION", "much", False),
    ],
)
def test_memory_fraction(variable: str, said: str, enough: bool) -> None:
    name = f"CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_{variable}"
    orchestration = {"partitions": 40, "environment": {name: said}}
    assert bool(broken("CAM164", orchestration=orchestration)) is not enough


def test_a_memory_limit_is_taken_as_it_is() -> None:
    prefix = "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_"
    environment = {f"{prefix}MEMORYALLOCATIONSTRATEGY": "PARTITION"}
    assert broken("CAM164", orchestration={"partitions": 40, "environment": environment})
    environment[f"{prefix}MEMORYLIMIT"] = "48MB"
    assert not broken("CAM164", orchestration={"partitions": 40, "environment": environment})


@pytest.mark.parametrize("version", ["8.9", "8.10"])
@pytest.mark.parametrize("major", range(14, 20))
def test_postgresql_versions(version: str, major: int) -> None:
    allowed = {"8.9": {14, 15, 16, 17}, "8.10": {15, 16, 17, 18}}[version]
    database = {"engine_version": f"{major}.1"}
    assert bool(broken("CAM115", version=version, database=database)) is (major not in allowed)


@pytest.mark.parametrize("user", ["user", "order", "current_user", "postgres", "rdsuser", "nobody"])
def test_seeded_users_may_have_names_that_are_words_of_sql(user: str) -> None:
    assert not broken("CAM125", database={"user": user, "additional_iam_users": [f"{user}_2"]})


@pytest.mark.parametrize(("timeout", "fits"), [("PT16S", True), ("15s", False), ("1m", True)])
def test_lease_and_readiness_check(timeout: str, fits: bool) -> None:
    name = "CAMUNDA_CLUSTER_NODEIDPROVIDER_S3_READINESSCHECKTIMEOUT"
    found = broken("CAM107", orchestration={"environment": {name: timeout}})
    assert bool(found) is not fits


@pytest.mark.parametrize(("stop", "enough"), [(4, False), (5, False), (6, True), (120, True)])
def test_time_to_stop(stop: int, enough: bool) -> None:
    rollout = {"stop_timeout_seconds": stop}
    assert bool(broken("CAM108", orchestration={"rollout": rollout})) is not enough


@pytest.mark.parametrize(("grace", "enough"), [(299, False), (300, True)])
def test_grace_period(grace: int, enough: bool) -> None:
    rollout = {"health_check_grace_seconds": grace}
    assert bool(broken("CAM109", orchestration={"rollout": rollout})) is not enough


@pytest.mark.parametrize(
    ("block", "zones", "count"),
    [
        ("10.0.0.0/22", 3, 0),
        ("10.0.0.0/23", 3, 1),
        ("10.0.0.0/23", 2, 0),
        ("10.0.0.0/24", 2, 1),
        ("10.0.0.1/16", 3, 1),
        ("172.31.0.0/16", 3, 0),
        ("172.32.0.0/16", 3, 1),
        ("100.64.0.0/16", 3, 0),
        ("8.8.0.0/24", 3, 2),
    ],
)
def test_network_blocks(block: str, zones: int, count: int) -> None:
    assert len(broken("CAM150", network={"cidr": block, "availability_zones": zones})) == count


@pytest.mark.parametrize(
    ("schedule", "retention", "broken_"),
    [
        ("PT1H", "PT59M", True),
        ("PT1H", "PT1H", False),
        ("PT1H", "PT60M0.5S", False),
        ("0 0 * * * *", "PT15M", False),  # every hour, which only Camunda can tell
        ("0 0 * * * *", "PT14M", True),  # less than between two checkpoints
    ],
)
def test_retention_of_backups(schedule: str, retention: str, broken_: bool) -> None:
    backup = {"schedule": schedule, "retention": retention}
    assert bool(broken("CAM131", storage={"backup": backup})) is broken_


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P1D", 86_400),
        ("PT1H30M", 5_400),
        ("PT0.5S", 0.5),
        ("P1DT1S", 86_401),
        ("2m", 120),
        ("1500", 1.5),
        ("250ms", 0.25),
        ("", None),
        ("0 0 * * * *", None),
        ("P1Y", None),
    ],
)
def test_durations(text: str, length: float | None) -> None:
    assert seconds(text) == length


# Words


@pytest.mark.parametrize(
    ("reference", "minor", "unreleased"),
    [
        ("camunda/camunda:8.10.2", (8, 10), False),
        ("camunda/camunda:8.10", (8, 10), False),
        ("registry:5000/camunda:8.9.16-arm64@sha256:" + "0" * 64, (8, 9), False),
        ("camunda@sha256:" + "0" * 64, None, False),
        ("camunda:8.10.0-alpha3", (8, 10), True),
        ("camunda:8.10.0-rc1", (8, 10), True),
        ("camunda:8.10-SNAPSHOT", (8, 10), True),
        ("camunda:latest", None, True),
        ("camunda:8.10.2-search", (8, 10), False),
        ("camunda:our-build-7", None, False),
        ("example.com/camunda:1.4.2", None, False),  # a version, but not of Camunda
        ("example.com/camunda:2026.11.24", None, False),
        ("camunda/camunda-bpm-platform:7.23.0", (7, 23), False),
    ],
)
def test_image_references(reference: str, minor: tuple[int, int] | None, unreleased: bool) -> None:
    found = image(reference)
    assert (found.minor, found.unreleased) == (minor, unreleased)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("camunda/camunda:8.10.0", ["error"]),
        ("camunda:8.10.0@sha256:" + "0" * 64, ["error"]),
        ("registry.example.com:5000/mirror/camunda:8.10.0-amd64", ["error"]),
        ("111122223333.dkr.ecr.eu-west-2.amazonaws.com/docker-hub/x/y:8.10.0", ["error"]),
        ("registry.camunda.cloud/camunda/camunda:8.10.0.arm64", ["error"]),
        ("ghcr.io/example/camunda:v8.10.0_arm64", ["error"]),
        ("camunda/camunda:8.10.1", ["warning"]),
        ("camunda/camunda:8.10.5", ["warning"]),
        ("camunda/camunda:8.10.6", []),
        ("camunda/camunda:8.10.10", []),
        ("camunda/camunda:8.10", []),
        ("camunda/camunda:8.10.0-alpha3", []),  # CAM112
        ("camunda/camunda:8.10.0-rc2", []),
        ("camunda/camunda:8.9.0", []),
        ("example.com/camunda:our-8.10.0", []),
        ("camunda@sha256:" + "0" * 64, []),
    ],
)
def test_releases_with_known_defects(reference: str, said: list[str]) -> None:
    assert severities("CAM116", orchestration={"image": reference}) == said


def test_tags_are_told_apart() -> None:
    (found,) = broken("CAM171", tags={"Team": "a", "team": "a"})
    assert found.path == ("tags", "team")
    assert not broken("CAM171", tags={"Team": "a", "Teams": "a", "team-name": "a"})


def test_only_the_secondary_storage_s_own_settings_are_read() -> None:
    prefix = "CAMUNDA_DATA_SECONDARYSTORAGE"
    for name in (f"{prefix}_ELASTICSEARCH_URL", "camunda_data_secondary_storage_opensearch_url"):
        assert broken("CAM120", orchestration={"environment": {name: "https://example.com"}})
    for name in (
        f"{prefix}_RDBMS_QUEUESIZE",
        "CAMUNDA_DATA_EXPORTERS_ELASTICSEARCH_CLASSNAME",
        "ELASTICSEARCH_URL",
    ):
        assert not broken("CAM120", orchestration={"environment": {name: "1"}})


def test_connectors_have_patch_versions_of_their_own() -> None:
    assert not broken("CAM116", connectors={"image": "camunda/connectors-bundle:8.10.0"})


def test_known_defects_are_mended_by_the_newest_release() -> None:
    for each in KNOWN_DEFECTS:
        newest = image(newest_image(f"{each.fixed[0]}.{each.fixed[1]}", "orchestration")).release
        assert newest and each.first < each.fixed <= newest


def test_a_first_pull_through_a_cache_has_a_way_out() -> None:
    ecr = "111122223333.dkr.ecr.eu-west-2.amazonaws.com"
    cached = {"image": f"{ecr}/docker-hub/camunda/camunda:8.10.9"}
    alone = {"nat_gateways": "none", "vpc_endpoints": ["all"]}
    assert broken("CAM117", orchestration=cached, network=alone)
    assert not broken("CAM117", orchestration=cached)
    assert not broken("CAM117", orchestration=cached, network={"existing": PRIVATE_VPC})
    copied = {"image": f"{ecr}/camunda/camunda:8.10.9"}
    assert not broken("CAM117", orchestration=copied, network=alone)


SECRETS = {
    "CAMUNDA_LICENSE_KEY": "q7R-xY",
    "SMTP_PASSWORD": "12345",
    "SECRET_SLACK": "q7R-xY",
    "SLACK_TOKEN": "q7R-xY",
    "AWS_SECRET_ACCESS_KEY": "q7R-xY",
    "OPENAI_API_KEY": "q7R-xY",
    "NOTE": "AKIA" + "ABCDEFGHIJKLMNOP",
    "REPORTS": "postgresql://reports:example@db.example.com/reports",
    "DB": "jdbc:postgresql://db.example.com/reports?user=a&password=example",
    "JAVA_OPTS": "-Djavax.net.ssl.trustStorePassword=example",
    "JAVA_TOOL_OPTIONS": "-Dspring.mail.password=example",
    "SPRING_APPLICATION_JSON": '{"spring": {"mail": {"password": "example"}}}',
}
NO_SECRETS = {
    "CAMUNDA_CONNECTOR_SECRETPROVIDER_ENVIRONMENT_PREFIX": "SECRET_",
    "CAMUNDA_CONNECTOR_SECRETRESOLVER_SECRETFILTER_MODE": "STRICT",
    "CAMUNDA_SECRETS_STORES_AWS_DEFAULT_REGION": "eu-west-2",
    "CAMUNDA_CLIENT_AUTH_TOKENURL_X": "https://login.example.com/token",
    "TOKEN_FILE": "/config/token",
    "CLIENT_SECRET_ARN": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:a-b1C2d3",
    "SMTP_PASSWORD": "",
    "REQUIRE_PASSWORD": "true",
    "MAX_TOKENS": "4096",
    "PARTITION_KEY": "tenant",
    "CALLBACK": "https://example.com:8443/a@b",
    "MAIL_OPTIONS": "-Dspring.mail.password=${MAIL_SECRET_VALUE}",
    "SPRING_CONFIG": '{"spring": {"mail": {"password": "${MAIL}", "user": "token"}}}',
}


@pytest.mark.parametrize(("name", "value"), SECRETS.items())
@pytest.mark.parametrize("style", FORMATS)
def test_secrets_are_found_and_never_shown(name: str, value: str, style: str) -> None:
    text = f"name: camunda\nconnectors:\n  environment: {{{name}: '{value}', TOKEN: '{value}'}}\n"
    with pytest.raises(SpecError) as error:
        load("spec.yaml", lambda _: text.encode())
    found = [each for each in error.value.diagnostics if each.code == "CAM173"]
    assert len(found) == 2
    assert str(found[0].location) == f"spec.yaml:3:{len(name) + 19}"
    assert value not in render(error.value.diagnostics, style, lambda _: text.splitlines())


@pytest.mark.parametrize(("name", "value"), NO_SECRETS.items())
def test_other_values_are_no_secrets(name: str, value: str) -> None:
    assert not broken("CAM173", connectors={"environment": {name: value}})


def test_production_is_held_to_more() -> None:
    world = {"access": {"allowed_cidrs": ["0.0.0.0/0"]}}
    assert severities("CAM153", **world) == []
    assert severities("CAM153", profile="production", **world) == ["error"]
    nobody: dict[str, Any] = {"access": {"allowed_cidrs": []}}
    assert severities("CAM153", **nobody) == ["warning"]
    assert severities("CAM153", profile="production", **nobody) == ["error"]
    unreleased = {"orchestration": {"image": "camunda/camunda:8.10.0-alpha3"}}
    assert severities("CAM112", **unreleased) == ["warning"]
    assert severities("CAM112", profile="production", **unreleased) == ["error"]
    assert severities("CAM175", profile="production") == ["error"]
    internal = {"access": {"scheme": "internal"}}
    assert severities("CAM175", profile="production", **internal) == ["warning"]


def test_the_management_port_is_never_public_in_production() -> None:
    public: dict[str, Any] = {
        "access": {"management_port": "public", "allowed_cidrs": ["203.0.113.0/24"]},
        "ignore": ignoring("CAM153"),
    }
    for profile in ("development", "reference"):
        assert findings(deployment(profile=profile, **public)) == []
    assert severities("CAM153", profile="production", **public) == ["error"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTED_API": "TRUE"}, 1),
        ({"camunda_security_authentication_unprotectedapi": "true"}, 1),
        ({"CAMUNDA_SECURITY_AUTHENTICATION_UNPROTECTEDAPI": "false"}, 0),
        ({"CAMUNDA_INSECURE": "true"}, 0),  # read only together with a mode
        ({"CAMUNDA_INSECURE": "true", "CAMUNDA_MODE": "all-in-one"}, 1),
        ({"CAMUNDA_INSECURE": "false", "CAMUNDA_MODE": "all-in-one"}, 0),
        ({"CAMUNDA_SECURITY_AUTHORIZATIONS_ENABLED": " False "}, 1),
        ({"CAMUNDA_SECURITY_MULTITENANCY_CHECKSENABLED": "true"}, 0),
    ],
)
def test_the_api_is_protected(environment: dict[str, str], said: int) -> None:
    orchestration = {"environment": environment}
    assert severities("CAM143", orchestration=orchestration) == ["warning"] * said
    production = severities("CAM143", profile="production", orchestration=orchestration)
    assert production == ["error"] * said


@pytest.mark.parametrize(
    ("name", "said", "severity"),
    [
        ("CAMUNDA_DATABASE_TYPE", "elasticsearch", "error"),
        ("CAMUNDA_OPERATE_DATABASE", "opensearch", "error"),
        ("CAMUNDA_TASKLIST_DATABASE", "RDBMS", "warning"),
        ("ZEEBE_BROKER_CLUSTER_CLUSTERSIZE", "5", "warning"),
    ],
)
def test_old_names(name: str, said: str, severity: str) -> None:
    assert severities("CAM180", orchestration={"environment": {name: said}}) == [severity]


KEY = "arn:aws:kms:eu-west-2:444455556666:key/00000000-0000-4000-8000-000000000001"
SECRET = "arn:aws:secretsmanager:eu-west-2:444455556666:secret:login-a1B2c3"


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"orchestration": {"secrets": {"A": SECRET}}}, ["error"]),
        (
            {"orchestration": {"secrets": {"A": SECRET}}, "secrets": {"kms_key_arn": KEY}},
            ["warning", "warning"],  # the key and the secret
        ),
        ({"registry": {"credentials_secret_arn": SECRET}}, ["error"]),
        (
            {"registry": {"credentials_secret_arn": SECRET}, "secrets": {"kms_key_arn": KEY}},
            ["error", "warning"],  # a key that is for something else
        ),
        (
            {"registry": {"credentials_secret_arn": SECRET, "kms_key_arn": KEY}},
            ["warning", "warning"],
        ),
    ],
)
def test_secrets_of_another_account(sections: dict[str, Any], said: list[str]) -> None:
    assert sorted(severities("CAM141", account="111122223333", **sections)) == said
    assert severities("CAM141", account="444455556666", **sections) == []
    assert severities("CAM141", **sections) == []


def test_variables_are_the_same_in_any_spelling_that_spring_reads() -> None:
    for name in ("CAMUNDA_CLUSTER_SIZE", "camunda_cluster_size", "CAMUNDA_CLUSTER_PARTITION_COUNT"):
        assert broken("CAM172", orchestration={"environment": {name: "5"}})
    assert not broken("CAM172", orchestration={"environment": {"CAMUNDA_CLUSTER_NAME": "a"}})


def test_a_user_may_be_named_as_in_the_other_mode() -> None:
    same = {"authentication": {"users": {"connectors": {"username": "admin"}}}}
    assert broken("CAM142", **same)
    assert not broken("CAM142", **same, connectors={"enabled": False})


def test_identifiers_follow_the_pattern_of_the_deployment() -> None:
    prefix = "CAMUNDA_SECURITY_"
    role = {f"{prefix}INITIALIZATION_ROLES_0_ROLEID": "north/south"}
    assert broken("CAM144", orchestration={"environment": role})
    pattern = {f"{prefix}IDVALIDATIONPATTERN": "^[a-z/]+$"}
    assert not broken("CAM144", orchestration={"environment": role | pattern})
    narrow = {f"{prefix}IDVALIDATIONPATTERN": "^[a-z]{3,12}$"}
    assert len(broken("CAM144", orchestration={"environment": role | narrow})) == 1
    slow = {f"{prefix}IDVALIDATIONPATTERN": "^(a+)+!$"}  # comparing could take years
    endless = {f"{prefix}INITIALIZATION_ROLES_0_ROLEID": "a" * 60}
    assert not broken("CAM144", orchestration={"environment": endless | slow})
