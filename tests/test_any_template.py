"""Whatever patches write into templates, commands that read them come to an end."""

import copy
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from camformation.audit.audit import Status, audit
from camformation.audit.matrix import matrix, unexplained
from camformation.cost.estimate import estimate
from camformation.deploy.change.first_deployment import deletable
from camformation.deploy.change.package import ArtifactBucket, make_package
from camformation.deploy.change.zones import pin_zones, zones_wanted
from camformation.deploy.destruction.plan import protected
from camformation.deploy.live_stack.variables import variable_of
from camformation.deploy.operation.schedule import schedule
from camformation.deploy.preflight import facts
from camformation.deploy.preflight.grants import caller_grants, resource_grants, uncovered
from camformation.deploy.preflight.place import Place
from camformation.diagnostics import nowhere
from camformation.diagram.architecture import architecture
from camformation.fleet.export import capabilities
from camformation.fleet.portable import check_portable
from camformation.fleet.protection import protectable
from camformation.frozen import replaced
from camformation.layout import ROOT, Layout
from camformation.limits import check_limits
from camformation.pipeline import Compiled, compile_spec
from camformation.rendering import render
from camformation.shapes import NO_VALUE, properties

PRODUCTION = Path(__file__).parents[1] / "spec" / "production.yaml"
PLACE = Place("camunda", "aws", "eu-west-2", "111122223333")
PLACES = 60
"""Values of a template that are changed at once."""

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**20, "", "x", "a:b:c", "arn:aws:s3:::b"),
    *([], {}, [None], [{}], [[1]], {"a": {"b": []}}, NO_VALUE),
    *({"Ref": "X"}, {"Ref": [1]}, {"Fn::GetAtt": ["A", "B"]}, {"Fn::GetAtt": []}),
    *({"Fn::Sub": "${A}"}, {"Fn::Sub": ["${A}", 1]}, {"Fn::Join": [1, 2]}, {"Fn::FindInMap": []}),
    *({"Fn::Select": ["x", {"Fn::GetAZs": ""}]}, {"Fn::If": ["C", 1, 2]}, {"Fn::If": "C"}),
)
WRAPPED: tuple[Callable[[Any], Any], ...] = (
    lambda value: {"Fn::If": ["C", value, NO_VALUE]},
    lambda value: {"Fn::If": ["C", NO_VALUE, value]},
    lambda value: {"Fn::Sub": value},
    lambda value: {"Fn::Select": [0, [value]]},
)


@cache
def compiled(layout: Layout) -> Compiled:
    return compile_spec(str(PRODUCTION), lambda file: Path(file).read_bytes(), layout)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a value: what it is in, and its key there."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inside in entries:
        yield value, key
        if isinstance(inside, dict | list):
            yield from places(inside)


def changed(seed: int) -> Compiled:
    """Return production with other values at random places, as any patches may bring."""
    dice = random.Random(seed)
    found = compiled(list(Layout)[seed % 2])
    templates = copy.deepcopy(dict(found.templates))
    bodies = [body for each in templates.values() for body in each["Resources"].values()]
    everywhere = [place for body in bodies for place in places(body.get("Properties", {}))]
    for holder, key in dice.sample(everywhere, PLACES):
        if isinstance(holder, list) and key >= len(holder):
            continue
        if dice.random() < 0.3:
            holder[key] = dice.choice(WRAPPED)(holder[key])
        elif dice.random() < 0.8:
            holder[key] = copy.deepcopy(dice.choice(VALUES))
        elif isinstance(holder, dict):
            del holder[key]
    dice.choice(bodies).pop("Properties", None)
    return replaced(found, templates=templates, texts={n: render(t) for n, t in templates.items()})


@pytest.mark.parametrize("seed", range(12))
def test_commands_read_whatever_patches_write(seed: int) -> None:
    one = changed(seed)
    templates, root = one.templates, one.templates[ROOT]
    list(check_limits(templates, one.texts, one.source_map))
    if one.layout is Layout.FLAT:
        assert audit(root, nowhere, {}) and unexplained(matrix(root)) is not None
        assert architecture(root, one.deployment).nodes
    assert estimate(templates, "eu-west-2").lines
    for service_role in (None, "arn:aws:iam::111122223333:role/Deployer"):
        assert caller_grants(PLACE, templates, service_role)
    assert resource_grants(PLACE, templates) and uncovered(templates) is not None
    for count in (facts.images, facts.secrets, facts.keys, facts.tasks, facts.fargate):
        assert count(templates) is not None
    assert facts.counts(templates) and facts.rules_of_groups(templates) is not None
    assert facts.outbound_lists(templates) is not None
    assert make_package(deletable(templates), ArtifactBucket("b", "eu-west-2"), "eu-west-2")
    assert pin_zones(templates, ["a"] * zones_wanted(templates))
    assert schedule(templates).steps
    variable_of(templates, "NOBODY_HAS_IT")
    for each in templates.values():
        for body in each["Resources"].values():
            protected(properties(body))
    assert capabilities(protectable(templates))
    check_portable(one, nested=True)


