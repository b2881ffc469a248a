"""The variables of a deployment's containers in its templates."""

from collections.abc import Mapping
from typing import Any

from camformation.deploy.live_stack.deployed import Deployed
from camformation.shapes import mappings, properties


def variable(deployed: Deployed, name: str) -> Any:
    """Return the value of a variable in the first container that has it: a text, or a
    CloudFormation expression; None if no container has it, and for secrets."""
    return variable_of(deployed.templates, name)


def variable_of(templates: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    """Return the same from templates."""
    for template in templates.values():
        for body in template.get("Resources", {}).values():
            for container in mappings(properties(body).get("ContainerDefinitions")):
                for each in mappings(container.get("Environment")):
                    if each.get("Name") == name:
                        return each.get("Value")
    return None
