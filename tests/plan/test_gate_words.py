"""What the gate says, in full, of tasks that run and of settings that find what is stored."""

import json
from collections.abc import Callable
from typing import Any

from camformation.deploy.plan.model import Plan
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import NOT_ASKED, Running, Tasks
from camformation.deploy.plan.stored import FINDING, KEEPING
from camformation.deploy.plan.symbols import Address, Templates
from plan.test_gate_branches import SERVICE, TASK, brokers, located

Golden = Callable[[str, Any], None]
PLACE = Address("root", "Service")
HARMLESS: dict[str, Any] = {"CAMUNDA_LOG_LEVEL": "DEBUG"}  # it only updates the service


def workers(count: Any = 2, task: str = "Task", **environment: str) -> dict[str, Any]:
    """Return a template of a service that has no brokers."""
    said = [{"Name": key, "Value": value} for key, value in environment.items()]
    containers = [{"Name": "c", "Image": "camunda/connectors:8.9.3", "Environment": said}]
    return {
        "root": {
            "Resources": {
                task: {"Type": TASK, "Properties": {"ContainerDefinitions": containers}},
                "Service": {
                    "Type": SERVICE,
                    "Properties": {"TaskDefinition": {"Ref": task}, "DesiredCount": count},
                },
            }
        }
    }


def now(desired: int, running: int | None = None, *scaled: int, unknown: str = "") -> Running:
    span = (scaled[0], scaled[1]) if scaled else None
    count = desired if running is None else running
    return Running({PLACE: Tasks(desired, count, span)}, scaling_unknown=unknown)


def cluster(version: str) -> dict[str, Any]:
    return {
        "root": {
            "Resources": {
                "A": {
                    "Type": "AWS::RDS::DBCluster",
                    "Properties": {"Engine": "aurora-postgresql", "EngineVersion": version},
                }
            }
        }
    }


OLD, NEW = cluster("17.4"), cluster("17.5")
SAME, OTHER = brokers(), brokers(**HARMLESS)
PLAIN, ALTERED = workers(), workers(**HARMLESS)
GONE: dict[str, Any] = {"root": {"Resources": {"B": {"Type": TASK, "Properties": {}}}}}
BESIDE: dict[str, Any] = {"root": {"Resources": {"B": {"Type": TASK, "Properties": {"Cpu": "1"}}}}}
NO_COUNT = workers()
del NO_COUNT["root"]["Resources"]["Service"]["Properties"]["DesiredCount"]
TASKS: dict[str, tuple[Any, Any, Running | None]] = {
    "nobody was asked": (SAME, OTHER, None),
    "an account was not asked, and a service changes": (SAME, OTHER, NOT_ASKED),
    "an account was not asked, and a new service comes": (GONE, OTHER, NOT_ASKED),
    "an account was not asked, and a service goes": (SAME, GONE, NOT_ASKED),
    "an account was not asked, and an engine changes": (
        cluster("17.4"),
        cluster("17.5"),
        NOT_ASKED,
    ),
    "an account was not asked, and something else changes": (GONE, BESIDE, NOT_ASKED),
    "an account was not asked, and nothing changes": (SAME, SAME, NOT_ASKED),
    "brokers run as deployed": (SAME, OTHER, now(3)),
    "one broker of three runs": (SAME, OTHER, now(3, 1)),
    "two brokers of three run": (SAME, OTHER, now(3, 2)),
    "more brokers run than asked for": (SAME, OTHER, now(3, 4)),
    "two brokers of three run, and nothing changes": (SAME, SAME, now(3, 2)),
    "brokers were scaled up": (SAME, OTHER, now(5)),
    "brokers were scaled to one": (SAME, OTHER, now(1)),
    "brokers were stopped": (SAME, OTHER, now(0)),
    "brokers were scaled up, and nothing changes": (SAME, SAME, now(5)),
    "one broker is asked for, and nothing changes": (SAME, SAME, now(1)),
    "brokers were stopped, and nothing changes": (SAME, SAME, now(0)),
    "brokers were scaled up, and go": (SAME, GONE, now(5)),
    "brokers were scaled up, and the spec follows": (SAME, brokers(count=5), now(5)),
    "brokers are autoscaled": (SAME, OTHER, now(5, 5, 3, 9)),
    "brokers are autoscaled, and nothing changes": (SAME, SAME, now(5, 5, 3, 9)),
    "brokers are autoscaled, at the deployed number": (SAME, OTHER, now(3, 3, 3, 9)),
    "it is not known whether brokers are autoscaled": (SAME, OTHER, now(5, unknown="denied")),
    "workers were scaled": (PLAIN, ALTERED, now(6)),
    "workers were scaled, and nothing changes": (PLAIN, PLAIN, now(6)),
    "workers were scaled, and the spec follows": (PLAIN, workers(6), now(6)),
    "workers were scaled, and the spec says another number": (PLAIN, workers(4), now(6)),
    "workers were scaled, and the spec says none": (PLAIN, NO_COUNT, now(6)),
    "workers were deployed without a number": (NO_COUNT, ALTERED, now(6)),
    "workers were stopped": (PLAIN, ALTERED, now(0)),
    "one worker of two runs": (PLAIN, ALTERED, now(2, 1)),
    "workers are autoscaled to the least": (PLAIN, ALTERED, now(1, 1, 1, 6)),
    "workers are autoscaled to the most": (PLAIN, ALTERED, now(6, 6, 1, 6)),
    "workers are fewer than autoscaling allows": (PLAIN, ALTERED, now(0, 0, 1, 6)),
    "workers are more than autoscaling allows": (PLAIN, PLAIN, now(7, 7, 1, 6)),
    "it is not known whether workers are autoscaled": (PLAIN, ALTERED, now(6, unknown="denied")),
    "another service is known": (PLAIN, ALTERED, Running({Address("root", "X"): Tasks(9, 9)})),
}


