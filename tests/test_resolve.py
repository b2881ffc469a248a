"""Layers: `extends`, `--set`, profile, version, defaults; and where each value comes from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from camformation.assets import asset
from camformation.diagnostics import Location, SpecError
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.rendering import render
from camformation.report.spec.resolved import as_data, as_yaml
from camformation.resolve import Resolved, merge, resolve
from camformation.sources import Read, read_sources


def reader(files: Mapping[str, str]) -> Read:
    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name].encode()

    return read


def resolved(files: Mapping[str, str] | str, *settings: str) -> Resolved:
    """Resolve `spec.yaml`, the first of the files."""
    texts = {"spec.yaml": files} if isinstance(files, str) else files
    return resolve(read_sources(next(iter(texts)), reader(texts), settings))


def refused(files: Mapping[str, str] | str, *settings: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        resolved(files, *settings)
    return [f"{d.location} {d.code} {d.message}" for d in caught.value.diagnostics]


CHAIN = {
    "live/prod.yaml": "name: prod\nextends: ../base/company.yaml\ntags:\n  stage: prod\n",
    "base/company.yaml": "extends: aws.yaml\nname: any\ntags:\n  team: bpm\n  stage: none\n",
    "base/aws.yaml": (
        "region: eu-west-2\naccess:\n  allowed_cidrs: [10.0.0.0/8, 10.1.0.0/16]\n"
        "orchestration:\n  environment: {A: base, B: base}\n  cpu: 2048\n"
    ),
}


def test_extends_merges_mappings_over_any_number_of_steps() -> None:
    found = resolved(CHAIN)
    assert found.data["name"] == "prod"
    assert found.data["region"] == "eu-west-2"
    assert found.data["tags"] == {"stage": "prod", "team": "bpm"}
    assert "extends" not in found.data
    assert found.file == "live/prod.yaml"


def test_lists_and_scalars_replace() -> None:
    over = "name: prod\nextends: base/aws.yaml\naccess: {allowed_cidrs: [192.0.2.0/24]}\n"
    found = resolved({"spec.yaml": over, **CHAIN})
    assert found.data["access"]["allowed_cidrs"] == ["192.0.2.0/24"]


def test_null_replaces() -> None:
    base = "name: b\naccess: {tls: {hostname: camunda.example.com, certificate_arn: null}}\n"
    over = "name: prod\nextends: base.yaml\naccess: {tls: null}\n"
    found = resolved({"spec.yaml": over, "base.yaml": base})
    assert found.data["access"]["tls"] is None
    assert found.origin(("access", "tls")) == Location("spec.yaml", 3, 15, 19)


def test_null_does_not_empty_a_section() -> None:
    (problem,) = refused("name: camunda\naccess: null\n")
    assert problem.startswith("spec.yaml:2:9 CAM010")


@pytest.mark.parametrize(
    ("over", "under", "merged"),
    [
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1]}, {"a": [2, 3]}, {"a": [1]}),
        ({"a": None}, {"a": {"b": 1}}, {"a": None}),
        ({"a": {"b": 1}}, {"a": None}, {"a": {"b": 1}}),
        ({}, {"a": 1}, {"a": 1}),
    ],
)
def test_merge(over: object, under: object, merged: object) -> None:
    assert merge(over, under) == merged


def test_merge_shares_nothing_that_can_change() -> None:
    over = {"a": [{"b": 1}]}
    merge(over, {})["a"][0]["b"] = 2
    assert over == {"a": [{"b": 1}]}


def test_cycle_names_every_step() -> None:
    files = {
        "a.yaml": "name: a\nextends: sub/b.yaml\n",
        "sub/b.yaml": "extends: ../c.yaml\n",
        "c.yaml": "region: x\nextends: ./a.yaml\n",
    }
    (problem,) = refused(files)
    assert problem == (
        "c.yaml:2:10 CAM009 specs extend each other in a circle: "
        "a.yaml extends sub/b.yaml extends c.yaml extends a.yaml"
    )


def test_extending_itself() -> None:
    (problem,) = refused("name: a\nextends: spec.yaml\n")
    start = "spec.yaml:2:10 CAM009 specs extend each other in a circle: spec.yaml extends"
    assert problem.startswith(start)


UNUSABLE = {
    "missing": ("extends: none.yaml", "cannot read none.yaml: no such file or directory"),
    "absolute": ("extends: /nowhere/base.yaml", "cannot read /nowhere/base.yaml: no such file"),
    "a number": ("extends: 5", "`extends` is the path of one other spec, as text"),
    "a list": ("extends: [a.yaml]", "`extends` is the path of one other spec, as text"),
}


@pytest.mark.parametrize(("line", "message"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_base_that_cannot_be_used_is_reported_where_it_is_named(line: str, message: str) -> None:
    (problem,) = refused(f"name: camunda\n{line}\n")
    assert problem.startswith("spec.yaml:2:10 CAM009 ")
    assert message in problem


def test_extends_may_be_null() -> None:
    assert resolved("name: camunda\nextends: null\n").data["name"] == "camunda"


def test_problems_of_a_base_are_reported_in_the_base() -> None:
    base = "region: eu-west-2\norchestration:\n  cpu: 5\n  memroy: 1\n"
    spec = "name: camunda\nextends: base.yaml\nconnectors: {tasks: x}\n"
    assert [p.rpartition("CAM")[0] for p in refused({"spec.yaml": spec, "base.yaml": base})] == [
        "base.yaml:3:8 ",
        "base.yaml:4:3 ",
        "spec.yaml:3:21 ",
    ]


def test_syntax_error_of_a_base_is_reported_in_the_base() -> None:
    (problem,) = refused({"spec.yaml": "name: a\nextends: b.yaml\n", "b.yaml": "a: b: c\n"})
    assert problem.startswith("b.yaml:1:5 CAM001")


def test_links_that_extend_each_other_for_ever_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("name: camunda\nextends: here/spec.yaml\n")
    (tmp_path / "here").symlink_to(".")
    with pytest.raises(SpecError) as caught:
        read_sources(str(tmp_path / "spec.yaml"), lambda name: Path(name).read_bytes())
    assert caught.value.diagnostics[0].code == "CAM009"


SETTINGS = [
    ("orchestration.brokers=5", ("orchestration", "brokers"), 5),
    ("orchestration.image=camunda/camunda:8.10.9", ("orchestration", "image"), None),
    ("access.allowed_cidrs=[192.0.2.0/24]", ("access", "allowed_cidrs"), ["192.0.2.0/24"]),
    ("tags.a b=c=d", ("tags", "a b"), "c=d"),
    ("orchestration.environment={A: b}", ("orchestration", "environment"), {"A": "b"}),
    ("access.tls=", ("access", "tls"), None),
    ("region=null", ("region",), None),
    ('tags.number="1"', ("tags", "number"), "1"),
    (" name =other", ("name",), "other"),
]


@pytest.mark.parametrize(("setting", "path", "value"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_set(setting: str, path: tuple[str, ...], value: object) -> None:
    found: object = resolved("name: camunda\nregion: eu-west-2\n", setting).data
    for step in path:
        assert isinstance(found, dict)
        found = found[step]
    assert found == (value if value is not None or setting[-1] in "=l" else setting.split("=")[1])


def test_set_wins_over_the_spec_and_the_last_over_the_others() -> None:
    settings = ("orchestration.brokers=5", "orchestration.brokers=7", "orchestration.partitions=9")
    found = resolved("name: camunda\norchestration: {brokers: 3, cpu: 2048}\n", *settings)
    section = found.data["orchestration"]
    assert (section["brokers"], section["partitions"], section["cpu"]) == (7, 9, 2048)
    assert str(found.origin(("orchestration", "brokers"))).startswith(
        "--set orchestration.brokers=7"
    )


BAD_SETTINGS = [
    ("orchestration.brokers", "CAM013"),
    ("network.egress.destinations[0].cidr=10.0.0.0/8", "CAM013"),
    ("orchestration.environment.A[0]=x", "CAM010"),  # which says how the name is written
    ("=5", "CAM013"),
    ("orchestration..brokers=5", "CAM013"),
    (".brokers=5", "CAM013"),
    ("", "CAM013"),
    ("extends=other.yaml", "CAM013"),
    ("tags.a=b: c", "CAM013"),
    ("tags.a='b", "CAM013"),
    ("tags.a=\x00", "CAM013"),
    ("orchestration.brokers=5\nname: other", "CAM013"),
    ("tags.a=\udcff", "CAM013"),
    ("tags.a=!Ref b", "CAM008"),
    ("tags={a: b, a: c}", "CAM002"),
    ("orchestration.brokers=five", "CAM010"),
    ("orchestration.borkers=5", "CAM011"),
    ("orchestration.brokers.many=5", "CAM010"),
    ("access.allowed_cidrs.0=192.0.2.0/24", "CAM010"),
    ("orchestration.init_container={}", "CAM012"),
]


@pytest.mark.parametrize(("setting", "code"), BAD_SETTINGS, ids=[ascii(s) for s, _ in BAD_SETTINGS])
def test_set_that_cannot_be_used_names_the_setting(setting: str, code: str) -> None:
    (problem,) = refused("name: camunda\n", setting)
    assert problem.startswith(f"--set {setting} ")
    assert f" {code} " in problem


def test_every_bad_setting_is_reported() -> None:
    assert len(refused("name: camunda\n", "a", "b", "name=c")) == 2


def test_position_in_a_setting_is_that_of_its_value() -> None:
    (problem,) = refused("name: camunda\n", "orchestration.brokers=five")
    assert problem.startswith("--set orchestration.brokers=five ")


def test_number_for_text_says_how_to_quote_it() -> None:
    with pytest.raises(SpecError) as caught:
        resolved("name: camunda\nversion: 8.10\n")
    (found,) = caught.value.diagnostics
    assert found.hint == 'put it in quotes: "8.10"'


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("version=8.10", ("version",), "8.10"),
        ("version='8.10'", ("version",), "8.10"),
        ("database.engine_version=17.9 # tested", ("database", "engine_version"), "17.9"),
        ("orchestration.environment.X=true", ("orchestration", "environment", "X"), "true"),
        ("account=012345678901", ("account",), "012345678901"),
        ("connectors.tasks=2", ("connectors", "tasks"), 2),
        ("stack.name=null", ("stack", "name"), None),
    ],
)
def test_a_setting_of_text_needs_no_quotes(
    setting: str, path: tuple[str, ...], value: object
) -> None:
    found: Any = resolved("name: camunda\n", setting).data
    for step in path:
        found = found[step]
    assert found == value and type(found) is type(value)


ORIGINS = [
    (("name",), "spec.yaml:1:7"),
    (("orchestration", "cpu"), "base.yaml:2:22"),
    (("orchestration", "brokers"), "--set orchestration.brokers=5"),
    (("orchestration", "image"), "version 8.9"),
    (("database", "instance_class"), "profile production"),
    (("orchestration", "lease_seconds"), "default"),
    (("tags",), "default"),
    (("access", "tls", "hostname"), "spec.yaml:6:19"),
    (("access", "tls", "policy"), "default"),
    (("access", "allowed_cidrs", 1), "spec.yaml:5:33"),
]


@pytest.fixture(scope="module")
def layered() -> Resolved:
    files = {
        "spec.yaml": (
            "name: camunda\nextends: base.yaml\nprofile: production\naccess:\n"
            "  allowed_cidrs: [192.0.2.0/24, 198.51.100.0/24]\n"
            "  tls: {hostname: camunda.example.com}\n"
        ),
        "base.yaml": 'version: "8.9"\norchestration: {cpu: 2048}\n',
    }
    return resolved(files, "orchestration.brokers=5")


@pytest.mark.parametrize(
    ("path", "origin"), ORIGINS, ids=[".".join(map(str, p)) for p, _ in ORIGINS]
)
def test_origin(layered: Resolved, path: tuple[str | int, ...], origin: str) -> None:
    assert str(layered.origin(path)) == origin


def test_profile_and_version_are_layers_below_the_spec(layered: Resolved) -> None:
    data = layered.data
    assert data["database"]["engine_version"].startswith("17.")
    assert data["orchestration"]["image"].startswith("camunda/camunda:8.9.")
    assert data["database"]["deletion_protection"] is True
    assert resolved("name: camunda\n").data["database"]["deletion_protection"] is False
    over = resolved("name: camunda\nprofile: production\ndatabase: {deletion_protection: false}\n")
    assert over.data["database"]["deletion_protection"] is False


def test_profile_of_a_base_and_of_a_setting_count() -> None:
    files = {"spec.yaml": "name: camunda\nextends: b.yaml\n", "b.yaml": "profile: development\n"}
    assert resolved(files).data["orchestration"]["brokers"] == 1
    assert resolved(files, "profile=reference").data["orchestration"]["brokers"] == 3


SPECS = sorted(Path(asset("spec", "reference.yaml")).parent.glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_what_show_prints_compiles_to_the_same_templates(spec: Path) -> None:
    text = spec.read_text("utf-8")
    shown = as_yaml(resolved(text))
    for layout in Layout:
        first = compile_spec("spec.yaml", reader({"spec.yaml": text}), layout)
        second = compile_spec("spec.yaml", reader({"spec.yaml": shown}), layout)
        assert {n: render(t) for n, t in first.templates.items()} == {
            n: render(t) for n, t in second.templates.items()
        }


def test_show_quotes_what_yaml_would_misread() -> None:
    tricky = {"a": "no", "b": "1.0", "c": "", "d": " x ", "e": "ä: b", "f": "~", "g": "null"}
    tricky |= {"h": "true", "i": "- a", "j": "1e3", "k": "#x", "l": "'", "m": '"', "n": "\\n"}
    lines = "".join(f"    {key}: {json.dumps(value)}\n" for key, value in tricky.items())
    data = resolved(f"name: camunda\norchestration:\n  environment:\n{lines}")
    assert data.data["orchestration"]["environment"] == tricky
    again = resolved(as_yaml(data))
    assert again.data == data.data


def test_show_says_where_every_value_is_from(layered: Resolved) -> None:
    text = as_yaml(layered)
    assert all(line.endswith(":") or "  # " in line for line in text.splitlines())
    assert "  brokers: 5" in text
    origins = as_data(layered)["origins"]
    assert origins["orchestration.brokers"].startswith("--set ")
    assert origins["access.tls.hostname"] == "spec.yaml:6:19"
    assert origins["secrets.kms_key_arn"] == "default"
