"""Pages for reviews, from the command line: of a plan, and of a finished operation."""

from contextlib import suppress
from pathlib import Path

from camformation.cli.diagnosis import operation_record, read_bundle
from camformation.cli.diagrams import planned_picture
from camformation.cli.options import Where
from camformation.cli.plans import Planned
from camformation.cli.specs import SpecFiles
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.diagnosis.diagnosis import diagnose
from camformation.deploy.operation.recorded import recorded_timeline
from camformation.deploy.operation.schedule import Schedule, schedule
from camformation.deploy.plan.exposure import exposure_change
from camformation.deploy.plan.model import Action
from camformation.report.picture.placed import NoGraphviz
from camformation.report.picture.svg import svg
from camformation.report.review.operation_page import operation_page
from camformation.report.review.plan_page import Review, plan_page


def plan_review(made: Planned, spec: str, files: SpecFiles, settings: tuple[str, ...]) -> str:
    """Return the page of a plan; without a picture where the package that draws is missing."""
    review = Review(
        made.plan,
        exposure_change(made.before, made.after, made.parameters),
        _expected(made),
        _picture(made, spec, files, settings),
    )
    return plan_page(review, files.lines)


def operation_review(
    files: SpecFiles, subject: str | None, where: Where, operation: str | None, source: Path | None
) -> str:
    """Return the page of an operation: from AWS and the record here, or from a file alone."""
    if source:
        record = read_bundle(source)
    else:
        wanted = None if operation == "last" else operation
        record = operation_record(files, str(subject), where, wanted)
    return operation_page(record, diagnose(record), recorded_timeline(record), files.lines)


def _picture(made: Planned, spec: str, files: SpecFiles, settings: tuple[str, ...]) -> str | None:
    try:
        return svg(planned_picture(made, spec, files.read, settings))
    except NoGraphviz:
        return None


def _expected(made: Planned) -> Schedule | None:
    """Return the schedule of the changes; in a first deployment, of everything."""
    changed = [c.address for c in made.plan.changes() if c.action is not Action.DELETE]
    if not changed:
        return None
    with suppress(DeployError):
        return schedule(made.after, None if made.before is None else changed)
    return None
