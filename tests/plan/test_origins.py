"""A change is located at the line that changed, or nowhere: never at a neighbour's."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from camformation.deploy.change.zones import pin_zones
from camformation.deploy.plan.alternatives import Alternatives, _likely
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.model import Plan, ResourceChange
from camformation.deploy.plan.origins import lines_of
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.places import covers_change
from camformation.diagnostics import Location, SpecError
from camformation.layout import Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.schema import is_valid
from test_parameters import EVERYTHING, complete, dotted, leaves

each_layout = pytest.mark.parametrize("layout", Layout)
Path = tuple[str | int, ...]


def compiled(text: str, layout: Layout = Layout.NESTED, *settings: str) -> Compiled:
    return compile_spec("spec.yaml", lambda _: text.encode(), layout, settings)


def planned(old: Compiled, new: Compiled) -> Plan:
    return make_plan(
        old.templates,
        new.templates,
        locate=new.locate_in_resource,
        origins=origins_of(new, old.templates),
    )


def locations(plan: Plan) -> Iterator[tuple[str, Location | None]]:
    """Yield every location, in the plan and its gate, with what it is said of."""
    for change in plan.changes():
        yield change.logical_id, change.location
        for leaf in change.properties:
            yield f"{change.logical_id}.{leaf.path}", leaf.location
    for block in plan.gate:
        yield block.code, block.location


# Every field is written, each on a line of its own: any of them could be taken for another.
WRITTEN = [{**complete(spec), "parameters": {}} for spec in EVERYTHING]
NO_CHANGE = {"name", "account", "extends", "ignore", "parameters", "patches", "stack", "tags"}


def fields() -> Iterator[tuple[int, Path]]:
    """Yield every field once, with the number of a spec that has a value of it."""
    seen: set[Path] = set()
    for number, data in enumerate(WRITTEN):
        for path in leaves(data):
            kind = tuple("" if isinstance(step, int) else step for step in path)
            value: Any = data
            for step in path:
                value = value[step]
            if path[0] not in NO_CHANGE and value is not None and kind not in seen:
                seen.add(kind)
                yield number, path


def written_text(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False)
    return text


@cache
def written(number: int, layout: Layout) -> Compiled:
    return compiled(written_text(WRITTEN[number]), layout)


def altered(number: int, path: Path, layout: Layout) -> Compiled | None:
    """Return a spec with another value of one field, if there is a sound one that matters."""
    base = WRITTEN[number]
    value: Any = base
    for step in path:
        value = value[step]
    for other in _likely(path, value):
        data = copy.deepcopy(base)
        inner: Any = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = other
        if not is_valid(data):
            continue
        try:
            found = compiled(written_text(data), layout)
        except SpecError:
            continue
        if found.templates != written(number, layout).templates:
            return found
    return None


FIELDS = list(fields())


@pytest.mark.parametrize(
    ("number", "path"), FIELDS, ids=[f"{number}-{dotted(path)}" for number, path in FIELDS]
)
def test_every_location_is_the_line_that_changed(number: int, path: Path) -> None:
    layout = list(Layout)[len(path) % 2]
    new = altered(number, path, layout)
    if new is None:
        return
    plan = planned(written(number, layout), new)
    # What an entry of a list makes may be a resource of its own: then the entry is the place.
    places = [path, *(path[: at + 1] for at, step in enumerate(path) if isinstance(step, int))]
    lines = {new.resolved.location(place).line for place in places}
    found = [(what, where.line) for what, where in locations(plan) if where]
    assert [each for each in found if each[1] not in lines] == []
    assert found


JOINED = """
name: camunda
authentication:
  mode: oidc
  oidc:
    issuer: https://login.example.com
    client_id: camunda
    client_secret_arn: arn:aws:secretsmanager:eu-west-2:111122223333:secret:x-AbCdEf
    admin: {{users: [anna]}}
    audiences:
{audiences}
access:
  tls:
    hostname: camunda.example.com
    certificate_arn: arn:aws:acm:eu-west-2:111122223333:certificate/12345678
connectors: {{enabled: false}}
"""


@each_layout
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["one", "two", "three"], ["one", "zwei", "three"], 1),
        (["one", "two"], ["one", "two", "three"], 2),
        (["one", "two", "three"], ["one", "three"], 0),  # what has gone has no line: the first
        (["one", "two"], ["two", "one"], 0),
        (["one", "two"], ["eins", "zwei"], 0),
    ],
)
def test_a_value_joined_from_a_list_is_located_at_the_item_that_changed(
    layout: Layout, before: list[str], after: list[str], expected: int
) -> None:
    def spec(audiences: list[str]) -> str:
        return JOINED.format(audiences="\n".join(f"      - {each}" for each in audiences))

    first = spec(["{}"]).split("\n").index("      - {}") + 1
    plan = planned(compiled(spec(before), layout), compiled(spec(after), layout))
    found = {
        where.line
        for what, where in locations(plan)
        if where and "OrchestrationTaskDefinition." in what
    }
    assert found == {first + expected}


PROXY = """
name: camunda
access:
  allowed_cidrs: [203.0.113.0/24]
