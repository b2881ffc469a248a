"""Fleets for tests: a template with parameters, targets in waves, and simulated accounts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from camformation.deploy.cloud.stack_sets import StackSetRequest
from camformation.deploy.fleet.deployment import deploy
from camformation.deploy.fleet.events import FleetEvent
from camformation.deploy.fleet.live_fleet import read_live
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.order import Sets
from camformation.deploy.fleet.plan import plan_fleet
from camformation.fleet.specs import OperationSpec, WaveSpec
from camformation.fleet.targets import Target
from camformation.layout import Layout
from deploy.fake_cloud import FakeCloud
from plan.sample import sample

NAME = "camunda"
LONDON, DUBLIN = "eu-west-2", "eu-west-1"
QUICK = OperationSpec(0, None, 1000, None, "SOFT_FAILURE_TOLERANCE", "PARALLEL", ())
STATES = {"SUCCEEDED", "FAILED", "CANCELLED"}


def operation(**changed: Any) -> OperationSpec:
    return OperationSpec(**{**vars(QUICK), **changed})


def template(**changed: Any) -> dict[str, Any]:
    """A flat template whose network is a parameter; another one feeds a tag only."""
    root = json.loads(json.dumps(sample(Layout.FLAT, **changed)["root"]))
    root["Parameters"] = {
        "VpcCidr": {"Type": "String", "Default": "10.0.0.0/16"},
        "Owner": {"Type": "String", "Default": "platform"},
        "DatabaseName": {"Type": "String", "Default": "camunda"},
    }
    resources = root["Resources"]
    resources["Vpc"]["Properties"]["CidrBlock"] = {"Ref": "VpcCidr"}
    resources["Vpc"]["Properties"]["Tags"] = [{"Key": "Owner", "Value": {"Ref": "Owner"}}]
    cluster = next(r for r in resources.values() if r["Type"] == "AWS::RDS::DBCluster")
    cluster["Properties"]["DatabaseName"] = {"Ref": "DatabaseName"}
    return root  # type: ignore[no-any-return]


TEMPLATE = template()
NEWER = template(image="camunda/camunda:8.9.4")


def account(number: int) -> str:
    return f"{number:012d}"


def request(body: Mapping[str, Any] = TEMPLATE, **changed: Any) -> StackSetRequest:
    wanted: dict[str, Any] = {
        "name": NAME,
        "description": "Camunda",
        "body": json.dumps(body),
        "url": None,
        "parameters": {},
        "capabilities": ("CAPABILITY_IAM",),
        "tags": {},
        "permission_model": "SELF_MANAGED",
    }
    return StackSetRequest(**{**wanted, **changed})


def wave(name: str, spec: OperationSpec = QUICK) -> WaveSpec:
    return WaveSpec(name, (), spec)


def target(number: int, region: str = LONDON, in_wave: str = "canary", **parameters: str) -> Target:
    return Target(account(number), region, in_wave, None, parameters)


class Fleet:
    """A fleet and its accounts; `plan` and `deploy` do what the command does."""

    def __init__(self, targets: Iterable[Target] = (), waves: Iterable[WaveSpec] = ()) -> None:
        self.fake = FakeCloud()
        self.sets = self.fake.stack_sets
        self.clock = self.fake.clock
        self.targets = tuple(targets)
        names = dict.fromkeys(t.wave for t in self.targets)
        self.waves = tuple(waves) or tuple(wave(name) for name in names)
        self.template: Mapping[str, Any] = TEMPLATE
        self.request = request()
        self.units: dict[str, frozenset[str]] = {}
        self.sets_of_parameters: Sets = ()

    def wants(self, body: Mapping[str, Any] | None = None, **changed: Any) -> "Fleet":
        """Let the StackSet be wanted otherwise."""
        self.template = body or self.template
        changed["body"] = json.dumps(self.template)
        self.request = StackSetRequest(**{**vars(self.request), **changed})
        return self

    def plan(self, *allow: str) -> FleetPlan:
        live = read_live(self.sets, self.clock, NAME, [t.place for t in self.targets])
        return plan_fleet(
            self.request,
            self.template,
            self.targets,
            self.waves,
            live,
            region=LONDON,
            allow=allow,
            units=self.units,
            sets=self.sets_of_parameters,
        )

    def deploy(self, *allow: str, **more: Any) -> list[FleetEvent]:
        return list(deploy(self.sets, self.clock, self.plan(*allow), **more))

    def called(self, *methods: str) -> list[str]:
        """Return the calls that begin something, in order."""
        begun = methods or (
            *("create", "update", "create_instances", "update_instances"),
            *("delete_instances", "import_stacks", "detect_drift", "delete", "stop"),
        )
        return [name for name, _ in self.sets.calls if name in begun]

    def deployed(self, place: tuple[str, str]) -> Mapping[str, str]:
        return self.sets.deployed(NAME, *place) or {}
