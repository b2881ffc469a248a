"""A preview of the fleet's template in one account, by a change set there.

StackSets has no change sets. But a stack of a StackSet is an ordinary stack: if its account allows
it, a change set is created on it, read, and discarded.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from camformation.deploy.change.change_set import Submission, create, discard
from camformation.deploy.change.package import Package
from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.protocols import Clock, Cloud
from camformation.deploy.cloud.stack_sets import StackSetRequest
from camformation.deploy.live_stack.deployed import read_deployed
from camformation.deploy.live_stack.own_change_sets import described
from camformation.deploy.live_stack.running import read_running
from camformation.deploy.plan.model import Plan, Target
from camformation.deploy.plan.origins import OriginsOf, unknown
from camformation.deploy.plan.pipeline import make_plan
from camformation.deploy.plan.running import Running
from camformation.deploy.plan.situation import template_metadata
from camformation.deploy.plan.symbols import Resolver
from camformation.diagnostics import Locate, nowhere
from camformation.fleet.targets import Place
from camformation.frozen import frozen
from camformation.layout import ROOT


@frozen
class Preview:
    """The content of a change set on one stack; `note` says why there is none, or what it left."""

    account: str
    region: str
    stack_id: str
    plan: Plan | None
    note: str = ""


def preview(
    cloud: Cloud,
    clock: Clock,
    place: Place,
    stack_id: str,
    request: StackSetRequest,
    template: Mapping[str, Any],
    overrides: Mapping[str, str],
    *,
    allow: Collection[str] = (),
    locate: Locate = nowhere,
    origins: OriginsOf = unknown,
) -> Preview:
    """Return the preview of one stack of the fleet; `cloud` is that of its account and region.

    Missing permissions and refusals of CloudFormation are a note, not an error: a deployment does
    not depend on the preview.
    """
    try:
        stack = cloud.stacks.describe_stack(stack_id)
        deployed = cloud.stacks.template(stack_id)
        if stack is None or deployed is None:
            return Preview(*place, stack_id, None, "the stack no longer exists")
        digest = sha256(f"{stack_id} {clock.now().isoformat()}".encode()).hexdigest()[:12]
        values = {**request.parameters, **overrides}
        change_set = create(
            cloud.stacks,
            clock,
            Submission(
                stack=stack_id,
                package=Package(request.body, request.url, (), nested=False),
                token=f"camformation-preview-{clock.now():%Y%m%d-%H%M%S}-{digest}",
                description=described("to be read and discarded"),
                parameters=values,
                tags=dict(request.tags),
            ),
        )
    except DeployError as error:
        return Preview(*place, stack_id, None, error.message)
    note = ""
    try:
        discard(cloud.stacks, clock, change_set)
    except DeployError as error:
        note = f"the change set {change_set.id} could not be deleted: {error.message}"
    try:
        live = read_deployed(cloud.stacks, stack_id)
        running = read_running(cloud.services, cloud.databases, live)
    except DeployError as error:
        running = Running(unknown=error.message)
    old, parameters = {ROOT: deployed}, (dict(stack.parameters), values)
    metadata = template_metadata(Resolver({ROOT: template}))
    plan = make_plan(
        old,
        {ROOT: template},
        target=Target(
            str(metadata.get("Deployment", "")),
            str(metadata.get("Layout", "")),
            stack.name,
            *place,
            base="deployed",
        ),
        change_set=None if cloud.local else change_set.changes,
        parameters=parameters,
        locate=locate,
        origins=origins(old, parameters),
        allow=allow,
        running=running,
    )
    return Preview(*place, stack_id, plan, note)