network:
  proxy:
    address: http://proxy.example.com:{port}
    exceptions:
      - {first}
      - {second}
orchestration:
  environment:
    JAVA_TOOL_OPTIONS: {options}
"""
PROXY_VALUES = {
    "port": "3128",
    "first": "idp.example.com",
    "second": "10.1.0.0/16",
    "options": "-Xmx1g",
}
PROXY_LINES = {
    line.split("{")[1].split("}")[0]: number
    for number, line in enumerate(PROXY.replace("{{", "").split("\n"), 1)
    if "{" in line
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first", "login.example.com"),
        ("second", "10.2.0.0/16"),
        ("options", "-Xmx2g"),
        ("options", "-Xmx1g -Xss2m"),
        ("port", "3129"),
    ],
)
def test_a_value_joined_from_several_fields_is_located_at_the_one_that_changed(
    field: str, value: str
) -> None:
    def spec(**changed: str) -> Compiled:
        return compiled(PROXY.format(**PROXY_VALUES | changed))

    plan = planned(spec(), spec(**{field: value}))
    found = {line(where) for what, where in locations(plan) if "TaskDefinition." in what}
    assert found == {PROXY_LINES[field]}


@pytest.mark.parametrize(
    ("part", "before", "after", "expected"),
    [
        ("two", "one,zwei,three", "one,two,three", True),
        ("one", "one,zwei,three", "one,two,three", False),
        ("two,three", "one,zwei,drei", "one,two,three", True),
        ("two", "one,zwei,drei", "one,two,three", False),  # not all that changed
        ("two", "one,three", "one,two,three", False),  # nor the comma
        ("100", "a 10", "a 100", True),
        ("10", "a 100", "a 10", False),  # nothing of it is new
        ("", "one", "two", False),
        ("two", "one", "two", True),
    ],
)
def test_a_part_of_a_text_covers_its_change(
    part: str, before: str, after: str, expected: bool
) -> None:
    assert covers_change(part, before, after) is expected


SPEC = """
name: camunda
profile: {profile}
version: "{version}"
access:
  scheme: {scheme}
  allowed_cidrs: [203.0.113.0/24]
orchestration:
  brokers: {brokers}
  partitions: {partitions}
  memory_mib: {memory}
  execute_command: {execute}
  lease_seconds: {lease}
  environment:
    CAMUNDA_LOG_LEVEL: {level}
connectors:
  enabled: {connectors}
  memory_mib: 4096
database:
  instances: 2
