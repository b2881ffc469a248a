"""A live deployment, read from AWS: its stacks, templates and resources by component."""

import re
from collections.abc import Mapping
from typing import Any

from camformation.deploy.cloud.errors import DeployError
from camformation.deploy.cloud.parallel import in_parallel
from camformation.deploy.cloud.protocols import Stacks
from camformation.deploy.cloud.stacks import StackDescription, StackResource
from camformation.deploy.plan.symbols import STACK, Address
from camformation.frozen import frozen
from camformation.layout import METADATA, ROOT, Templates, template_file

CONNECTIONS = 8


@frozen
class Deployed:
    """A live deployment. Everything is keyed by component; `root` is the root.

    `templates` are in the compiler's form: a nested stack's `TemplateURL` is its component's file,
    not its uploaded address.
    """

    stack: StackDescription
    templates: Templates
    stacks: Mapping[str, str]  # component -> the stack's ARN
    resources: Mapping[str, tuple[StackResource, ...]]

    @property
    def name(self) -> str:
        """The deployment's name in its spec."""
        return str(self.metadata.get("Deployment", self.stack.name))

    @property
    def layout(self) -> str:
        """The layout, which maps components to stacks: `nested` or `flat`."""
        return str(self.metadata.get("Layout", ""))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata from the compiler; empty if another tool created the template."""
        return stack_metadata(self.templates[ROOT])

    def resource(self, address: Address) -> StackResource | None:
        """Return the live resource at an address of the templates."""
        for resource in self.resources.get(address.template, ()):
            if resource.logical_id == address.logical_id:
                return resource
        return None

    def component(self, stack: str) -> str | None:
        """Return the component of a stack's ARN."""
        return next((name for name, arn in self.stacks.items() if arn == stack), None)


def read_deployed(stacks: Stacks, name: str) -> Deployed | None:
    """Return the deployment whose root stack has that name or ARN; None if nothing is deployed.

    A stack that is only under review has not deployed anything. Reads in any state of the stack:
    for a half-deleted one, the rest. Raises DeployError if it is a nested stack, or the caller may
    not read it.
    """
    stack = stacks.describe_stack(name)
    if stack is None or stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    if stack.parent_id:
        root = (stack.root_id or stack.parent_id).split("/")[1]
        raise DeployError(
            "CAM681",
            f"{stack.name} is a nested stack of {root}",
            f"use the deployment's name: {root}",
        )
    reader = _Reader(stacks)
    reader.read(stack.id)
    return Deployed(stack, reader.templates, reader.arns, reader.resources)


def require_deployed(stacks: Stacks, name: str) -> Deployed:
    """Return the deployment of that name; raises DeployError if there is none."""
    deployed = read_deployed(stacks, name)
    if deployed is None:
        raise not_deployed(name)
    return deployed


def require_idle(stacks: Stacks, name: str) -> Deployed:
    """Return the deployment of that name; raises DeployError while CloudFormation changes it."""
    deployed = require_deployed(stacks, name)
    check_idle(deployed)
    return deployed


def check_idle(deployed: Deployed) -> None:
    """Raise DeployError while CloudFormation changes a deployment."""
    if deployed.stack.in_progress:
        raise DeployError(
            "CAM725",
            f"the stack {deployed.stack.name} is busy: {deployed.stack.status}",
            "follow it with `camformation watch`, and run the command again when it has ended",
        )


def not_deployed(name: str) -> DeployError:
    """Return the error that nothing of that name is deployed here."""
    return DeployError(
        "CAM682",
        f"no deployment named {name} exists in this account and region",
        "list deployments with `camformation list`; for other regions and accounts use --region "
        "and --profile",
    )


def stack_metadata(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the compiler's metadata about the deployment in a template."""
    found = template.get("Metadata", {}).get(METADATA, {})
    return found if isinstance(found, dict) else {}


class _Reader:
    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self.templates: Templates = {}
        self.arns: dict[str, str] = {}
        self.resources: dict[str, tuple[StackResource, ...]] = {}

    def read(self, arn: str) -> None:
        """Read a root stack, and all that are nested in it."""
        level = [(ROOT, arn, *self._stack(arn))]
        while level:
            nested = [each for stack in level for each in self._add(*stack)]
            read = in_parallel(self._stack, [child for _, _, child in nested], CONNECTIONS)
            level = []
            for (parent, logical_id, child), (template, resources) in zip(
                nested, read, strict=True
            ):
                if template:
                    name = self._component(parent, logical_id, template)
                    self._point(parent, logical_id, name)
                    level.append((name, child, template, resources))
                    self.templates[name] = template

    def _stack(self, arn: str) -> tuple[dict[str, Any], tuple[StackResource, ...]]:
        return self._stacks.template(arn) or {}, self._stacks.resources(arn)

    def _add(
        self,
        component: str,
        arn: str,
        template: Mapping[str, Any],
        resources: tuple[StackResource, ...],
    ) -> list[tuple[str, str, str]]:
        """Keep a stack; return the stacks nested in it: parent, logical ID, ARN."""
        bodies = dict(template.get("Resources", {}))
        self.templates[component] = {**template, "Resources": bodies}
        self.arns[component] = arn
        self.resources[component] = resources
        return [
            (component, resource.logical_id, resource.physical_id)
            for resource in resources
            if resource.type == STACK
            and resource.physical_id
            and resource.status != "DELETE_COMPLETE"
            and resource.logical_id in bodies
        ]

    def _point(self, parent: str, logical_id: str, name: str) -> None:
        bodies = self.templates[parent]["Resources"]
        body = bodies[logical_id]
        properties = {**body.get("Properties", {}), "TemplateURL": template_file(name)}
        bodies[logical_id] = {**body, "Properties": properties}

    def _component(self, parent: str, logical_id: str, child: Mapping[str, Any]) -> str:
        """Return a nested stack's component: from its metadata, else from its logical ID."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", logical_id).lower()
        name = str(stack_metadata(child).get("Component", words))
        return name if name not in self.templates else f"{parent}_{words}"
