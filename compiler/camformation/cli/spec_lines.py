"""Lines of the spec behind the resources of an operation that was started elsewhere."""

from functools import cache

from camformation.cli.specs import SpecFiles
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.given import given_values
from camformation.deploy.plan.origins import lines_of
from camformation.deploy.plan.pipeline import make_plan
from camformation.diagnostics import Locate, Location, Path, SpecError, nowhere
from camformation.layout import Layout
from camformation.pipeline import compile_spec


def spec_lines(stacks: Stacks, stack: str, spec: str | None, files: SpecFiles) -> Locate:
    """Return the lines of a spec for the resources of a stack, computed at the first request.

    In a creation these are the lines of sections. After an update, only resources that were rolled
    back still differ from the spec; others have no line, because it would be a guess.
    """

    @cache
    def lines() -> Locate:
        if spec is None:
            return nowhere
        try:
            deployed = read_deployed(stacks, stack)
            layout = Layout(deployed.layout) if deployed and deployed.layout else Layout.NESTED
            compiled = compile_spec(spec, files.read, layout)
        except (DeployError, SpecError, ValueError):  # whoever watches wants to see how it goes
            return nowhere
        if deployed is None or deployed.stack.updated is None:
            return compiled.locate_in_resource
        known = deployed.stack.parameters
        values = (known, given_values(compiled.parameters, known))
        plan = make_plan(
            deployed.templates,
            compiled.templates,
            parameters=values,
            origins=origins_of(compiled, deployed.templates, values),
        )
        return lines_of(plan, nowhere)

    def locate(template: str, logical_id: str, path: Path) -> Location | None:
        return lines()(template, logical_id, path)

    return locate
