"""Diagnoses from the command line."""

from camformation.cli.options import Where
from camformation.cli.specs import SpecFiles
from camformation.cli.target import SystemClock, connected, interactive, subject_of
from camformation.deploy.diagnosis.diagnosis import Diagnosis, diagnose
from camformation.deploy.diagnosis.reading import read_record
from camformation.diagnostics import Locate, Location, Path, nowhere
from camformation.layout import Layout
from camformation.pipeline import compile_loaded, load
from camformation.reading import exists
from camformation.report.deployment.diagnosis_text import (
    diagnosis_json,
    diagnosis_markdown,
    diagnosis_text,
)


def diagnosed(files: SpecFiles, subject: str, where: Where) -> Diagnosis:
    """Return the diagnosis of the last operation on a deployment."""
    about = subject_of(files, subject)
    locate = _locate(files, subject) if about.deployment else nowhere
    with connected(where, about.deployment) as at:
        now = SystemClock().now()
        return diagnose(read_record(at.cloud, at.caller, about.stack, now, locate))


def shown(diagnosis: Diagnosis, style: str) -> str:
    """Return the diagnosis in a format."""
    if style == "json":
        return diagnosis_json(diagnosis)
    if style == "markdown":
        return diagnosis_markdown(diagnosis)
    return diagnosis_text(diagnosis, colour=interactive())


def _locate(files: SpecFiles, subject: str) -> Locate:
    """Return where a spec says what is in a stack of either layout."""
    if not exists(subject):
        return nowhere
    loaded = load(subject, files.read)
    each = [compile_loaded(loaded, layout) for layout in Layout]

    def locate(component: str, logical_id: str, path: Path) -> Location | None:
        found = (compiled.locate_in_resource(component, logical_id, path) for compiled in each)
        return next(filter(None, found), None)

    return locate