"""
VALUES = {
    "profile": "reference",
    "version": "8.10",
    "scheme": "internet-facing",
    "brokers": 3,
    "partitions": 3,
    "memory": 8192,
    "execute": "false",
    "lease": 15,
    "level": "INFO",
    "connectors": "true",
}
LINES = {
    line.split("{")[1].split("}")[0]: number
    for number, line in enumerate(SPEC.split("\n"), 1)
    if "{" in line
}
DATABASE = SPEC.split("\n").index("database:") + 1


def spec(**changed: Any) -> str:
    return SPEC.format(**{**VALUES, **changed})


def change(plan: Plan, logical_id: str) -> ResourceChange:
    return next(each for each in plan.changes() if each.logical_id == logical_id)


def line(where: Location | None) -> int | None:
    return where.line if where else None


@each_layout
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("brokers", 7),
        ("partitions", 6),
        ("memory", 12288),
        ("execute", "true"),
        ("lease", 30),
        ("level", "DEBUG"),
        ("connectors", "false"),
        ("scheme", "internal"),
        ("version", "8.9"),
        ("profile", "development"),
    ],
)
def test_what_one_field_decides_is_its_lines(layout: Layout, field: str, value: Any) -> None:
    plan = planned(compiled(spec(), layout), compiled(spec(**{field: value}), layout))
    found = {line(where) for _, where in locations(plan)}
    assert found - {None} == {LINES[field]}
    own = [each for each in plan.changes() if len(each.chain) < 2]
    assert all(line(each.location) == LINES[field] for each in own)


@each_layout
def test_fields_that_change_together_keep_their_lines(layout: Layout) -> None:
    plan = planned(
        compiled(spec(), layout),
        compiled(spec(brokers=7, memory=12288, connectors="false", lease=30), layout),
    )
    lines = {block.code: line(block.location) for block in plan.gate}
    assert lines["CAM660"] == LINES["brokers"] and lines["CAM652"] == LINES["connectors"]
    leaves = {leaf.path: line(leaf.location) for leaf in change(
        plan, "OrchestrationTaskDefinition").properties}  # fmt: skip
    environment = "ContainerDefinitions[orchestration-cluster].Environment[{}]"
    assert leaves[environment.format("CAMUNDA_CLUSTER_SIZE")] == LINES["brokers"]
    assert leaves["Memory"] == LINES["memory"]
    service = change(plan, "OrchestrationService")
    healthy = "DeploymentConfiguration.MinimumHealthyPercent"
    assert {leaf.path: line(leaf.location) for leaf in service.properties if not leaf.cause} == {
        "DesiredCount": LINES["brokers"],
        healthy: LINES["brokers"],
    }
    assert line(change(plan, "ConnectorsService").location) == LINES["connectors"]


@each_layout
def test_the_engine_that_follows_from_the_version_is_the_versions(layout: Layout) -> None:
    plan = planned(compiled(spec(version="8.9"), layout), compiled(spec(), layout))
    (engine,) = (leaf for leaf in change(plan, "AuroraCluster").properties)
    assert (engine.path, line(engine.location)) == ("EngineVersion", LINES["version"])
    assert {b.code: line(b.location) for b in plan.gate}["CAM667"] == LINES["version"]


@each_layout
def test_a_value_that_no_line_decides_any_more_has_none(layout: Layout) -> None:
    """A line that was removed cannot be pointed at."""
    after = spec().replace("  memory_mib: 8192\n", "")
    plan = planned(compiled(spec(memory=12288), layout), compiled(after, layout))
    assert {line(where) for _, where in locations(plan)} <= {None, LINES["profile"]}


LEFT = """name: camunda
storage:
  efs: {throughput_mode: elastic}
"""
LEFT_OUT = [
    # what was written besides, of what resource it tells, and where that is shown
    ("access:\n  waf: {rate_limit: 1000}\n", "WebAcl", 1),
    ("aws_backup: {retention_days: 60, lock: {}}\n", "BackupVault", 1),
    ("operations:\n  task: {}\n", "OpsTaskDefinition", 1),
    ("observability:\n  access_logs: {}\n  alarms: {}\n", "AlarmTopic", 1),
    ("  documents: {enabled: true}\n", "DocumentsBucket", 2),
    ("connectors:\n  enabled: false\n", "ConnectorsService", 1),
    ("database:\n  force_ssl: true\n", "DatabaseParameterGroup", 1),
    (
        "  backup:\n    replication:\n      bucket_arn: arn:aws:s3:::copies\n      kms_key_arn: "
        "arn:aws:kms:eu-west-2:111122223333:key/12345678-0000-4000-8000-000000000001\n",
        "BackupReplicationRole",
        2,
    ),
]


def test_nothing_is_looked_for_where_another_deployment_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {"root": {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}}
    new = compiled(LEFT, Layout.FLAT)
    monkeypatch.setattr("camformation.deploy.plan.omitted.Search", None)
    plan = make_plan(other, new.templates, origins=origins_of(new, other))
    assert {change.location for change in plan.changes() if change.logical_id == "Topic"} == {None}


@each_layout
@pytest.mark.parametrize(
    ("written", "logical_id", "expected"), LEFT_OUT, ids=[each for _, each, _ in LEFT_OUT]
)
def test_a_section_that_is_left_out_is_shown_where_it_was(
    layout: Layout, written: str, logical_id: str, expected: int
) -> None:
    """That is the section around it, or the spec as a whole."""
    old, new = compiled(LEFT + written, layout), compiled(LEFT, layout)
    plan = planned(old, new)
    assert line(change(plan, logical_id).location) == expected
    assert {line(each.location) for each in plan.changes()} <= {expected, None}
    back = {line(where) for _, where in locations(planned(new, old))}
    assert 1 not in back and back - {None}  # written, it has lines of its own


def test_parts_of_one_section_that_are_left_out_are_told_apart() -> None:
    """And what has changed besides keeps its line."""
    written = "observability:\n  log_retention_days: {}\n"
    old = compiled(LEFT + written.format(90) + "  access_logs: {}\n  alarms: {}\n")
    plan = planned(old, compiled(LEFT + written.format(365)))
    assert {line(each.location) for each in plan.changes()} == {4, 5}
    group = change(plan, "CamundaLogGroup")
    assert (line(group.location), line(change(plan, "AlarmTopic").location)) == (5, 4)


def test_a_setting_is_named_as_it_was_given() -> None:
    plan = planned(compiled(spec()), compiled(spec(), Layout.NESTED, "orchestration.brokers=5"))
    (block,) = (b for b in plan.gate if b.code == "CAM660" and "tasks" in b.message)
    assert str(block.location) == "--set orchestration.brokers=5"


NAMED = """name: camunda
access:
  tls:
    hostname: camunda.example.com
    grpc_hostname: zeebe.example.com
    certificate_arn: arn:aws:acm:eu-west-2:111122223333:certificate/12345678
