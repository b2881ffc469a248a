"""Plans without AWS, and plans kept in files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from camformation.deploy.plan.offline import plan_offline, read_compiled
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.plan_file import (
    Fingerprint,
    hashes,
    moved,
    plan_file_text,
    read_plan,
)
from camformation.deploy.plan.symbols import Templates
from plan.sample import sample


def written(folder: Path, templates: Templates) -> Path:
    folder.mkdir()
    for name, template in templates.items():
        (folder / f"{name}.template.json").write_text(json.dumps(template), "utf-8")
    (folder / "manifest.json").write_text(json.dumps({"region": "eu-west-2"}), "utf-8")
    return folder


def test_two_output_folders_are_enough(tmp_path: Path) -> None:
    old = read_compiled(written(tmp_path / "old", sample()))
    new = read_compiled(written(tmp_path / "new", sample(performance_mode="maxIO")))
    plan = plan_offline(old, new, base_name="main")
    assert plan.exit_code == 3
    assert (plan.target.base, plan.target.region) == ("main", "eu-west-2")
    assert list(plan.changes()) == list(
        make_plan(sample(), sample(performance_mode="maxIO")).changes()
    )
    assert plan_offline(old, new, allow=["CAM650:FileSystem", "CAM650:AccessPoint"]).exit_code == 2
    assert plan_offline(new, new).exit_code == 0
    assert plan_offline(None, new).summary.add == 14


def test_a_folder_without_a_root_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"root\.template\.json"):
        read_compiled(tmp_path)


def fingerprint() -> Fingerprint:
    return Fingerprint(
        "111122223333",
        "eu-west-2",
        "prod",
        hashes(sample()),
        hashes(sample(throughput_mode="bursting")),
        "2026-11-23T09:15:04Z",
        {"tags": "team=a"},
    )


def test_a_plan_file_comes_back_as_it_was() -> None:
    plan = make_plan(sample(), sample(performance_mode="maxIO"), allow=["CAM650:FileSystem"])
    read = read_plan(json.loads(plan_file_text(plan, fingerprint())))
    assert read.fingerprint == fingerprint()
    assert (read.exit_code, read.allow, read.summary) == (
        3,
        ("CAM650:FileSystem",),
        str(plan.summary),
    )
    assert moved(read.fingerprint, fingerprint()) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account": "999988887777"}, "account 999988887777"),
        ({"region": "eu-west-1"}, "region eu-west-1"),
        ({"stack": "other"}, "stack other"),
        ({"templates": hashes(sample(brokers=5))}, "other templates: orchestration"),
        (
            {"deployed": hashes(sample())},
            "different templates were deployed in the meantime: storage",
        ),
        ({"deployed": {}}, "different templates were deployed"),
        ({"last_updated": "2026-11-24T00:00:00Z"}, "last changed 2026-11-24"),
        ({"last_updated": None}, "last changed never"),
        ({"settings": {"tags": "team=b"}}, "has other settings: tags"),
    ],
)
def test_anything_that_moved_is_said(change: dict[str, object], says: str) -> None:
    (reason,) = moved(fingerprint(), replace(fingerprint(), **change))  # type: ignore[arg-type]
    assert says in reason


def test_hashes_do_not_depend_on_how_json_is_written() -> None:
    reordered = {
        name: dict(reversed(list(template.items()))) for name, template in sample().items()
    }
    assert hashes(reordered) == hashes(json.loads(json.dumps(sample())))
    assert hashes(None) == {}


@pytest.mark.parametrize(
    "data", [[], {}, None, "x", {"version": 2}, {"version": [1]}, {"version": 1, "fingerprint": {}}]
)
def test_what_is_no_plan_file_is_refused_with_a_sentence(data: object) -> None:
    with pytest.raises(ValueError, match="plan file"):
        read_plan(data)


WRONG = [5, None, [], {}, "x", {"a": 1}, [None], 1e999]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("place", ["fingerprint", "summary", "gate", "exit_code"])
def test_mistyped_plan_file_is_refused_or_has_the_types_it_promises(
    place: str, wrong: object
) -> None:
    plan = make_plan(sample(), sample(performance_mode="maxIO"), allow=["CAM650:FileSystem"])
    data = json.loads(plan_file_text(plan, fingerprint()))
    variants = [{**data, place: wrong}]
    if place == "fingerprint":
        variants += [{**data, place: {**data[place], key: wrong}} for key in data[place]]
    for each in variants:
        try:
            read = read_plan(each)
        except ValueError as error:
            assert "plan file" in str(error)
        else:
            assert all(isinstance(reason, str) for reason in moved(read.fingerprint, fingerprint()))
            assert isinstance(read.exit_code, int) and all(isinstance(a, str) for a in read.allow)
