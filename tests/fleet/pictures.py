"""Fleet plans that reports are shown with, made by the engine in simulated accounts."""

import itertools
from collections.abc import Callable
from dataclasses import replace

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.stack_sets import AutoDeployment
from camformation.deploy.fleet.model import FleetPlan
from camformation.deploy.fleet.preview import Preview
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import ROOT
from fleet.simulated import (
    DUBLIN,
    LONDON,
    NAME,
    NEWER,
    TEMPLATE,
    Fleet,
    account,
    operation,
    target,
    template,
    wave,
)

QUOTA = (
    "ResourceLogicalId:Vpc, ResourceType:AWS::EC2::VPC, ResourceStatusReason:Resource handler "
    'returned message: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: '
    '400, Request ID: 0a1b2c3d-0000-4000-8000-000000000000)" (RequestToken: '
    "0a1b2c3d-0000-4000-8000-000000000001, HandlerErrorCode: ServiceLimitExceeded)."
)
TOLERANT = operation(failure_tolerance_count=1000)


def numbered() -> Callable[[], str]:
    """Return a source of operation ids that are the same each time."""
    numbers = itertools.count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012d}"


def first() -> FleetPlan:
    """Nothing is there yet; each target has a network of its own."""
    cidrs = [f"10.{n}.0.0/16" for n in range(1, 13)]
    canary = [target(1, VpcCidr=cidrs[0])]
    rest = [target(n, in_wave="rest", VpcCidr=cidrs[n - 1]) for n in range(2, 13)]
    plain = [target(20, DUBLIN, "rest")]
    return Fleet([*canary, *rest, *plain]).wants(tags={"Team": "platform"}).plan()


def unchanged() -> FleetPlan:
    """Nothing is to be done; one stack is no target any more."""
    fleet = Fleet([target(1), target(2), target(3)])
    fleet.deploy(ids=numbered())
    fleet.targets = (target(1), target(2))
    return fleet.plan()


def newer() -> FleetPlan:
    """A newer image and a changed default: some override it, some are new, some failed."""
    fleet = Fleet(
        [
            target(1),
            *(target(n, region, "rest") for n in range(2, 7) for region in (LONDON, DUBLIN)),
            *(target(n, in_wave="rest", Owner="claims") for n in (7, 8)),
            target(9, in_wave="rest"),
        ],
        [wave("canary"), wave("rest", TOLERANT)],
    )
    fleet.sets.failing = {account(5): QUOTA, account(6): QUOTA}
    fleet.deploy(ids=numbered())
    fleet.sets.failing = {}
    new = [target(n, in_wave="rest", Owner="sales") for n in (11, 12)]
    fleet.targets = (*fleet.targets[:-1], *new)
    return fleet.wants(NEWER, parameters={"Owner": "operations"}, description="Camunda 8").plan()


def blocked(*allow: str) -> FleetPlan:
    """The network of two targets moves, and a third one's database is another."""
    fleet = Fleet([target(n) for n in range(1, 6)])
    fleet.deploy(ids=numbered())
    fleet.targets = (
        target(1),
        target(2, VpcCidr="10.2.0.0/16"),
        target(3, VpcCidr="10.3.0.0/16"),
        target(4, DatabaseName="orders"),
        target(5, Owner="claims"),
    )
    return fleet.plan(*allow)


def spared() -> FleetPlan:
    """A new default that replaces the database, but where it is overridden."""
    fleet = Fleet([target(1), target(2), target(3, DatabaseName="orders")])
    fleet.deploy(ids=numbered())
    return fleet.wants(template(image="x"), parameters={"DatabaseName": "other"}).plan()


def settings() -> FleetPlan:
    """The StackSet alone changes."""
    units = AutoDeployment(enabled=False, retain_stacks=True)
    fleet = Fleet([target(1)]).wants(permission_model="SERVICE_MANAGED", auto_deployment=units)
    fleet.sets.organization.add("ou-1", account(1))
    fleet.units = {"ou-1": frozenset({account(1)})}
    fleet.targets = tuple(
        type(each)(*each.place, each.wave, "ou-1", each.parameters) for each in fleet.targets
    )
    fleet.deploy(ids=numbered())
    on = AutoDeployment(enabled=True, retain_stacks=True)
    return fleet.wants(description="All departments", auto_deployment=on).plan()


def stuck() -> FleetPlan:
    """A stack that StackSets has given up, and others that were never reached."""
    fleet = Fleet(
        [target(1), *(target(n, in_wave="rest") for n in range(2, 6))],
        [wave("canary"), wave("rest")],
    )
    fleet.deploy(ids=numbered())
    fleet.wants(NEWER)
    fleet.sets.failing = {account(1): QUOTA}
    fleet.deploy(ids=numbered())
    fleet.sets.failing = {}
    given_up = fleet.sets.sets[NAME].instances[account(4), LONDON]
    given_up.seen = replace(given_up.seen, status="INOPERABLE", detailed_status="INOPERABLE")
    return fleet.plan()


def many(number: int) -> FleetPlan:
    """Targets by the thousand in two regions, each with a network of its own; some failed."""
    wanted = [
        target(n, region, "canary" if n < 3 else "rest", VpcCidr=f"10.{n % 200}.0.0/16")
        for n in range(1, number // 2 + 1)
        for region in (LONDON, DUBLIN)
    ]
    fleet = Fleet(wanted, [wave("canary"), wave("rest", TOLERANT)])
    fleet.sets.failing = {account(n): QUOTA for n in range(100, 140)}
    fleet.deploy(ids=numbered())
    fleet.targets = (
        *wanted[:-20],
        *(target(n, LONDON, "rest", VpcCidr="10.250.0.0/16") for n in range(90_000, 90_030)),
    )
    return fleet.wants(NEWER).plan()


PLANS: dict[str, Callable[[], FleetPlan]] = {
    "first": first,
    "unchanged": unchanged,
    "newer": newer,
    "blocked": blocked,
    "allowed": lambda: blocked("CAM650:DatabaseCluster", "CAM656:Vpc", "Typo"),
    "spared": spared,
    "settings": settings,
    "stuck": stuck,
    "thousand": lambda: many(1000),
}


def previews() -> tuple[Preview, ...]:
    """What change sets say about two canaries; a third account does not let us ask."""
    plan = make_plan({ROOT: TEMPLATE}, {ROOT: NEWER})
    denied = DeployError("CAM603", "not allowed: cloudformation:CreateChangeSet", None)
    stack = f"arn:aws:cloudformation:{LONDON}:{account(1)}:stack/StackSet-camunda-1/1"
    return (
        Preview(account(1), LONDON, stack, plan),
        Preview(account(2), LONDON, stack.replace(account(1), account(2)), None, denied.message),
    )
