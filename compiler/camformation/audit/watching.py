"""The checks of alarms, logs and reminders. Each yields what fails, and where."""

import json
from collections.abc import Iterator

from camformation.audit.permissions import Check, Failure
from camformation.audit.values import Template, named
from camformation.shapes import listed, mapping, resources

REMINDER = "SecretsReminderRule"


def flow_logs(template: Template, kind: str) -> Iterator[Failure]:
    """Yield VPCs without flow logs."""
    logged: dict[str, set[str]] = {}
    for _, each in resources(template, "AWS::EC2::FlowLog"):
        logged.setdefault(named(each.get("ResourceId")), set()).add(str(each.get("TrafficType")))
    for name, _ in resources(template, kind):
        if not logged.get(name, set()) - {"ACCEPT"}:  # CIS, VPC flow logs: at least what is refused
            yield name, (), "only accepted traffic" if name in logged else "no flow log"


def acl_logs(template: Template, kind: str) -> Iterator[Failure]:
    """Yield web ACLs without a log."""
    logs = resources(template, "AWS::WAFv2::LoggingConfiguration")
    logged = {named(each.get("ResourceArn")) for _, each in logs}
    for name, _ in resources(template, kind):
        if name not in logged:
            yield name, (), "no log"


def alarms(template: Template, kind: str) -> Iterator[Failure]:
    """Yield clusters without alarms."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    ending = _of_rollouts(template)
    if all(f'"{name}"' in ending for name, _ in resources(template, *kinds)):
        for name, _ in resources(template, kind):
            yield name, (), "no alarm"


def told(template: Template, kind: str) -> Iterator[Failure]:
    """Yield alarms without a recipient; those that end a rollout act by themselves."""
    rollouts = _of_rollouts(template)
    for name, alarm in resources(template, kind):
        if str(alarm.get("ActionsEnabled", True)).lower() == "false":
            yield name, ("Properties", "ActionsEnabled"), "its actions are off"
        elif not listed(alarm.get("AlarmActions")) and f'"{name}"' not in rollouts:
            yield name, ("Properties", "AlarmActions"), "no action"


def reminded(template: Template, kind: str) -> Iterator[Failure]:
    """Yield secrets without rotation and without a reminder to change them."""
    rotated = {
        named(each.get("SecretId"))
        for _, each in resources(template, "AWS::SecretsManager::RotationSchedule")
    }
    rules = resources(template, "AWS::Events::Rule")
    if not any(name == REMINDER and rule.get("ScheduleExpression") for name, rule in rules):
        for name, _ in resources(template, kind):
            if name not in rotated:
                yield name, (), "no rotation, and no reminder"


def _of_rollouts(template: Template) -> str:
    """Return the alarms that end a rollout, as the services name them."""
    services = resources(template, "AWS::ECS::Service")
    return json.dumps(
        [mapping(each.get("DeploymentConfiguration")).get("Alarms") for _, each in services]
    )


WATCHING_CHECKS: tuple[Check, ...] = (flow_logs, acl_logs, alarms, told, reminded)
