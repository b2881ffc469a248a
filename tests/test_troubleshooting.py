"""What docs/troubleshooting.md shows is what the commands print."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest

from camformation.deploy.operation.interrupt import Choice
from camformation.deploy.operation.signatures import LOG, Signature, signatures
from camformation.report.deployment.diagnosis_text import diagnosis_text
from camformation.report.deployment.lines import DeployLines
from camformation.schema import schema
from deploy.fake_cloud import FakeCloud
from deploy.test_diagnosis import failed_creation, read
from deploy.test_fail_fast import NO_IMAGE, Failing, cancelled, run

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"
KINDS = {"permanent": "stays", "transient": "passes", None: "may pass"}

Shown = Callable[[str, str], None]


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Shown:
    """Checks that a section shows a text, in a block or between marks; or writes it there."""

    def check(heading: str, text: str) -> None:
        page = PAGE.read_text("utf-8")
        before, after = page.split(f"\n## {heading}\n", 1)
        pattern, whole = r"```text\n.*?```", f"```text\n{text}```"
        if text.startswith("|"):
            pattern = r"<!-- made -->.*?<!-- end -->"
            whole = f"<!-- made -->\n\n{text}\n<!-- end -->"
        if request.config.getoption("--update-golden"):
            after = re.sub(pattern, lambda _: whole, after, count=1, flags=re.S)
            PAGE.write_text(f"{before}\n## {heading}\n{after}", "utf-8")
        assert whole in after.split("\n## ")[0], f"{PAGE.name} is stale: run pytest --update-golden"

    return check


def test_a_diagnosis_is_as_shown(shown: Shown) -> None:
    fake = FakeCloud()
    failed_creation(fake)
    shown("Why it failed", diagnosis_text(read(fake)))


def test_failing_fast_is_as_shown(shown: Shown) -> None:
    fake = FakeCloud()
    Failing(fake, NO_IMAGE)
    cancelled(fake)
    written: list[str] = []
    view = DeployLines(written.append, UTC)
    for event in run(fake, "UPDATE", Choice.CANCEL):
        view.show(event)
    begin = next(n for n, line in enumerate(written) if "CAM783" in line)
    shown("Failing fast", "".join(written[begin:]))


def test_known_failures_are_listed(shown: Shown) -> None:
    rows = "".join(f"{row}\n" for row in sorted(set(map(_row, signatures())), key=str.lower))
    shown("Known failures", f"| What it means | Said by | Then |\n|---|---|---|\n{rows}")


def test_what_differs_by_version_is_listed(shown: Shown) -> None:
    rows = []
    for each in signatures():
        for version in each.versions:
            own = next(s for s in signatures(version) if (s.key, s.means) == (each.key, each.means))
            rows.append(f"| {own.means} | {version} | {own.advice} |\n")
    heading = "| What it means | Camunda | What to do |\n|---|---|---|\n"
    shown("Versions of Camunda", heading + "".join(rows))


def _row(signature: Signature) -> str:
    means = re.sub(r"`?\{(\w+)\}`?", lambda found: f"*{found[1]}*", signature.means)
    place = "logs" if signature.place == LOG else "AWS"
    return f"| {means} | {place} | {KINDS[signature.kind]} |"


def test_advice_names_fields_that_there_are() -> None:
    names = set(_names(schema()))
    for each in signatures():
        for field in re.findall(r"`([a-z][a-z_]*(?:\.[a-z_]+)*)`", f"{each.means} {each.advice}"):
            assert set(field.split(".")) <= names | {"logs"}, each.key  # the endpoint


def _names(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from part["properties"]
        for each in part.values():
            yield from _names(each)
    elif isinstance(part, list):
        for each in part:
            yield from _names(each)
