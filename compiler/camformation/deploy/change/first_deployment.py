"""The two steps of a first deployment: nothing prevents a rollback, or is left behind by it.

The first change set makes load balancers and everything that holds data deletable: protected
resources cannot be rolled back, and a useless snapshot of an empty database would be left, with its
key scheduled for deletion. The second one, when everything is created, sets the policies of the
spec. Only the bucket of access logs is kept from the start.
"""

from collections.abc import Iterator
from typing import Any

from camformation.deploy.cloud.stacks import StackDescription
from camformation.deploy.live_stack.first_step import MARK, unfinished
from camformation.deploy.plan.address_gate import LOAD_BALANCER
from camformation.deploy.plan.attribution import origins_of
from camformation.deploy.plan.deletion import BUCKET, CLUSTER
from camformation.deploy.plan.holdings import HOLDINGS
from camformation.deploy.plan.model import Block, Severity
from camformation.deploy.plan.origins import Origins, Parameters, Written
from camformation.layout import METADATA, ROOT, Templates
from camformation.pipeline import Compiled
from camformation.shapes import mapping, replaced_in
from camformation.shapes import properties as properties_of

SAYS = "deletable until it has succeeded"
"""Value after MARK in the metadata of the root template, and of every resource that is made
deletable. On a resource it has a second purpose: for a long time, a changed policy alone was not a
change for CloudFormation (cloudformation-coverage-roadmap 1543), changed metadata always is."""

ATTRIBUTES = "LoadBalancerAttributes"
GUARDED = {"Key": "deletion_protection.enabled", "Value": "true"}
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


def deletable(templates: Templates) -> Templates:
    """Return the templates with everything deletable, or the same ones if everything already is."""
    changed = {
        name: {title: _deletable(body) for title, body in template["Resources"].items()}
        for name, template in templates.items()
    }
    if all(changed[name] == template["Resources"] for name, template in templates.items()):
        return templates
    relaxed = {
        name: {**template, "Resources": changed[name]} for name, template in templates.items()
    }
    return {**relaxed, ROOT: _marked(relaxed[ROOT])}


def begins(stack: StackDescription | None, running: Templates | None) -> bool:
    """Whether a deployment to a stack is the first step, or continues a first step that failed and
    was not rolled back."""
    if stack is None or running is None or stack.status == "CREATE_FAILED":
        return True
    return stack.status == "UPDATE_FAILED" and unfinished(running[ROOT])


def second_step(before: Templates, after: Templates) -> Iterator[Block]:
    """Explain why policies change although the spec has not changed (CAM645, a warning)."""
    if unfinished(before.get(ROOT)) and not unfinished(after.get(ROOT)):
        yield Block(
            "CAM645",
            Severity.WARNING,
            "the first deployment has ended, but its data is not protected yet: this deployment "
            "sets the policies and the protection in the spec",
            "deploy this plan; until then, deleting the stack deletes the data",
        )


def lines_behind(
    compiled: Compiled,
    running: Templates | None,
    parameters: Parameters,
    templates: Templates,
    *,
    first: bool,
) -> Origins | None:
    """Return the lines behind changes: in the first step those of sections, and in the second, in
    which only the protection changes, none is looked for: nobody has changed the spec."""
    if first or running == deletable(templates):
        return Written(compiled.locate_in_resource, first=first)
    return origins_of(compiled, running, parameters, templates)


def _deletable(resource: dict[str, Any]) -> dict[str, Any]:
    policies = {name: resource[name] for name in POLICIES if name in resource}
    # AWS writes into such a bucket from the start, so a rollback that deletes it would fail.
    always = resource["Type"] == BUCKET and policies.get("DeletionPolicy") == "Retain"
    kept = not always and any(policy != "Delete" for policy in policies.values())
    # CloudFormation saves an Aurora cluster that has no policy (DeletionPolicy attribute).
    kept = kept or (resource["Type"] == CLUSTER and "DeletionPolicy" not in policies)
    properties = dict(properties_of(resource))
    unguarded = _unguarded(resource["Type"], properties)
    if not (kept or unguarded != properties):
        return resource
    found = _marked(resource)
    if kept:
        found |= dict.fromkeys(POLICIES, "Delete")
    if unguarded != properties:
        found["Properties"] = unguarded
    return found


def _unguarded(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties without deletion protection."""
    if kind in HOLDINGS and (guarded := properties.get("DeletionProtection")):
        return {**properties, "DeletionProtection": replaced_in(guarded, True, False)}
    if kind == LOAD_BALANCER and (attributes := properties.get(ATTRIBUTES)):
        off = replaced_in(attributes, GUARDED, GUARDED | {"Value": "false"})
        return {**properties, ATTRIBUTES: off}
    return properties


def _marked(body: dict[str, Any]) -> dict[str, Any]:
    metadata = mapping(body.get("Metadata"))
    ours = {**mapping(metadata.get(METADATA)), MARK: SAYS}
    return {**body, "Metadata": {**metadata, METADATA: ours}}
