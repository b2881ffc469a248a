"""Pages for reviews: what they say, and that a browser shows them at any width, without scripts."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from browser import Browser, needs_browser, running
from camformation.cli.main import main
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.operation.events import Failure, Finished, Notice, ResourceEvent
from camformation.deploy.operation.record import Header, OperationRecord
from camformation.deploy.operation.recorded import recorded_timeline
from camformation.deploy.operation.schedule import schedule
from camformation.frozen import replaced
from camformation.layout import Layout
from camformation.report.deployment.timeline_html import timeline_html
from camformation.report.deployment.timeline_rows import expected_chart
from camformation.report.html.markup import tag
from camformation.report.review.fleet_page import fleet_page
from camformation.report.review.operation_page import operation_page
from camformation.report.review.source import masked
from deployments import templates
from fleet import pictures

Output = pytest.CaptureFixture[str]
HOSTILE = "<script>alert(1)</script>\"'&\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}"

BEFORE = """name: camunda
region: eu-west-2
access: {allowed_cidrs: [203.0.113.0/24]}
"""
AFTER = """name: camunda
region: eu-west-2
access: {allowed_cidrs: [0.0.0.0/0]}
database: {name: orders}
connectors: {enabled: false}
orchestration:
  memory_mib: 16384
  environment:
    FORMAT: "<b>bold</b>"
"""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of a plan that replaces the database, opens ports, and deletes a service."""
    folder = tmp_path_factory.mktemp("review")
    spec, base, page = folder / "camunda.yaml", folder / "base", folder / "review.html"
    spec.write_text(BEFORE)
    assert main(["compile", str(spec), "-o", str(base)]) == 0
    spec.write_text(AFTER)
    arguments = [str(spec), "--offline", "--base", str(base)]
    assert main(["review", *arguments, "-o", str(page)]) == 3
    return page.read_text("utf-8")


