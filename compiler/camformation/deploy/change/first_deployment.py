"""The templates of a first deployment, without protection, so that it can be rolled back."""

from typing import Any

from camformation.deploy.plan.deletion import CLUSTER
from camformation.layout import Templates


def without_protection(templates: Templates) -> Templates:
    """Return the templates with every database deletable, for a first deployment.

    A protected database cannot be rolled back: a first deployment that failed for any reason would
    leave it behind. It is protected as soon as everything has succeeded.
    """
    return {
        name: {
            **template,
            "Resources": {title: _deletable(r) for title, r in template["Resources"].items()},
        }
        for name, template in templates.items()
    }


def _deletable(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    if resource["Type"] != CLUSTER or not properties.get("DeletionProtection"):
        return resource
    return {**resource, "Properties": {**properties, "DeletionProtection": False}}
