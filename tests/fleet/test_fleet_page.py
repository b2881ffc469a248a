"""What docs/fleets.md shows is what the commands print, but for lines left out; what it says about
permissions is what they call."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from camformation.cli.main import main
from camformation.deploy.aws import organization, stack_sets
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.stack_sets import StackInstance, StackSet
from camformation.deploy.fleet.live_fleet import Live
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.plan import plan_fleet
from camformation.deploy.fleet.stack_set_request import stack_set_request
from camformation.fleet.binding import bind
from camformation.fleet.export import export
from camformation.fleet.reading import load_fleet
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.report.fleet.plan_text import fleet_plan_text

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fleets.md").read_text("utf-8")
NOWHERE = Package(None, None, (), nested=False)


def shown(command: str) -> list[str]:
    """Return the lines that the page shows below a command."""
    [block] = re.findall(rf"^```console\n\$ {re.escape(command)}\n(.*?)^```$", PAGE, re.M | re.S)
    return [line for line in block.splitlines() if line.strip() not in ("", "…")]


def assert_in_order(lines: list[str], text: str) -> None:
    rest = iter(text.splitlines())
    for line in lines:
        assert line in rest, f"{line!r} is not printed, or not there"


def plan(live: FleetPlan | None = None, *settings: str) -> FleetPlan:
    """Return the plan of the shipped fleet, against nothing or against what another plan makes."""
    loaded = load_fleet("spec/fleets/example.yaml", lambda file: (ROOT / file).read_bytes())
    compiled = compile_spec(
        loaded.spec_file, lambda file: (ROOT / file).read_bytes(), Layout.FLAT, settings
    )
    exported = export(compiled)
    bound = bind(loaded, exported.definitions, lambda unit: ())
    return plan_fleet(
        stack_set_request(loaded.fleet, exported, bound, NOWHERE),
        exported.template,
        bound.targets,
        loaded.fleet.waves,
        deployed(live) if live else Live(None, {}, {}),
        region=str(loaded.fleet.region),
        locate=compiled.locate_in_resource,
    )


def deployed(plan: FleetPlan) -> Live:
    """Return the fleet as it is once a plan for a new one was carried out."""
    request: Mapping[str, object] = {
        name: value for name, value in vars(plan.request).items() if name not in ("body", "url")
    }
    name = f"{plan.name}:1a2b3c4d"
    stack_set = StackSet(
        **request,  # type: ignore[arg-type]
        id=name,
        arn=f"arn:aws:cloudformation:eu-west-2:111122223333:stackset/{name}",
        status="ACTIVE",
        template=plan.template,
    )
    targets = {each.place: each.target for each in plan.targets() if each.target}
    instances = {place: StackInstance(*place, "CURRENT", "SUCCEEDED", "", "s") for place in targets}
    return Live(stack_set, instances, {p: target.parameters for p, target in targets.items()})


def test_the_first_plan_is_as_shown() -> None:
    text = fleet_plan_text(plan(), colour=False)
    assert_in_order(shown("camformation fleet plan spec/fleets/example.yaml"), text)


def test_the_blocked_plan_is_as_shown() -> None:
    change = "database.name=orders"
    text = fleet_plan_text(plan(plan(), change), colour=False)
    command = f"camformation fleet plan spec/fleets/example.yaml --set {change}"
    assert_in_order(shown(command), text)


def without_sizes(text: str) -> str:
    """Leave out what every change of a template changes: its size and its hash."""
    return re.sub(r"([\d,]+|…) bytes|/([0-9a-f]{64}|…)\.", "", text)


def test_the_export_is_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec" / "fleets").mkdir(parents=True)
    for file in ("spec/production.yaml", "spec/fleets/example.yaml"):
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    monkeypatch.chdir(tmp_path)
    command = "stackset export spec/production.yaml --fleet spec/fleets/example.yaml"
    assert main(command.split()) == 0
    page = re.sub(r"\n {4}--", " --", "\n".join(shown(f"camformation {command}")))
    printed = "\n".join(line for line in capsys.readouterr().out.splitlines() if line)
    assert without_sizes(page) == without_sizes(printed)


def test_what_names_a_place_is_as_shown() -> None:
    text = (ROOT / "spec" / "production.yaml").read_text("utf-8")
    line, column, value = re.findall(r"production\.yaml:(\d+):(\d+): CAM750 (\S+)", PAGE)[0]
    found = text.splitlines()[int(line) - 1]
    assert found[int(column) - 1 :].startswith("arn:aws:acm:")
    assert found.strip().startswith(value.rpartition(".")[2])


def test_permissions_are_what_is_called() -> None:
    """StackSets and Organizations; what else a command calls, `deploy` calls too."""
    called = set()
    for module in (stack_sets, organization):
        text = Path(module.__file__ or "").read_text("utf-8")
        verbs = "describe|list|create|update|delete|import|detect|stop"
        called |= set(re.findall(rf'"((?:{verbs})_[a-z_]+)"', text))
    said = PAGE.partition("## Permissions and roles")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`(?:cloudformation:)?([A-Z][a-z]+[A-Za-z]+)`", said))
    beside = {"DescribeStacks", "GetTemplate", "ListBucket", "GetObject", "PutObject"}
    roles = {name for name in listed if name.startswith("AWSCloudFormation")}
    names = {"".join(word.capitalize() for word in each.split("_")) for each in called}
    assert listed - beside - roles - {"TagResource"} == names