class Sections(HTMLParser):
    """The text of each section of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.at = "head"
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("section", "header", "style", "script"):
            self.at = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        self.texts[self.at] = self.texts.get(self.at, "") + data


def test_review_says_first_what_is_lost(review: str) -> None:
    texts = Sections(review).texts
    order = list(texts)
    assert order.index("header") < order.index("losses") < order.index("changes")
    assert "Blocked." in texts["header"]
    assert "CAM650" in texts["losses"]
    assert "camunda.yaml:4:18" in texts["losses"]
    assert "database: {name: orders}" in texts["losses"]  # the source, beside
    assert "-/+ database/AuroraCluster" in texts["losses"]


def test_review_shows_changes_with_causes_and_both_sides(review: str) -> None:
    changes = Sections(review).texts["changes"]
    assert "DatabaseName" in changes
    assert "AuroraCluster → AuroraInstance1" in changes
    assert "<del>8192</del><ins>16384</ins>" in review
    assert "&lt;b&gt;bold&lt;/b&gt;" in review and "<b>bold" not in review


def test_review_compares_exposure_and_permissions(review: str) -> None:
    exposure = Sections(review).texts["exposure"]
    assert "0.0.0.0/0 (everyone)" in exposure
    assert "203.0.113.0/24" in exposure  # no more
    assert "This opens port" in exposure
    assert "ConnectorsExecutionRole" in exposure
    assert "unchanged" in exposure


def test_review_has_cost_timeline_and_picture(review: str) -> None:
    found = Sections(review)
    assert "orchestration" in found.texts["cost"] and "Sum" in found.texts["cost"]
    assert "AuroraInstance1" in found.texts["expected"]
    (image,) = [attributes for name, attributes in found.tags if name == "img"]
    assert str(image["src"]).startswith("data:image/svg+xml;base64,")


def test_plan_writes_the_same_page(tmp_path: Path, capsys: Output) -> None:
    spec, page = tmp_path / "camunda.yaml", tmp_path / "plan.html"
    spec.write_text(BEFORE)
    arguments = ["plan", str(spec), "--offline", "--format", "html", "--write", f"html={page}"]
    assert main(arguments) == 2
    shown = capsys.readouterr().out
    assert shown == page.read_text("utf-8")
    assert "first deployment" in shown


def test_plan_writes_the_picture_that_diagram_draws(tmp_path: Path, capsys: Output) -> None:
    spec = tmp_path / "camunda.yaml"
    spec.write_text(BEFORE)
    assert main(["compile", str(spec), "--out", str(tmp_path / "base")]) == 0
    change = ["--set", "orchestration.memory_mib=16384"]
    base = ["--base", str(tmp_path / "base")]
    written = [f"--write={style}={tmp_path / style}" for style in ("mermaid", "dot", "svg")]
    assert main(["plan", str(spec), "--offline", *base, *change, *written]) == 2
    for style in ("mermaid", "dot", "svg"):
        capsys.readouterr()
        assert main(["diagram", str(spec), *base, *change, "--format", style]) == 0
        shown = capsys.readouterr().out
        assert shown == (tmp_path / style).read_text("utf-8") and "update" in shown


def test_markup_escapes_all_but_markup() -> None:
    text = tag("p", HOSTILE, tag("b", "bold"), title=HOSTILE)
    assert text.count("<") == 4
    assert "<script" not in text and "\x1b" not in text and "<b>bold</b>" in text


def test_source_shows_no_secret() -> None:
    spec = [
        "orchestration:",
        "  environment:",
        "    DB_PASSWORD: hunter2",
        "    API_TOKEN: |",
        "      first-line",
        "      second-line",
        "    FORMAT: json",
        "  containers: [{name: a, environment: {SECRET: hunter3, KIND: x}}]",
        "  list: [{name: MY_SECRET, value: hunter4}, {name: PLAIN, value: seen}]",
        "  secrets: {PASSWORD: 'arn:aws:secretsmanager:eu-west-2:111122223333:secret:a'}",
    ]
    shown = "\n".join(masked(spec))
    for secret in ("hunter", "first-line", "second-line"):
        assert secret not in shown
    for kept in ("FORMAT: json", "KIND: x", "value: seen", "secret:a", "DB_PASSWORD"):
        assert kept in shown
    assert "hunter" not in masked(["--set orchestration.environment.DB_PASSWORD=hunter2"])[0]


NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@cache
def record() -> OperationRecord:
    def after(seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)

    def event(at: float, name: str, status: str, component: str = "database") -> ResourceEvent:
        kind = "AWS::RDS::DBInstance" if "Aurora" in name else "AWS::S3::Bucket"
        return ResourceEvent(
            time=after(at), component=component, logical_id=name, type=kind, status=status
        )

    failure = Failure(
        time=after(500),
        component="orchestration",
        logical_id="OrchestrationService",
        type="AWS::ECS::Service",
        status="CREATE_FAILED",
        reason=f"it failed: password=hunter2 {HOSTILE}",
    )
    header = Header(
        id="20261128T120000.000Z-create",
        kind="CREATE",
        began=NOW,
        stack="camunda",
        stack_id="arn:aws:cloudformation:eu-west-2:111122223333:stack/camunda/1",
        account="111122223333",
        region="eu-west-2",
    )
    notice = Notice(time=after(3), code="CAM631", message="the logs cannot be read")
    end = Finished(
        time=after(520),
        stack="camunda",
        stack_id=header.stack_id,
        status="ROLLBACK_COMPLETE",
        succeeded=False,
        elapsed=520.0,
        outputs={"Url": "https://camunda.example.com"},
        failures=(failure,),
    )
    events = (
        event(1, "NodeIdBucket", "CREATE_IN_PROGRESS", "storage"),
        event(2, "AuroraInstance1", "CREATE_IN_PROGRESS"),
        event(9, "NodeIdBucket", "CREATE_COMPLETE", "storage"),
        notice,
        event(450, "AuroraInstance1", "CREATE_COMPLETE"),
        failure,
        end,
    )
    return OperationRecord(header, events)


@cache
def operation() -> str:
    found = record()
    return operation_page(found, diagnose(found), recorded_timeline(found), lambda _: ())


def test_operation_shows_causes_timeline_and_events() -> None:
    texts = Sections(operation()).texts
    assert "ROLLBACK_COMPLETE" in texts["header"]
    assert "1. root/orchestration/OrchestrationService" in texts["causes"]
    assert "hunter2" not in operation() and "(hidden)" in texts["causes"]
    assert "<script>alert" not in operation()
    timeline = texts["timeline"]
    assert timeline.index("Bottleneck") < timeline.index("database/AuroraInstance1")
    assert "7m28s, 86% of the time" in timeline
    assert "storage/NodeIdBucket" in texts["events"]
    assert "https://camunda.example.com" in texts["outputs"]


def test_operation_of_a_folder_needs_no_account(tmp_path: Path, capsys: Output) -> None:
    from camformation.cli.operation_folders import OperationFolder
    from camformation.deploy.operation.event_data import event_data

    folder = OperationFolder(tmp_path)
    folder.begin(record().header)
    for each in record().events:
        folder.write(json.dumps(event_data(each)) + "\n")
    folder.close()
    assert folder.folder is not None
    assert main(["review", "--from", str(folder.folder)]) == 0
    assert "Causes" in capsys.readouterr().out
    assert main(["review", "--from", str(tmp_path / "none")]) == 1
    assert "CAM777" in capsys.readouterr().err


def test_options_that_exclude_each_other(capsys: Output) -> None:
    for wrong in (
        [],
        ["camunda.yaml", "--from", "x"],
        ["camunda.yaml", "--operation", "last", "--offline"],
        ["camunda.yaml", "--base", "main"],
        ["camunda.yaml", "--offline", "--base", " "],
    ):
        assert main(["review", *wrong]) == 1
        assert "Error" in capsys.readouterr().err
    assert main(["review", "camunda-prod", "--local"]) == 1
    assert "give --operation ID: `camformation history camunda-prod`" in capsys.readouterr().err


@cache
def succeeded() -> str:
    (*events, _, end) = record().events
    assert isinstance(end, Finished)
    end = replaced(end, status="CREATE_COMPLETE", succeeded=True, failures=())
    found = OperationRecord(record().header, (*events, end))
    return operation_page(found, diagnose(found), recorded_timeline(found), lambda _: ())


def test_a_successful_operation_has_its_timeline_and_events_and_no_causes() -> None:
    texts = Sections(succeeded()).texts
    assert "CREATE_COMPLETE" in texts["header"]
    assert texts["causes"].strip() == "NotesNot read: the logs cannot be read"
    assert "86% of the time" in texts["timeline"]
    assert "storage/NodeIdBucket" in texts["events"]
    assert "https://camunda.example.com" in texts["outputs"]


@cache
def fleet() -> str:
    return fleet_page(pictures.newer(), pictures.previews(), lambda _: ())


@cache
def timeline() -> str:
    expected = schedule(templates(Layout.NESTED))
    return timeline_html("camunda", [expected_chart("camunda", expected)])


def test_timeline_begins_with_the_bottleneck_and_folds_seconds() -> None:
    page = timeline()
    first = page.index("Bottleneck")
    assert first < page.index("database/AuroraInstance1") < page.index('class="chart"')
    assert "orchestration/OrchestrationService" in page[first : page.index('class="chart"')]
    folded = re.findall(r'<details class="rest">.*?</details>', page, re.S)
    assert any("PublicSubnet1" in each for each in folded)
    assert not any("AuroraInstance1" in each for each in folded)


PAGES = ("review", "operation", "succeeded", "fleet", "timeline")
MEASURE = """
  results.overflow = {};
  for (const width of [400, 420, 1000, 1600]) {
    results.overflow[width] = overflow(await frame(width));
  }