def chosen(value: Any, otherwise: Any = NO_VALUE) -> dict[str, Any]:
    return {"Fn::If": ["C", value, otherwise]}


ADMIN = {
    "PolicyName": "all",
    "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
}
SSH = {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 22, "ToPort": {"Ref": "LastPort"}}
PLAIN = {"Name": "sidecar", "Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]}

WEAKENED: tuple[tuple[str, str, str, Callable[[Any], Any]], ...] = (
    ("SEC-IAM-1", "ConnectorsTaskRole", "Policies", lambda old: chosen(old, [ADMIN])),
    ("SEC-ECS-6", "OpsTaskDefinition", "ContainerDefinitions", lambda old: chosen([*old, PLAIN])),
    ("SEC-NET-9", "AlbSecurityGroup", "SecurityGroupIngress", lambda _: [chosen(SSH)]),
    ("SEC-ELB-7", "WebLoadBalancer", "LoadBalancerAttributes", chosen),
    ("SEC-MON-3", "BrokersCpuAlarm", "AlarmActions", lambda old: chosen(NO_VALUE, old)),
    ("SEC-S3-6", "BackupBucketPolicy", "PolicyDocument", lambda old: chosen(old, {})),
)
"""A control, and what fails it where a condition holds, or where it does not."""

SOUND: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("ConnectorsTaskRole", "Policies", chosen),
    ("OpsTaskDefinition", "ContainerDefinitions", lambda old: chosen(old, old)),
    ("AlbSecurityGroup", "SecurityGroupIngress", lambda _: chosen(NO_VALUE, [])),
    ("WebLoadBalancer", "LoadBalancerAttributes", lambda old: chosen(old, old)),
    ("GrpcLoadBalancer", "LoadBalancerAttributes", lambda old: [*old, NO_VALUE]),
    ("BrokersCpuAlarm", "AlarmActions", lambda old: [chosen(old[0], old[0])]),
    ("BackupBucketPolicy", "PolicyDocument", lambda old: chosen(old, old)),
)
"""What is as good whichever way a condition turns out."""


def with_changes(*changes: tuple[str, str, Callable[[Any], Any]]) -> Any:
    root = copy.deepcopy(compiled(Layout.FLAT).templates[ROOT])
    for name, key, change in changes:
        body = root["Resources"][name]["Properties"]
        body[key] = change(body.get(key))
    return root


def failing(root: Any) -> dict[str, set[str]]:
    """Return the problems of each control that fails."""
    found = audit(root, nowhere, {})
    return {
        each.control.id: {fault.problem for fault in each.faults}
        for each in found
        if each.status is Status.FAIL
    }


def test_what_fails_in_a_branch_of_a_condition_fails() -> None:
    before = failing(with_changes())
    assert failing(with_changes(*SOUND)) == before
    root = with_changes(*((name, key, change) for _, name, key, change in WEAKENED))
    root["Resources"]["WebAclAssociation"]["Condition"] = "C"
    now = failing(root)
    for control in (*(each[0] for each in WEAKENED), "SEC-ELB-8"):
        new = now.get(control, set()) - before.get(control, set())
        assert any(each.endswith(", in a branch of a condition") for each in new), control


def test_pictures_show_both_branches_of_what_is_open() -> None:
    usual = architecture(with_changes(), compiled(Layout.FLAT).deployment)
    sound = architecture(with_changes(*SOUND), compiled(Layout.FLAT).deployment)
    assert sound == usual
    odd = with_changes(
        ("HttpsListener", "Protocol", lambda _: NO_VALUE),
        ("EcsCluster", "ClusterSettings", lambda _: [{"Name": "containerInsights", "Value": {}}]),
    )
    assert architecture(odd, compiled(Layout.FLAT).deployment).nodes
    assert estimate({ROOT: odd}, "eu-west-2").lines
    opened = with_changes(("AlbSecurityGroup", "SecurityGroupIngress", lambda _: chosen([], [SSH])))
    picture = architecture(opened, compiled(Layout.FLAT).deployment)
    assert "everyone" in {each.kind for each in picture.nodes}
    assert "everyone" not in {each.kind for each in usual.nodes}


def test_a_first_step_takes_protection_from_every_branch() -> None:
    guarded = {"Key": "deletion_protection.enabled", "Value": "true"}
    root = with_changes(
        ("WebLoadBalancer", "LoadBalancerAttributes", lambda _: chosen([guarded], [guarded])),
        ("AuroraCluster", "DeletionProtection", lambda _: chosen(True, False)),
    )
    bodies = deletable({ROOT: root})[ROOT]["Resources"]
    off = {**guarded, "Value": "false"}
    assert bodies["WebLoadBalancer"]["Properties"]["LoadBalancerAttributes"] == chosen([off], [off])
    assert bodies["AuroraCluster"]["Properties"]["DeletionProtection"] == chosen(False, False)
    switched = protectable({ROOT: root})[ROOT]["Resources"]["AuroraCluster"]["Properties"]
    assert switched["DeletionProtection"]["Fn::If"][1] == {"Ref": "DatabaseDeletionProtection"}
