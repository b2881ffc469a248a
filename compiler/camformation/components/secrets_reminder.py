"""A regular message that secrets are due for a change.

They are not rotated automatically: tasks read secrets when they start, and Camunda keeps the
passwords of its users, so a new value has to go to both. AWS has no event for the age of a secret.
Source: Amazon EventBridge User Guide, Creating a rule that runs on a schedule.
"""

import json

from troposphere.events import Rule, Target

from camformation.units import Unit, Value

SECTION = ("secrets", "reminder_days")


def build_reminder(unit: Unit, days: int, topic: Value) -> None:
    """Create the rule that publishes the message."""
    said = (
        f"{unit.deployment}: {days} days have passed since the last reminder. `camformation "
        "rotate` lists the secrets with the day of their last change, and changes them one by one"
    )
    unit.add(
        Rule(
            "SecretsReminderRule",
            Description=f"Reminder to change the secrets of {unit.deployment}",
            ScheduleExpression=f"rate({days} days)",
            Targets=[Target(Id="topic", Arn=topic, Input=json.dumps(said))],
        ),
        section=SECTION,
    )
