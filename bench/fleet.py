"""Plan a fleet of so many stacks, all of which are live, for a template that has changed.

It does what `fleet plan` does but for its calls of AWS: makes clients, reads the spec and the fleet
file, compiles, exports and binds them (and once more, for what is live), compares and shows it.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from camformation.deploy.aws.connection import connect
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.stack_sets import StackInstance, StackSet
from camformation.deploy.cloud.target import LocalEndpoint, Target
from camformation.deploy.fleet.live_fleet import Live
from camformation.deploy.fleet.model import Action
from camformation.deploy.fleet.plan import plan_fleet
from camformation.deploy.fleet.stack_set_request import stack_set_request
from camformation.fleet.binding import bind
from camformation.fleet.export import export
from camformation.fleet.reading import load_fleet
from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.report.fleet.plan_json import fleet_plan_json
from camformation.report.fleet.plan_text import fleet_plan_text

REGIONS = ("eu-west-1", "eu-west-2", "eu-central-1", "us-east-1")
OPEN = {
    "VpcCidr": "network.cidr",
    "LogDays": "observability.log_retention_days",
    "Image": "orchestration.image",
    "Memory": "orchestration.memory_mib",
}
CHANGE = "orchestration.cpu=2048"


def fleet_file(targets: int) -> bytes:
    """Return a fleet file: a canary, then everybody; regions and every tenth account differ."""
    accounts = [f"{number:012d}" for number in range(1, targets // len(REGIONS) + 1)]
    overrides = [{"region": each, "parameters": {"LogDays": 90}} for each in REGIONS[1:]]
    overrides += [{"account": each, "parameters": {"Memory": 16384}} for each in accounts[::10]]
    canary = {"accounts": accounts[:1], "regions": list(REGIONS[:1])}
    everybody = {"accounts": accounts, "regions": list(REGIONS)}
    fleet = {
        "name": "camunda",
        "spec": "camunda.yaml",
        "region": REGIONS[0],
        "parameters": {"LogDays": 30},
        "overrides": overrides,
        "cidrs": {"VpcCidr": {"pool": "10.0.0.0/8", "prefix_length": 22}},
        "waves": [
            {"name": "canary", "targets": [canary]},
            {"name": "everybody", "targets": [everybody]},
        ],
    }
    return json.dumps(fleet).encode()  # which is YAML


def main(spec: str, targets: int) -> None:
    """Plan the fleet, and print the plan as text and as JSON to nowhere."""
    cloud = connect(Target(REGIONS[0], local=LocalEndpoint("http://127.0.0.1:9", "key", "secret")))
    assert cloud.region == REGIONS[0]
    files = {"fleet.yaml": fleet_file(targets), "camunda.yaml": Path(spec).read_bytes()}
    settings = [f"parameters.{name}={field}" for name, field in OPEN.items()]
    settings.append("network.cidr=10.190.0.0/22")
    before = export(compile_spec("camunda.yaml", files.__getitem__, Layout.FLAT, settings))
    loaded = load_fleet("fleet.yaml", files.__getitem__)
    bound = bind(loaded, before.definitions, _nobody)
    assert bound.lock is not None and len(bound.targets) == targets
    request = stack_set_request(loaded.fleet, before, bound, Package(None, None, (), nested=False))
    stack_set = StackSet(
        **{name: value for name, value in vars(request).items() if name not in ("body", "url")},
        id="camunda:1",
        arn=f"arn:aws:cloudformation:{REGIONS[0]}:111122223333:stackset/camunda:1",
        status="ACTIVE",
        template=before.template,
    )
    instances = {
        each.place: StackInstance(*each.place, "CURRENT", "SUCCEEDED", "", f"stack/{number}")
        for number, each in enumerate(bound.targets)
    }
    overrides: Mapping[tuple[str, str], Mapping[str, str]] = {
        each.place: each.parameters for each in bound.targets
    }

    after = export(
        compile_spec("camunda.yaml", files.__getitem__, Layout.FLAT, [*settings, CHANGE])
    )
    again = bind(loaded, after.definitions, _nobody, bound.lock.encode())
    plan = plan_fleet(
        stack_set_request(loaded.fleet, after, again, Package(None, None, (), nested=False)),
        after.template,
        again.targets,
        loaded.fleet.waves,
        Live(stack_set, instances, overrides),
        region="eu-west-2",
    )
    assert plan.counts[Action.UPDATE] == targets and not plan.blocks
    with Path(os.devnull).open("w") as nowhere:
        nowhere.write(fleet_plan_text(plan, colour=True, every=True))
        nowhere.write(fleet_plan_json(plan))


def _nobody(unit: str) -> Sequence[str]:
    raise AssertionError(f"{unit}: the fleet names accounts")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
