"""Timelines from the command line: expected from a spec, actual from a deployment."""

from pathlib import Path
from shutil import get_terminal_size

from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.target import SystemClock, connected, interactive, subject_of
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.operation.schedule import nesting_cost, schedule
from camformation.deploy.operation.timeline import compare, last_operation
from camformation.layout import Layout
from camformation.pipeline import compile_loaded, load
from camformation.report.deployment.timeline_html import timeline_html
from camformation.report.deployment.timeline_json import timeline_json
from camformation.report.deployment.timeline_rows import actual_chart, expected_chart
from camformation.report.deployment.timeline_text import WIDTH, actual_text, expected_text
from camformation.writing import write_file


def _width() -> int:
    """Return the columns of the terminal; as many as are needed where there is none."""
    return get_terminal_size().columns if interactive() else WIDTH


def expectation(
    files: SpecFiles, spec: str, layout: str, style: str, *, everything: bool, page: Path | None
) -> str:
    """Return the expected timeline of deploying a spec; write a page if requested."""
    loaded = load(spec, files.read)
    name = str(loaded.deployment.name)
    compiled = {each: compile_loaded(loaded, each).templates for each in Layout}
    expected = schedule(compiled[Layout(layout)])
    cost = None
    if layout == Layout.NESTED:
        cost = nesting_cost(compiled[Layout.NESTED], compiled[Layout.FLAT])
    if page:
        return _written(page, timeline_html(name, [expected_chart(name, expected)]))
    if style == "json":
        return timeline_json(expected_chart(name, expected))
    return expected_text(
        name, expected, cost=cost, everything=everything, colour=interactive(), width=_width()
    )


def actual(
    files: SpecFiles, subject: str, where: Where, style: str, *, everything: bool, page: Path | None
) -> str:
    """Return the timeline of the last operation on a deployment; write a page if requested."""
    about = subject_of(files, subject)
    with connected(where, about.deployment) as at:
        deployed = read_deployed(at.cloud.stacks, about.stack)
        templates = deployed.templates if deployed else None
        timeline = last_operation(at.cloud.stacks, SystemClock(), about.stack, templates)
    expected = schedule(templates) if templates else None
    comparison = compare(expected, timeline) if expected else None
    if page:
        charts = [actual_chart(timeline)]
        if expected:
            charts.append(expected_chart(about.stack, expected))
        return _written(page, timeline_html(about.stack, charts, comparison))
    if style == "json":
        return timeline_json(actual_chart(timeline), timeline)
    return actual_text(
        timeline, comparison, everything=everything, colour=interactive(), width=_width()
    )


def _written(page: Path, text: str) -> str:
    try:
        write_file(page, text.encode())
    except OSError as error:
        raise DeployError("CAM617", f"cannot write {page}: {error.strerror}") from error
    return f"{page} written\n"
