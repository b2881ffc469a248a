"""The limits of CloudFormation, IAM and ECS, checked before AWS does: CAM2xx.

Sources: CloudFormation User Guide "Understand CloudFormation quotas", IAM User Guide "IAM and AWS
STS quotas", Amazon ECS API Reference "RegisterTaskDefinition".
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.diagnostics import Finding, Path
from camformation.layout import ROOT, Template, Templates, logical_id
from camformation.linker import SourceMap
from camformation.shapes import mapping, properties

MAX_TEMPLATE_BYTES = 1_000_000
MAX_RESOURCES = 500
MAX_PARAMETERS = 200
MAX_OUTPUTS = 200
MAX_DYNAMIC_REFERENCES = 60
MAX_INLINE_POLICY_CHARACTERS = 10_240  # the sum over a role, white space not counted
MAX_MANAGED_POLICIES = 10
MAX_TRUST_POLICY_CHARACTERS = 2_048
MAX_TASK_DEFINITION_BYTES = 64 * 1024
HINTS = {
    "characters of inline policy": "put statements into a managed policy of your own, and its ARN "
    "into task_policies",
    "managed policies": "put what several allow into one policy of your own",
    "bytes of task definition": "put settings into a file, in a secret or on a volume that an init "
    "container fills",
}

_compact = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def check_limits(
    templates: Templates, texts: Mapping[str, str], source_map: SourceMap
) -> Iterator[Finding]:
    """Yield every limit that a template, its text, or a resource of it exceeds."""
    for name, template in templates.items():
        section = source_map.get(ROOT, {}).get(f"/Resources/{logical_id(name)}", ())
        for code, what, actual, limit in _template_sizes(template, texts[name]):
            if actual > limit:
                yield _over(section, code, f"the template {name}", actual, what, limit)
        for title, resource in template["Resources"].items():
            path = source_map.get(name, {}).get(f"/Resources/{title}", section)
            for code, what, actual, limit in _resource_sizes(resource, texts[name]):
                if actual > limit:
                    yield _over(path, code, title, actual, what, limit)


def _over(path: Path, code: str, owner: str, actual: int, what: str, limit: int) -> Finding:
    message = f"{owner} has {actual:,} {what}; AWS allows {limit:,}"
    return Finding(path, code, message, HINTS.get(what), at_key=True)


def _template_sizes(template: Template, text: str) -> Iterator[tuple[str, str, int, int]]:
    yield "CAM201", "bytes", len(text.encode()), MAX_TEMPLATE_BYTES
    yield "CAM202", "resources", len(template["Resources"]), MAX_RESOURCES
    yield "CAM203", "parameters", len(template.get("Parameters", ())), MAX_PARAMETERS
    yield "CAM203", "outputs", len(template.get("Outputs", ())), MAX_OUTPUTS
    yield "CAM204", "dynamic references", text.count("{{resolve:"), MAX_DYNAMIC_REFERENCES


def _plain(value: Any) -> list[Any]:
    """Return a list; what a condition chooses is not counted."""
    return value if isinstance(value, list) else []


def _resource_sizes(resource: dict[str, Any], template: str) -> Iterator[tuple[str, str, int, int]]:
    own = properties(resource)
    match resource["Type"]:
        case "AWS::IAM::Role":
            policies = [
                each for each in _plain(own.get("Policies")) if "PolicyDocument" in mapping(each)
            ]
            inline = sum(len(_compact(each["PolicyDocument"])) for each in policies)
            trust = len(_compact(own.get("AssumeRolePolicyDocument")))
            managed = len(_plain(own.get("ManagedPolicyArns")))
            yield (
                "CAM205", "characters of inline policy", inline, MAX_INLINE_POLICY_CHARACTERS,
            )  # fmt: skip
            yield "CAM205", "characters of trust policy", trust, MAX_TRUST_POLICY_CHARACTERS
            yield "CAM205", "managed policies", managed, MAX_MANAGED_POLICIES
        case "AWS::ECS::TaskDefinition" if len(template) > MAX_TASK_DEFINITION_BYTES:
            size = len(_compact(own).encode())
            yield "CAM206", "bytes of task definition", size, MAX_TASK_DEFINITION_BYTES
