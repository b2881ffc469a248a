"""What is deployed, as the compiler would have written it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from camformation.deploy.cloud import Stacks
from camformation.deploy.errors import DeployError
from camformation.deploy.package import CONNECTIONS, STACK, component_of
from camformation.deploy.state import StackDescription
from camformation.frozen import frozen
from camformation.layout import METADATA, ROOT, Template, Templates, template_file


@frozen
class Deployed:
    """A stack's templates by name, `TemplateURL`s as compiled; and its nested stacks' ARNs."""

    stack: StackDescription
    templates: Templates
    nested: Mapping[str, str]


def read_deployed(stacks: Stacks, stack: StackDescription) -> Deployed | None:
    """Return what is deployed; None while a first deployment has not begun."""
    if stack.status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
        return None
    root = stacks.template(stack.id)
    if root is None:
        return None
    arns = {
        resource.logical_id: resource.physical_id
        for resource in stacks.resources(stack.id)
        if resource.type == STACK and resource.physical_id and resource.status != "DELETE_COMPLETE"
    }
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = dict(zip(arns, threads.map(stacks.template, arns.values()), strict=True))
    children = {title: child for title, child in found.items() if child is not None}
    names = {title: _component(title, child) for title, child in children.items()}
    templates = {ROOT: _as_compiled(root, names)}
    templates |= {names[title]: child for title, child in children.items()}
    return Deployed(stack, templates, {names[title]: arns[title] for title in names})


def check_owner(deployed: Deployed, deployment: str) -> None:
    """Raise DeployError unless the stack holds the deployment of that name."""
    owner = camformation_metadata(deployed.templates).get("Deployment")
    if owner == deployment:
        return
    holds = f"holds the deployment {owner}" if owner else "was not made by camformation"
    raise DeployError(
        "CAM625",
        f"the stack {deployed.stack.name} {holds}",
        f"give {deployment} a stack of its own: `name` under `stack` in the spec",
    )


def camformation_metadata(templates: Templates) -> Mapping[str, Any]:
    """Return what the compiler and the deployer wrote about the deployment into its root."""
    return _metadata(templates.get(ROOT, {}))


def _metadata(template: Template) -> Mapping[str, Any]:
    found = template.get("Metadata", {}).get(METADATA, {})
    return found if isinstance(found, dict) else {}


def _component(title: str, template: Template) -> str:
    return str(_metadata(template).get("Component") or component_of(title))


def _as_compiled(root: Template, names: Mapping[str, str]) -> Template:
    resources = {
        title: {
            **resource,
            "Properties": {**resource["Properties"], "TemplateURL": template_file(names[title])},
        }
        if title in names
        else resource
        for title, resource in root.get("Resources", {}).items()
    }
    return {**root, "Resources": resources}
