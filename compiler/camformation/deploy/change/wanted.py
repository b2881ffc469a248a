"""The templates for a deployment: as compiled, but with zones and engine version kept from the live
stack."""

from collections.abc import Mapping
from contextlib import suppress

from camformation.deploy.change.zones import resolve_zones
from camformation.deploy.cloud.errors import AccessDenied, DeployError
from camformation.deploy.cloud.protocols import Cloud, Stacks
from camformation.deploy.live_stack.deployed import Deployed
from camformation.deploy.live_stack.listing import DESCRIPTION
from camformation.deploy.plan.kept_engine import Engine, keep_engine
from camformation.pipeline import Compiled

EMPTY = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE", "ROLLBACK_COMPLETE")


def wanted(
    cloud: Cloud, compiled: Compiled, given: Mapping[str, str], deployed: Deployed | None
) -> Engine:
    """Return the compiled templates and parameters, with the zones and the engine version of the
    live deployment, if there is one. `given` are the values of the parameters."""
    running = deployed.templates if deployed else None
    return keep_engine(
        resolve_zones(compiled.templates, running, cloud.identity.zones()),
        compiled.parameters,
        given,
        running,
        deployed.stack.parameters if deployed else {},
        compiled.resolved,
    )


def refuse_second_stack(stacks: Stacks, stack: str, deployment: str) -> None:
    """Raise DeployError if another stack of the region has the deployment of that name.

    A changed `stack.name` would create a second, empty one, and fail for names in use. Without
    permission to list stacks, this is not checked.
    """
    with suppress(AccessDenied):
        for other in stacks.list_stacks():
            ours = other.description == DESCRIPTION + deployment and not other.parent_id
            if ours and other.name != stack and other.status not in EMPTY:
                raise DeployError(
                    "CAM625",
                    f"{deployment} is deployed already, as the stack {other.name}: {stack} would "
                    "be a second one, without its data",
                    f"keep the stack's name: `name: {other.name}` under `stack`; or give the new "
                    "deployment another `name`",
                )