"""


def page_of(name: str, review: str) -> str:
    made = {"operation": operation, "succeeded": succeeded, "fleet": fleet, "timeline": timeline}
    return review if name == "review" else made[name]()


@pytest.mark.parametrize("name", PAGES)
def test_policy_of_a_page_allows_its_own_style_and_script_alone(name: str, review: str) -> None:
    page = page_of(name, review)
    found = Sections(page)
    policy = next(a["content"] for n, a in found.tags if a.get("http-equiv"))
    for kind in ("style", "script"):
        (inline,) = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.S)
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in str(policy)
    assert str(policy).startswith("default-src 'none'")
    for element, attributes in found.tags:
        assert "style" not in attributes
        assert not any(key.startswith("on") for key in attributes), (element, attributes)
        assert not str(attributes.get("src", "data:")).startswith("http")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running(tmp_path_factory.mktemp("browser")) as started:
        yield started


@needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_any_width_and_are_not_empty(
    name: str, review: str, browser: Browser, tmp_path: Path
) -> None:
    found = browser.used(page_of(name, review), MEASURE, tmp_path)
    assert found["overflow"] == {"400": [], "420": [], "1000": [], "1600": []}
    for width in (400, 1600):
        seen = browser.drawn(tmp_path / "page.html", width, 900)
        assert sum(byte not in (0, 255) for byte in seen) > len(seen) / 200


USE = """
  const view = await frame(1000);
  const page = view.document;
  const key = (name) => page.activeElement.dispatchEvent(
    new view.KeyboardEvent('keydown', {key: name, bubbles: true, cancelable: true}));
  const type = (text) => {
    const search = page.querySelector('#search');
    search.value = text;
    search.dispatchEvent(new view.Event('input', {bubbles: true}));
  };
  results.all = shown(view);
  key('/');
  results.focused = page.activeElement.id;
  type('auroracluster databasename');
  results.searched = shown(view);
  results.said = page.querySelector('#found').textContent;
  key('Escape');
  results.cleared = shown(view);
  key('j');
  results.next = !!page.activeElement.closest('.entry');
  key('c');
  results.open = page.querySelectorAll('details[open]').length;
  key('o');
  results.closed = page.querySelectorAll('details:not([open])').length;
  page.querySelector('#show-create').click();
  results.filtered = shown(view);
  results.created = page.querySelectorAll('.entry.create').length;

  const bare = await frame(1000, true);
  results.bare = shown(bare);
  bare.document.querySelector('#show-create').checked = false;
  results.bareFiltered = shown(bare);
  results.bareSearch = bare.getComputedStyle(bare.document.querySelector('.search')).display;
  const fold = bare.document.querySelector('details:not([open])');
  fold.querySelector('summary').click();
  results.bareFolds = fold.open;
