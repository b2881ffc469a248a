"""The parameter with which a stack of a StackSet is created without deletion protection.

A StackSet has one template for new and existing stacks. A failed creation deletes its stack, which
a protected database or load balancer would prevent. So a new stack is created with `false`, and
updated to the StackSet's own `true` after its creation.
"""

from collections.abc import Mapping
from typing import Any

from camformation.layout import ROOT, Templates, logical_id
from camformation.shapes import mapping, properties, replaced_in

PROTECTION = "DatabaseDeletionProtection"
ON, OFF = "true", "false"
CLUSTER = "AWS::RDS::DBCluster"
PROPERTY = "DeletionProtection"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
ATTRIBUTES = "LoadBalancerAttributes"
GUARDED = {"Key": "deletion_protection.enabled", "Value": ON}

DEFINITION = {
    "Type": "String",
    "Description": (
        "Whether AWS refuses to delete the database and the load balancers that the spec protects. "
        "false for the creation of a stack, so that one that fails can be rolled back; true from "
        "then on."
    ),
    "AllowedValues": [ON, OFF],
    "Default": ON,
}


def protectable(templates: Templates) -> Templates:
    """Return the templates with deletion protection as a parameter, if it is on."""
    found = dict(templates)
    for name, template in templates.items():
        resources = {title: _switched(body) for title, body in template["Resources"].items()}
        if resources == template["Resources"]:
            continue
        found[name] = _with_parameter({**template, "Resources": resources})
        if name != ROOT:
            found[ROOT] = _with_parameter(_passing_on(found[ROOT], logical_id(name)))
    return found


def _switched(body: dict[str, Any]) -> dict[str, Any]:
    chosen = {"Ref": PROTECTION}
    switches = {
        CLUSTER: (PROPERTY, True, chosen),
        LOAD_BALANCER: (ATTRIBUTES, GUARDED, {**GUARDED, "Value": chosen}),
    }
    own = properties(body)
    if body["Type"] not in switches or switches[body["Type"]][0] not in own:
        return body
    name, on, switched = switches[body["Type"]]
    return {**body, "Properties": {**own, name: replaced_in(own[name], on, switched)}}


def _passing_on(root: Mapping[str, Any], title: str) -> dict[str, Any]:
    stack = root["Resources"][title]
    own = properties(stack)
    parameters = {**mapping(own.get("Parameters")), PROTECTION: {"Ref": PROTECTION}}
    passing = {**stack, "Properties": {**own, "Parameters": parameters}}
    return {**root, "Resources": {**root["Resources"], title: passing}}


def _with_parameter(template: Mapping[str, Any]) -> dict[str, Any]:
    return {**template, "Parameters": {**template.get("Parameters", {}), PROTECTION: DEFINITION}}
