"""What specs, templates and AWS say reaches a terminal as text, whatever is in it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from camformation.deploy.live_stack.drift import ComponentDrift, Difference, Drift, Drifted
from camformation.deploy.operation.events import Failure
from camformation.report.deployment.drift_text import drift_text
from camformation.report.deployment.json_lines import event_json
from camformation.report.deployment.outputs_text import outputs_text
from camformation.report.terminal_text import visible_data

EVIL = "\x1b[2J\x9b31m\u202egnp.exe"
SHOWN = "\\x1b[2J\\x9b31m\\u202egnp.exe"


class Kind(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Inner:
    text: str
    kind: Kind = Kind.ONE


@dataclass(frozen=True)
class Outer:
    found: tuple[Inner, ...]
    named: dict[str, list[str]]
    number: int = 7


def test_every_text_in_data_is_visible_and_what_is_sound_stays_itself() -> None:
    bad = Outer((Inner(EVIL), Inner("good")), {EVIL: [EVIL]})
    found = visible_data(bad)
    assert found == Outer((Inner(SHOWN), Inner("good")), {SHOWN: [SHOWN]})
    assert found.found[1] is bad.found[1] and found.found[0].kind is Kind.ONE
    assert visible_data(found) is found


def test_reports_in_colour_hold_no_sequences_but_their_own() -> None:
    resource = Drifted(
        "root", EVIL, EVIL, "AWS::S3::Bucket", "MODIFIED", (Difference(EVIL, "ADD", EVIL, EVIL),)
    )
    text = drift_text(Drift(EVIL, (ComponentDrift("root", "DRIFTED", (resource,)),)), colour=True)
    assert "\x9b" not in text and "\u202e" not in text and "\x1b[2J" not in text
    assert SHOWN in text and "\x1b[1m" in text
    assert SHOWN in outputs_text({"Url": EVIL}) and EVIL not in outputs_text({"Url": EVIL})


def test_json_escapes_them_and_stays_json() -> None:
    failure = Failure(
        time=datetime(2026, 1, 5, tzinfo=UTC),
        component="root",
        logical_id="Vpc",
        type="AWS::EC2::VPC",
        status="CREATE_FAILED",
        reason=EVIL,
    )
    text = event_json(failure)
    assert "\x9b" not in text and "\u202e" not in text and "\\u202e" in text
