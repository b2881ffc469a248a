"""The export for StackSets: one template for every account and region, and its settings."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from camformation import __version__
from camformation.diagnostics import Diagnostic, Finding, Severity, SpecError
from camformation.digest import sha256
from camformation.fleet.portable import STACK, check_portable, without_places
from camformation.fleet.protection import PROTECTION, protectable
from camformation.frozen import frozen
from camformation.layout import ROOT, Layout, Template
from camformation.pipeline import Compiled
from camformation.rendering import render
from camformation.shapes import properties

TEMPLATE = "stackset.template.json"
NAMED_IAM = {"RoleName", "PolicyName", "ManagedPolicyName", "GroupName", "UserName"}


@frozen
class Exported:
    """A compilation in the form of a StackSet's input."""

    compiled: Compiled
    template: Template  # the root template
    artifacts: Mapping[str, str]  # key -> template of a nested stack, for a bucket in each region
    capabilities: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]

    @property
    def definitions(self) -> Mapping[str, Any]:
        """The template's parameters."""
        found: Mapping[str, Any] = self.template.get("Parameters", {})
        return found

    @property
    def text(self) -> str:
        """The template's text."""
        return render(self.template)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return str(self.compiled.deployment.name)

    @property
    def description(self) -> str:
        """The StackSet's default description."""
        return f"Camunda 8 on Amazon ECS: {self.name}"

    @property
    def tags(self) -> dict[str, str]:
        """The spec's tags."""
        return {str(name): str(value) for name, value in self.compiled.deployment.tags.items()}


def export(compiled: Compiled, artifact_bucket: str | None = None) -> Exported:
    """Return a compilation for a StackSet; raise `SpecError` with all values that tie it to a
    place.

    Nested stacks' templates are read in each target's own region, from the bucket
    `artifact_bucket-REGION`.
    """
    nested = compiled.layout is Layout.NESTED
    findings = [*check_portable(compiled, nested=nested), *_taken(compiled)]
    found = [compiled.resolved.locate(each) for each in findings]
    if any(each.severity is Severity.ERROR for each in found):
        raise SpecError(found)
    templates = protectable(compiled.templates)
    root = without_places(templates[ROOT])
    artifacts: dict[str, str] = {}
    if nested:
        resources = dict(root["Resources"])
        for title, resource in root["Resources"].items():
            own = properties(resource)
            name = str(own.get("TemplateURL")).removesuffix(".template.json")
            if resource["Type"] == STACK and name in templates:
                text = render(templates[name])
                key = f"camformation/{sha256(text.encode())}.template.json"
                artifacts[key] = text
                url = {"Fn::Sub": f"{_regional(artifact_bucket or '')}/{key}"}
                resources[title] = {**resource, "Properties": {**own, "TemplateURL": url}}
        root = {**root, "Resources": resources}
    if not root["Parameters"]:
        del root["Parameters"]
    return Exported(compiled, root, artifacts, capabilities(compiled.templates), tuple(found))


def _taken(compiled: Compiled) -> Iterator[Finding]:
    for each in compiled.parameters:
        if each.name == PROTECTION:
            message = f"{PROTECTION} is a parameter that the export adds itself"
            hint = f"choose another name, for example {PROTECTION}Value"
            yield Finding(("parameters", each.name), "CAM758", message, hint, at_key=True)


def _regional(bucket: str) -> str:
    return f"https://{bucket}-${{AWS::Region}}.s3.${{AWS::Region}}.${{AWS::URLSuffix}}"


def capabilities(templates: Mapping[str, Template]) -> tuple[str, ...]:
    """Return the capabilities to acknowledge (CloudFormation API Reference, Capabilities)."""
    found: set[str] = set()
    for template in templates.values():
        for resource in template["Resources"].values():
            if resource["Type"].startswith("AWS::IAM::"):
                named = NAMED_IAM & properties(resource).keys()
                found.add("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
    return ("CAPABILITY_NAMED_IAM",) if "CAPABILITY_NAMED_IAM" in found else tuple(sorted(found))


def described(exported: Exported) -> dict[str, Any]:
    """Describe an export: the part of `stackset.json` that is about the template."""
    compiled = exported.compiled
    text = exported.text.encode()
    fields = {each.name: ".".join(map(str, each.path)) for each in compiled.parameters}
    return {
        "layout": compiled.layout.value,
        "template": {
            "file": TEMPLATE,
            "bytes": len(text),
            "sha256": sha256(text),
            "resources": len(exported.template["Resources"]),
        },
        "capabilities": list(exported.capabilities),
        "parameters": {
            name: _described(definition, fields.get(name))
            for name, definition in sorted(exported.definitions.items())
        },
        "versions": {"camformation": __version__, "camunda": str(compiled.deployment.version)},
    }


def _described(definition: Mapping[str, Any], field: str | None) -> dict[str, Any]:
    names = {
        "Type": "type",
        "Description": "description",
        "Default": "default",
        "AllowedValues": "allowedValues",
        "AllowedPattern": "allowedPattern",
        "MinValue": "minValue",
        "MaxValue": "maxValue",
        "MinLength": "minLength",
        "MaxLength": "maxLength",
    }
    found = {key: definition[name] for name, key in names.items() if name in definition}
    return {"field": field, "required": "Default" not in definition, **found}


def bucket_policy(
    bucket: str, principals: tuple[str, ...], organization: str | None
) -> dict[str, Any]:
    """Return the policy that allows targets to read the nested stacks' templates in a bucket.

    CloudFormation reads them as the execution role of the target (CloudFormation User Guide, Grant
    self-managed permissions).
    """
    statement: dict[str, Any] = {
        "Sid": "TargetsReadTemplates",
        "Effect": "Allow",
        "Principal": {"AWS": list(principals)} if principals else {"AWS": "*"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/camformation/*",
    }
    if organization:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def as_json(data: Any) -> str:
    """Return data in the format of an export's files."""
    return json.dumps(data, indent=2) + "\n"
