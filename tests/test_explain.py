"""Every field and every code can be explained, and every code that is raised is documented."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import camformation
from camformation.cli.main import main
from camformation.codes import CODES
from camformation.explain import RANGES, Unknown, explain, subjects, titles
from camformation.report.spec.explanation import as_text
from camformation.rules.everything import RULES
from camformation.schema import FLEET, resolved, schema
from every import every, named

ROOT = Path(__file__).parents[1]
PACKAGE = Path(camformation.__file__).parent
CODE = re.compile(r"\bCAM[0-9]{3}\b")


FIELDS = [*subjects(), *subjects(FLEET)]


def test_there_are_fields_of_every_depth() -> None:
    assert {"name", "orchestration.brokers", "access.tls.hostname", "ignore.rule"} <= set(FIELDS)
    assert "patches.patch.op" in FIELDS and len(FIELDS) > 100
    assert {"fleet.name", "fleet.waves.targets.account_filter.type"} <= set(FIELDS)


def test_a_fleet_file_as_a_whole_is_explained() -> None:
    found = explain("fleet")
    assert found["keys"].keys() == schema(FLEET)["properties"].keys()
    assert explain("fleet.parameters.LogRetentionDays")["title"] == "Parameter value"
    assert explain("fleet.cidrs.VpcCidr.pool")["title"] == "Pool"


def test_no_field_of_a_spec_is_called_fleet() -> None:
    assert FLEET not in schema()["properties"]


@every(named(FIELDS))
def test_field_is_explained(path: str) -> None:
    found = explain(path)
    assert found["field"] == path and found["title"] and found["text"]
    assert found["type"]
    text = as_text(found)
    assert text.startswith(f"{path}: {found['title']}\n") and text.endswith("\n")
    json.dumps(found)


@every(named(sorted({*CODES, *RULES})))
def test_code_is_explained(code: str) -> None:
    found = explain(code.lower())
    assert found["code"] == code and len(found["text"]) > 30 and not found["title"].endswith(".")
    assert all(len(line) <= 100 for line in as_text(found).splitlines())


def test_no_code_has_two_meanings() -> None:
    assert not set(CODES) & set(RULES)
    assert all(re.fullmatch("CAM[12][0-9]{2}", code) for code in RULES)


def test_every_code_is_documented_and_every_documented_one_is_used() -> None:
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        used |= set(re.findall(r"""["'](CAM[0-9]{3})["']""", path.read_text("utf-8")))
    assert used == {*CODES, *RULES}


def test_codes_are_listed_in_their_order_and_by_range() -> None:
    assert list(CODES) == sorted(CODES)
    assert list(RANGES) == sorted({code[:4] for code in (*CODES, *RULES)})
    assert list(titles()) == sorted({*CODES, *RULES})


def test_no_two_codes_have_one_title() -> None:
    assert len(set(titles().values())) == len(titles())


def test_every_code_that_is_spoken_of_exists() -> None:
    for path in [*PACKAGE.rglob("*.py"), *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        assert set(CODE.findall(path.read_text("utf-8"))) <= {*CODES, *RULES}, path
    for code, (_, text) in CODES.items():
        assert set(CODE.findall(text)) <= {*CODES, *RULES}, code


def test_a_range_of_codes_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for subject in ("CAM5", "cam5xx"):
        assert main(["explain", subject]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"CAM5xx: {RANGES['CAM5']}\n")
        assert out.endswith(f"\n  CAM502  {CODES['CAM502'][0]}\n")
    assert explain("CAM61")["codes"].keys() == {code for code in CODES if code.startswith("CAM61")}
    assert explain("CAM")["codes"] == titles()


def test_without_a_subject_everything_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    words = set(re.findall(r"^  (\w+)", capsys.readouterr().out, re.M))
    assert words == {
        *schema()["properties"],
        *schema(FLEET)["properties"],
        *(f"{start}xx" for start in RANGES),
    }
    assert main(["explain", "--json"]) == 0
    data: Any = json.loads(capsys.readouterr().out)
    assert data["spec"].keys() == schema()["properties"].keys()
    assert all(data["spec"].values()) and all(data["fleet"].values())


def test_every_code_the_schema_speaks_of_exists() -> None:
    text = json.dumps([schema(), schema(FLEET)], ensure_ascii=False)
    assert set(CODE.findall(text)) <= {*CODES, *RULES}


def test_defaults_of_profiles_and_versions_are_told() -> None:
    found = explain("orchestration.brokers")
    assert found["default"] == 3 and found["defaults"]["profile development"] == 1
    text = as_text(found)
    assert "default:" in text and "1 (profile development)" in text
    images = explain("orchestration.image")["defaults"]
    assert images["version 8.10"].startswith("camunda/camunda:8.10.")


def test_limits_and_units_are_told() -> None:
    text = as_text(explain("orchestration.lease_seconds"))
    for words in ("minimum:", "maximum:", "seconds", "affects:", "change:"):
        assert words in text
    assert "allowed:" in as_text(explain("network.nat_gateways"))


def test_section_lists_its_keys() -> None:
    found = explain("orchestration")
    assert (
        found["keys"].keys()
        == resolved(schema()["properties"]["orchestration"])["properties"].keys()
    )
    assert "keys:\n  image" in as_text(found)


@pytest.mark.parametrize("subject", ["patches[0].component", "patches.component", ".name."])
def test_ways_to_write_a_path(subject: str) -> None:
    assert explain(subject)["title"]


UNKNOWN = [
    ("orchestration.borkers", "did you mean orchestration.brokers?"),
    ("orchestraton", "did you mean orchestration?"),
    ("name.x", "it has no keys"),
    ("fleet.wafes", "fleet has no key 'wafes': did you mean fleet.waves?"),
    ("fleet.waves.target", "did you mean fleet.waves.targets?"),
    ("CAM999", "there is no code CAM999; `camformation explain CAM` lists the codes"),
    ("CAM719x", "there is no code 'CAM719x': did you mean CAM7xx?"),
    ("CAM610x", "there is no code 'CAM610x': did you mean CAM610?"),
    ("CAM61xx", "there is no code 'CAM61xx': did you mean CAM61x?"),
    ("CAM6101", "there is no code CAM6101"),
    ("CAM9", "there are no codes CAM9xx; `camformation explain` lists the ranges"),
    ("610", "did you mean CAM610?"),
    ("CAN610", "did you mean CAM610?"),
    ("brokers", "did you mean orchestration.brokers?"),
    ("database.borkers", "did you mean orchestration.brokers?"),
    ("nothing_like_it", "a spec has no key 'nothing_like_it': it has extends, name, "),
    ("orchestration.environment.A.B", "it has no keys"),
    ("", "has no key"),
    ("a b", "a spec has no key 'a b'"),
]


@pytest.mark.parametrize(("subject", "words"), UNKNOWN)
def test_unknown_subject(subject: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unknown, match=re.escape(words)):
        explain(subject)
    assert main(["explain", subject]) == 1
    assert words in capsys.readouterr().err


def test_free_mapping_explains_its_values() -> None:
    assert explain("orchestration.environment.LEVEL")["type"] == "string"


def test_command_prints_text_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "CAM002"]) == 0
    assert capsys.readouterr().out.startswith("CAM002: Duplicate key\n")
    assert main(["explain", "database.instances", "--json"]) == 0
    data: Any = json.loads(capsys.readouterr().out)
    assert data["field"] == "database.instances" and data["minimum"] == 1