def said(plan: Plan) -> list[str]:
    lines = []
    for block in plan.gate:
        where = block.location.file if block.location else "-"
        lines += [
            f"  {block.code} {block.severity} {block.component}/{block.logical_id} at {where}",
            f"    {block.message}",
            f"    {block.hint} [{block.allow}]",
        ]
    return lines or ["  nothing"]


def test_the_gate_says_of_tasks(golden: Golden) -> None:
    lines = []
    for title, (before, after, running) in TASKS.items():
        plan = make_plan(before, after, running=running, locate=located)
        lines += [f"{title}:", *said(plan)]
    golden("plan/gate_tasks.txt", "\n".join([*lines, ""]))


U = "CAMUNDA_SECURITY_INITIALIZATION_USERS_"
URL = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_URL"
TENANT = "CAMUNDA_PHYSICALTENANTS_A_DATA_SECONDARYSTORAGE_RDBMS_"
DEFAULT = "CAMUNDA_PHYSICALTENANTS_DEFAULT_DATA_SECONDARYSTORAGE_RDBMS_"
FIXED = "CAMUNDA_CLUSTER_PARTITIONING_FIXED_"
ZONES = "CAMUNDA_CLUSTER_PARTITIONING_ZONEAWARE_"
BACKUP = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_"
Said = dict[str, Any]
SETTINGS: dict[str, tuple[Said, Said]] = {
    "a name in JSON": ({}, {"SPRING_APPLICATION_JSON": json.dumps({"camunda.cluster.name": "x"})}),
    "a name in an option": ({}, {"JAVA_TOOL_OPTIONS": "-Dcamunda.cluster.name=x"}),
    "a name in JSON that goes": (
        {"SPRING_APPLICATION_JSON": json.dumps({"camunda.cluster.name": "x"})},
        {},
    ),
    "the default, written": ({}, {"CAMUNDA_CLUSTER_NAME": "zeebe-cluster"}),
    "the default in capitals": ({}, {"CAMUNDA_CLUSTER_NAME": "ZEEBE-CLUSTER"}),
    "what has no default, in capitals": ({URL: "jdbc:x://h/d"}, {URL: "jdbc:x://h/D"}),
    "the port of a database": ({URL: "jdbc:x://h:1/d"}, {URL: "jdbc:x://h:2/d"}),
    "the password of a database": ({URL: "jdbc:x://a:b@h/d"}, {URL: "jdbc:x://a:c@h/d"}),
    "an option of a database": ({URL: "jdbc:x://h/d?a=1"}, {URL: "jdbc:x://h/d?a=2"}),
    "the host of a database": ({URL: "jdbc:x://h/d"}, {URL: "jdbc:x://g/d"}),
    "the schema of a database": (
        {URL: "jdbc:x://h/d?a=1&currentSchema=s"},
        {URL: "jdbc:x://h/d?a=1&currentSchema=t"},
    ),
    "a tenant's prefix": (
        {f"{TENANT}URL": "jdbc:x://h/d"},
        {f"{TENANT}URL": "jdbc:x://h/d", f"{TENANT}PREFIX": "p"},
    ),
    "a new tenant": ({}, {f"{TENANT}URL": "jdbc:x://h/e"}),
    "a tenant that goes": ({f"{TENANT}URL": "jdbc:x://h/e"}, {}),
    "a tenant's own prefix that is that of all": (
        {f"{TENANT}URL": "jdbc:x://h/d", "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX": "p"},
        {
            f"{TENANT}URL": "jdbc:x://h/d",
            f"{TENANT}PREFIX": "p",
            "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_PREFIX": "p",
        },
    ),
    "the default tenant's prefix": ({}, {f"{DEFAULT}PREFIX": "p"}),
    "a fixed distribution": ({f"{FIXED}0_PARTITIONID": "1"}, {f"{FIXED}0_PARTITIONID": "2"}),
    "two of a fixed distribution": (
        {f"{FIXED}0_PARTITIONID": "1", f"{FIXED}1_PARTITIONID": "2"},
        {f"{FIXED}0_PARTITIONID": "2", f"{FIXED}1_PARTITIONID": "1"},
    ),
    "less of a fixed distribution": (
        {f"{FIXED}0_PARTITIONID": "1", f"{FIXED}1_PARTITIONID": "2"},
        {f"{FIXED}0_PARTITIONID": "1"},
    ),
    "a distribution over zones": ({f"{ZONES}0_NAME": "a"}, {f"{ZONES}0_NAME": "b"}),
    "another name of a user": ({f"{U}0_USERNAME": "a"}, {f"{U}0_USERNAME": "b"}),
    "another user first": (
        {f"{U}0_USERNAME": "a", f"{U}1_USERNAME": "b"},
        {f"{U}0_USERNAME": "b", f"{U}1_USERNAME": "a"},
    ),
    "users that move up, and a new one": (
        {f"{U}0_USERNAME": "a", f"{U}1_USERNAME": "b"},
        {f"{U}0_USERNAME": "b", f"{U}1_USERNAME": "c"},
    ),
    "one user more": ({f"{U}0_USERNAME": "a"}, {f"{U}0_USERNAME": "a", f"{U}1_USERNAME": "b"}),
    "one user less": ({f"{U}0_USERNAME": "a", f"{U}1_USERNAME": "b"}, {f"{U}0_USERNAME": "a"}),
    "one of two users renamed": (
        {f"{U}0_USERNAME": "a", f"{U}1_USERNAME": "b"},
        {f"{U}0_USERNAME": "c", f"{U}1_USERNAME": "b"},
    ),
    "a schedule that goes": ({f"{BACKUP}SCHEDULE": "PT1H"}, {}),
    "a schedule that is off": ({f"{BACKUP}SCHEDULE": "PT1H"}, {f"{BACKUP}SCHEDULE": "None"}),
    "another schedule": ({f"{BACKUP}SCHEDULE": "PT1H"}, {f"{BACKUP}SCHEDULE": "PT2H"}),
    "a schedule that comes": ({}, {f"{BACKUP}SCHEDULE": "PT1H"}),
    "continuity that goes": ({f"{BACKUP}CONTINUOUS": "True"}, {f"{BACKUP}CONTINUOUS": "false"}),
    "continuity that comes": ({}, {f"{BACKUP}CONTINUOUS": "true"}),
    "a longer interval": (
        {f"{BACKUP}CHECKPOINTINTERVAL": "PT5M"},
        {f"{BACKUP}CHECKPOINTINTERVAL": "PT1H"},
    ),
    "a shorter interval": (
        {f"{BACKUP}CHECKPOINTINTERVAL": "PT1H"},
        {f"{BACKUP}CHECKPOINTINTERVAL": "PT5M"},
    ),
    "a shorter window": (
        {f"{BACKUP}RETENTION_WINDOW": "P7D"},
        {"JAVA_OPTS": "-Dcamunda.data.primary-storage.backup.retention.window=P1D"},
    ),
    "a longer window": ({f"{BACKUP}RETENTION_WINDOW": "P1D"}, {f"{BACKUP}RETENTION_WINDOW": "P7D"}),
    "a window that is no duration": (
        {f"{BACKUP}RETENTION_WINDOW": "P7D"},
        {f"{BACKUP}RETENTION_WINDOW": "week"},
    ),
}


