"""What people and machines read before stacks leave a fleet or join it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from camformation.deploy.fleet.removal import Removal, plan_removal
from camformation.deploy.fleet.stack_import import ImportPlan, plan_import
from camformation.deploy.plan.deletion import Fate
from camformation.report.fleet.import_text import fleet_import_json, fleet_import_text
from camformation.report.fleet.removal_text import fleet_remove_json, fleet_remove_text
from fleet.pictures import numbered
from fleet.simulated import DUBLIN, LONDON, NAME, NEWER, TEMPLATE, Fleet, account, target, template
from processor_time import timed

Golden = Callable[[str, Any], None]


def removal(*named: str, number: int = 3, retain: bool = False, allow: str = "") -> Removal:
    fleet = Fleet(target(n, region) for n in range(1, number + 1) for region in (LONDON, DUBLIN))
    fleet.deploy(ids=numbered())
    names = allow.split()
    return plan_removal(fleet.sets, fleet.clock, NAME, named or None, retain=retain, allow=names)


REMOVALS: dict[str, Callable[[], Removal]] = {
    "some": lambda: removal(account(1), f"{account(2)}/{LONDON}"),
    "all": lambda: removal(allow="CAM651:SecretsKey CAM651:AdminPassword"),
    "retained": lambda: removal(account(1), retain=True),
}


@pytest.mark.parametrize("name", REMOVALS)
def test_removal(golden: Golden, name: str) -> None:
    golden(f"fleet/remove/{name}.txt", fleet_remove_text(REMOVALS[name](), colour=False))


def test_removal_json(golden: Golden) -> None:
    golden("fleet/remove/some.json", json.loads(fleet_remove_json(REMOVALS["some"]())))


@pytest.mark.parametrize("name", REMOVALS)
def test_a_removal_says_of_each_resource_what_becomes_of_it(name: str) -> None:
    plan = REMOVALS[name]()
    text, data = fleet_remove_text(plan, colour=False), json.loads(fleet_remove_json(plan))
    fates = {each["logical_id"]: each["fate"] for each in data["resources"]}
    assert fates == {each.address.logical_id: each.fate.value for each in plan.resources}
    lost = [each for each in plan.of(Fate.DELETE) if each.loss]
    tail = text.partition("Permanently lost")[2]
    assert bool(tail) == bool(lost) and all(each.loss in tail for each in lost)
    assert all(each.cost in text for each in plan.resources)
    assert data["blocked"] == len(plan.blocks)


def test_nothing_to_remove_is_said() -> None:
    fleet = Fleet()
    fleet.sets.create(fleet.request, "token")
    empty = plan_removal(fleet.sets, fleet.clock, NAME, None, retain=False)
    assert "Removal: no stacks." in fleet_remove_text(empty, colour=False)


def test_ten_thousand_stacks_to_remove_are_a_page() -> None:
    plan = removal(number=5000)
    text, seconds = timed(lambda: fleet_remove_text(plan, colour=False))
    assert seconds < 0.5
    assert len(text.splitlines()) < 70 and "10000 stacks" in text


def imports(number: int = 0, *, create: bool = False) -> ImportPlan:
    """Stacks that are as the fleet has it, that are older, that cannot be read or imported."""
    fleet = Fleet() if create else Fleet([target(90)])
    fleet.wants(NEWER)
    if not create:
        fleet.deploy(ids=numbered())
    stacks = fleet.fake.stacks
    ids = [
        stacks.add(f"camunda-{n}", status, template=body, parent=parent).id
        for n, (status, body, parent) in enumerate(
            [
                ("CREATE_COMPLETE", NEWER, None),
                ("CREATE_COMPLETE", TEMPLATE, None),
                (
                    "CREATE_COMPLETE",
                    template(image="camunda/camunda:8.9.4", performance_mode="maxIO"),
                    None,
                ),
                ("ROLLBACK_COMPLETE", TEMPLATE, None),
                ("CREATE_COMPLETE", TEMPLATE, "arn:a/root/1"),
            ]
        )
    ]
    ids += [fleet.sets.add_stack(account(n), LONDON) for n in range(1, 4 + number)]
    own = ids[0].split(":")[4]
    return plan_import(
        fleet.sets,
        fleet.clock,
        fleet.request,
        fleet.template,
        ids,
        read=lambda account, region: stacks if account == own else None,
    )


def fits(plan: ImportPlan) -> ImportPlan:
    """The same without what is refused."""
    good = tuple(each for each in plan.candidates if not each.problems)
    return type(plan)(**{**vars(plan), "candidates": good, "problems": ()})


def test_import(golden: Golden) -> None:
    golden("fleet/import/refused.txt", fleet_import_text(imports(), colour=False))
    golden("fleet/import/new.txt", fleet_import_text(fits(imports(create=True)), colour=False))
    golden("fleet/import/new.json", json.loads(fleet_import_json(fits(imports(create=True)))))


def test_everything_that_speaks_against_an_import_is_said() -> None:
    plan = imports()
    text, data = fleet_import_text(plan, colour=False), json.loads(fleet_import_json(plan))
    assert plan.refusals and all(said in text for said in plan.refusals)
    assert f"refused for {len(plan.refusals)} reasons" in text and data["refused"]


def test_stacks_that_change_alike_are_shown_once() -> None:
    plan = fits(imports())
    older = next(each for each in plan.candidates if each.stack == "camunda-1")
    others = tuple(
        type(older)(**{**vars(older), "account": account(n), "stack_id": f"{n}"})
        for n in range(100, 10_100)
    )
    many = type(plan)(**{**vars(plan), "candidates": (*plan.candidates, *others)})
    text, seconds = timed(lambda: fleet_import_text(many, colour=False))
    assert seconds < 2
    assert "changes  10001 stacks" in text and len(text.splitlines()) < 60


def test_colour_changes_nothing_but_colour() -> None:
    def plain(text: str) -> str:
        return re.sub(r"\x1b\[\d+m", "", text)

    for name in REMOVALS:
        plan = REMOVALS[name]()
        coloured = fleet_remove_text(plan, colour=True)
        assert "\x1b[1m" in coloured
        assert plain(coloured) == fleet_remove_text(plan, colour=False)
    coloured = fleet_import_text(imports(), colour=True)
    assert "\x1b[31m" in coloured
    assert plain(coloured) == fleet_import_text(imports(), colour=False)
