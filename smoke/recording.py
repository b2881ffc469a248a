"""What AWS answered, recorded while the commands run, with account numbers taken out.

Pages of DescribeChangeSet are kept in the form that `tests/plan/readings.py` reads.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

EXAMPLE_ACCOUNT = "111122223333"
EVENTS = {
    "DescribeStackEvents": "StackEvents",
    "DescribeEvents": "OperationEvents",
    "DescribeStackResourceDrifts": "StackResourceDrifts",
}
# Not before or after a hexadecimal digit: ARNs end with random ones.
_ACCOUNT = re.compile(r"(?<![0-9A-Fa-f-])[0-9]{12}(?![0-9A-Fa-f-])")


def scrubbed(value: Any, account: str) -> Any:
    """A value of an answer as JSON has it, with no account number and no request's data."""
    if isinstance(value, dict):
        return {
            scrubbed(key, account): scrubbed(item, account)
            for key, item in value.items()
            if key != "ResponseMetadata"
        }
    if isinstance(value, list | tuple):
        return [scrubbed(item, account) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return _ACCOUNT.sub(EXAMPLE_ACCOUNT, value.replace(account, EXAMPLE_ACCOUNT))
    return value


class Recorder:
    """The answers of one run, by step."""

    def __init__(self, account: str, stack: str) -> None:
        self.account = account
        self.stack = stack
        self.step = ""
        self.pages: dict[str, dict[str, dict[str, list[Any]]]] = {}
        self.events: dict[str, dict[str, Any]] = {}

    def note(self, operation: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        """Keep an answer that is worth it."""
        answer = scrubbed(answer, self.account)
        if operation == "DescribeChangeSet" and answer.get("Status") == "CREATE_COMPLETE":
            key = "with_values" if request.get("IncludePropertyValues") else "without_values"
            component = self.component(str(answer.get("StackName", "")))
            case = self.pages.setdefault(self.step, {})
            both = case.setdefault(component, {"with_values": [], "without_values": []})
            if not request.get("NextToken"):
                both[key] = []  # it is read from its beginning
            both[key].append(answer)
        elif operation in EVENTS:
            found = self.events.setdefault(self.step, {})
            for event in answer.get(EVENTS[operation], []):
                found.setdefault(event.get("EventId") or json.dumps(event, sort_keys=True), event)

    def component(self, stack_name: str) -> str:
        """The component of a stack: `root`, or what stands after the deployment's name."""
        rest = stack_name.removeprefix(self.stack).strip("-")
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", rest.partition("-")[0]).lower()
        return name or "root"

    def all_events(self) -> list[dict[str, Any]]:
        """Every event once, in the order of time."""
        found = {key: event for step in self.events.values() for key, event in step.items()}
        return sorted(found.values(), key=lambda event: str(event.get("Timestamp", "")))

    def write(self, folder: Path) -> None:
        """Write what was recorded: `pages/STEP/COMPONENT.json` and `events/STEP.json`."""
        for step, components in self.pages.items():
            for component, both in components.items():
                _write(folder / "pages" / step / f"{component}.json", both)
        for step, events in self.events.items():
            _write(folder / "events" / f"{step}.json", list(events.values()))


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


@contextmanager
def recorded(recorder: Recorder) -> Iterator[None]:
    """Look at each answer that any client of this process gets."""
    import botocore.client

    original = botocore.client.BaseClient._make_api_call

    def call(self: Any, operation: str, request: dict[str, Any]) -> Any:
        answer = original(self, operation, request)
        recorder.note(operation, request, answer)
        return answer

    botocore.client.BaseClient._make_api_call = call
    try:
        yield
    finally:
        botocore.client.BaseClient._make_api_call = original