def test_the_gate_says_of_settings(golden: Golden) -> None:
    cases = dict(SETTINGS)
    for found in FINDING:
        needed: Said = dict.fromkeys(found.needs[:1], "there")
        other = "true" if found.default == "false" else "other"
        for name in found.names:
            cases[f"{name}, new"] = needed, {**needed, name: other}
            cases[f"{name}, from one to the other"] = (
                {**needed, name: "one"},
                {**needed, name: "two"},
            )
        if needed:
            name = found.names[0]
            cases[f"{name}, of what is not used"] = {name: "one"}, {name: "two"}
    for name, _, _ in KEEPING:
        cases[f"{name}, kept"] = {name: "P1D"}, {name: "P1D"}
    lines = []
    for title, (before, after) in cases.items():
        plan = make_plan(brokers(**before), brokers(**after), locate=located)
        lines += [f"{title}:", *said(plan)]
    golden("plan/gate_settings.txt", "\n".join([*lines, ""]))


def test_a_database_that_is_replaced_is_not_reported_twice() -> None:
    def both(version: str, host: str) -> Templates:
        resources, url = cluster("17.4")["root"]["Resources"], Said({URL: host})
        resources["A"]["Properties"]["DatabaseName"] = version
        return {"root": {"Resources": {**resources, **brokers(**url)["root"]["Resources"]}}}

    plan = make_plan(both("a", "jdbc:x://h/a"), both("b", "jdbc:x://h/b"))
    assert [block.code for block in plan.blocks] == ["CAM650"]