"""


@needs_browser
def test_review_is_searched_filtered_and_folded_with_and_without_script(
    review: str, browser: Browser, tmp_path: Path
) -> None:
    found = browser.used(review, USE, tmp_path)
    assert found["focused"] == "search"
    assert 0 < found["searched"] < 4
    assert found["said"] == f"{found['searched']} found"
    assert found["cleared"] == found["all"]
    assert found["next"] is True
    assert found["open"] == found["closed"] == 0
    assert found["filtered"] == found["all"] - found["created"]
    assert found["bare"] == found["all"]  # no script: everything but the search is there
    assert found["bareFiltered"] == found["filtered"]
    assert found["bareSearch"] == "none"
    assert found["bareFolds"] is True


@needs_browser
@pytest.mark.parametrize(("name", "least"), [("review", 4), ("operation", 1), ("fleet", 2)])
def test_pages_are_printed_with_all_that_is_folded(
    name: str, least: int, review: str, browser: Browser, tmp_path: Path
) -> None:
    page = page_of(name, review)
    both = [browser.printed(each, tmp_path) for each in (page, page.replace(" open>", ">"))]
    assert all(each.startswith(b"%PDF") for each in both)
    counts = [len(re.findall(rb"/Type\s*/Page\b", each)) for each in both]
    assert counts[0] == counts[1] >= least


@needs_browser
@pytest.mark.parametrize("name", ["reference", "production"])
def test_pictures_are_drawn(name: str, browser: Browser) -> None:
    file = Path(__file__).parents[1] / "docs" / "pictures" / f"{name}.svg"
    seen = browser.drawn(file, 1200, 1300)
    assert sum(byte not in (0, 255) for byte in seen) > len(seen) / 100