"""


@each_layout
@pytest.mark.parametrize(
    ("before", "after", "code", "expected"),
    [
        ("camunda.example", "bpm.example", "CAM761", 4),
        ("zeebe.example", "grpc.example", "CAM761", 5),
        ("name: camunda\n", "name: camunda-2\n", "CAM665", 1),
    ],
)
def test_names_that_no_resource_has_are_found_at_their_lines(
    layout: Layout, before: str, after: str, code: str, expected: int
) -> None:
    """Of a certificate and a zone of one's own, the name is in the outputs alone."""
    plan = planned(compiled(NAMED, layout), compiled(NAMED.replace(before, after, 1), layout))
    [block] = [block for block in plan.gate if block.code == code]
    assert line(block.location) == expected


def test_what_changed_in_the_compiler_has_no_line() -> None:
    """Or in what deployed it: nothing in the spec is to blame."""
    old, new = compiled(spec()), compiled(spec())
    templates = copy.deepcopy(dict(old.templates))
    cluster = templates["database"]["Resources"]["AuroraCluster"]["Properties"]
    cluster["CopyTagsToSnapshot"] = False
    templates["orchestration"]["Resources"]["OrchestrationService"]["Properties"]["LaunchType"] = (
        "EC2"
    )
    plan = make_plan(templates, new.templates, origins=origins_of(new, templates))
    assert plan.has_changes and not [where for _, where in locations(plan) if where]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what is compiled to find lines."""
    tried: list[Any] = []
    template = Alternatives.template

    def counted(self: Alternatives, changes: Any) -> Any:
        tried.append(changes)
        return template(self, changes)

    monkeypatch.setattr(Alternatives, "template", counted)
    return tried


def test_what_a_deployment_keeps_is_not_looked_for(tried: list[Any]) -> None:
    """The old value of the one field that changed brings back all that did: nothing else is
    tried."""
    present = compiled(spec(memory=12288))
    old, new = (
        pin_zones(each.templates, ("eu-west-2a", "eu-west-2b", "eu-west-2c"))
        for each in (compiled(spec()), present)
    )
    plan = make_plan(old, new, origins=origins_of(present, old, planned=new))
    (memory,) = change(plan, "OrchestrationTaskDefinition").properties
    assert (memory.path, line(memory.location)) == ("Memory", LINES["memory"])
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("changed", "tries"),
    [
        ({"level": "DEBUG", "memory": 12288}, 2),
        ({"level": "DEBUG", "memory": 12288, "partitions": 6}, 3),
        ({"brokers": 7, "memory": 12288, "partitions": 6}, 4),
    ],
)
def test_fields_whose_old_values_bring_all_back_are_all_that_is_tried(
    tried: list[Any], changed: dict[str, Any], tries: int
) -> None:
    plan = planned(compiled(spec(**changed)), compiled(spec()))
    assert {line(where) for _, where in locations(plan)} - {None} == {LINES[f] for f in changed}
    assert len(tried) <= tries


def test_items_of_a_list_are_looked_for_together(tried: list[Any]) -> None:
    """Thirty that have nothing to do with a change are not looked at one by one."""
    prefixes = ", ".join(f"prefix-{each}" for each in range(30))
    listed = f"registry:\n  pull_through_cache_prefixes: [{prefixes}]\n"
    old = compiled(spec(connectors="false", profile="development") + listed)
    plan = planned(old, compiled(spec() + listed))
    assert {LINES["connectors"], LINES["profile"]} <= {line(where) for _, where in locations(plan)}
    assert len(tried) < 50


def test_a_failure_is_located_where_its_change_is() -> None:
    old, new = compiled(spec()), compiled(spec(brokers=7))
    locate = lines_of(planned(old, new), new.locate_in_resource)
    assert line(locate("orchestration", "OrchestrationService", ())) == LINES["brokers"]
    assert locate("database", "AuroraCluster", ()) is None
    first = make_plan(None, new.templates, locate=new.locate_in_resource)
    locate = lines_of(first, new.locate_in_resource)
    assert line(locate("database", "AuroraCluster", ())) == DATABASE
