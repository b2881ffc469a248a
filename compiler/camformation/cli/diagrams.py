"""Pictures of architectures from the command line."""

from pathlib import Path

from camformation.cli.plans import Planned, offline_plan
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.plan.plan_file import plan_data
from camformation.diagram.architecture import architecture
from camformation.diagram.changes import with_plan
from camformation.diagram.model import Picture
from camformation.layout import ROOT, Layout
from camformation.pipeline import Compiled, compile_spec
from camformation.reading import read_json
from camformation.report.picture.placed import NoGraphviz
from camformation.sources import Read


def picture_of(
    compiled: Compiled,
    spec: str,
    read: Read,
    plan: Path | None = None,
    base: tuple[str, str] | None = None,
    settings: tuple[str, ...] = (),
) -> Picture:
    """Return the picture of a spec compiled flat, with the marks of a plan if there is one. `base`:
    what an offline plan starts from, and its layout.

    Raises DeployError.
    """
    template = compiled.templates[ROOT]
    picture = architecture(template, compiled.deployment)
    if base is not None:
        layout = Layout(base[1])
        if layout is not Layout.FLAT:
            compiled = compile_spec(spec, read, layout, settings)
        made = offline_plan(compiled, spec, base[0], layout, settings, ())
        return with_plan(picture, template, plan_data(made.plan))
    if plan is None:
        return picture
    try:
        data = read_json(plan)
        if not isinstance(data, dict):
            raise ValueError("it is not a mapping")
        marked = with_plan(picture, template, data)
        of = str(data["target"]["deployment"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        if isinstance(error, KeyError | TypeError):
            reason = "it does not say which deployment it belongs to"
        hint = "`camformation plan --out` writes one"
        raise DeployError("CAM618", f"{plan} is not a plan: {reason}", hint) from error
    if of != str(compiled.deployment.name):
        raise DeployError(
            "CAM618",
            f"{plan} is a plan of {of}, and the spec describes {compiled.deployment.name}",
            "make a new plan with `camformation plan --out`",
        )
    return marked


def planned_picture(made: Planned, spec: str, read: Read, settings: tuple[str, ...]) -> Picture:
    """Return the picture of a plan's spec, with the plan's marks unless everything is new."""
    compiled = compile_spec(spec, read, Layout.FLAT, settings)
    template = compiled.templates[ROOT]
    picture = architecture(template, compiled.deployment)
    if made.plan.target.base == "nothing":
        return picture
    return with_plan(picture, template, plan_data(made.plan))


def drawn(picture: Picture, style: str) -> str:
    """Return the picture in a format. Raises DeployError if the package that draws is missing."""
    if style == "mermaid":
        from camformation.report.picture.mermaid import mermaid

        return mermaid(picture)
    if style == "dot":
        from camformation.report.picture.dot import dot

        return dot(picture)
    from camformation.report.picture.svg import svg

    try:
        return svg(picture)
    except NoGraphviz as error:
        raise no_graphviz() from error


def no_graphviz() -> DeployError:
    """Return the error of a missing package."""
    return DeployError(
        "CAM795",
        "the package that draws diagrams is not installed",
        "in camformation's repository: pipx install --force '.[pictures]'; --format mermaid and "
        "--format dot need no package",
    )
