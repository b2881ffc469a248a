"""DescribeChangeSet in MiniStack: property values, and fields for nested change sets."""

import json
import xml.etree.ElementTree as ET
from typing import Any

from camformation.deploy.local.modules import cloudformation

ChangeSet = dict[str, Any]

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


class _Unknown(dict[str, str]):
    """The attributes of a resource that does not exist yet, each with an unknown value."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> str:
        return UNKNOWN


def add(change_set: ChangeSet) -> None:
    """Note on every change the resource's definition before and after, values filled in."""
    stack = cloudformation()._stacks[change_set["StackName"]]
    existing = stack.get("_resources", {})
    before = stack.get("_template") or {}
    after = change_set["_template"]
    added = {
        logical_id: {"PhysicalResourceId": UNKNOWN, "Attributes": _Unknown()}
        for logical_id in after.get("Resources", {})
        if logical_id not in existing
    }
    for change in change_set["Changes"]:
        entry = change["ResourceChange"]
        logical_id = entry["LogicalResourceId"]
        old = _filled(before, logical_id, existing, stack.get("_resolved_params", {}), change_set)
        new = _filled(
            after, logical_id, {**existing, **added}, change_set["_resolved_params"], change_set
        )
        if old is not None:
            entry["BeforeContext"] = json.dumps(old, sort_keys=True)
        if new is not None:
            entry["AfterContext"] = json.dumps(new, sort_keys=True)
        for detail in entry.get("Details", []):
            _values(detail["Target"], (old or {}).get("Properties"), (new or {}).get("Properties"))


def _filled(
    template: dict[str, Any],
    logical_id: str,
    resources: dict[str, Any],
    parameters: dict[str, Any],
    change_set: ChangeSet,
) -> dict[str, Any] | None:
    definition = template.get("Resources", {}).get(logical_id)
    if definition is None:
        return None
    shown = {k: v for k, v in definition.items() if k not in ("Type", "DependsOn", "Condition")}
    try:
        resolve = cloudformation("engine")._resolve_refs
        filled = resolve(
            shown, resources, parameters, {}, {}, change_set["StackName"], change_set["StackId"]
        )
        plain: dict[str, Any] = json.loads(json.dumps(filled, default=str))
    except (ValueError, KeyError, TypeError, IndexError):
        return shown
    return plain


def _values(target: dict[str, Any], old: Any, new: Any) -> None:
    """Path and values of one changed property."""
    name = target.get("Name")
    if target["Attribute"] != "Properties" or not name:
        return
    before, after = (old or {}).get(name), (new or {}).get(name)
    target["Path"] = f"/Properties/{name}"
    kinds = {(True, False): "Add", (False, True): "Remove"}
    target["AttributeChangeType"] = kinds.get((before is None, after is None), "Modify")
    for key, value in (("BeforeValue", before), ("AfterValue", after)):
        if value is not None:
            target[key] = value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def complete(body: bytes, change_set: ChangeSet, values: bool) -> bytes:
    """The reply with the fields that MiniStack omits."""
    namespace = str(cloudformation("helpers").CFN_NS)
    ET.register_namespace("", namespace)
    root = ET.fromstring(body)

    def put(parent: ET.Element, name: str, value: Any) -> None:
        if value:
            ET.SubElement(parent, f"{{{namespace}}}{name}").text = str(value)

    result = root[0]
    for name in ("ParentChangeSetId", "RootChangeSetId"):
        put(result, name, change_set.get(name))
    put(result, "IncludeNestedStacks", "true" if change_set.get("IncludeNestedStacks") else "")
    shown = result.findall(f"{{{namespace}}}Changes/*/{{{namespace}}}ResourceChange")
    for element, change in zip(shown, change_set["Changes"], strict=True):
        entry = change["ResourceChange"]
        put(element, "ChangeSetId", entry.get("ChangeSetId"))
        if not values:
            continue
        for name in ("BeforeContext", "AfterContext"):
            put(element, name, entry.get(name))
        targets = element.findall(f"{{{namespace}}}Details/*/{{{namespace}}}Target")
        for target, detail in zip(targets, entry.get("Details", []), strict=True):
            for name in ("Path", "AttributeChangeType", "BeforeValue", "AfterValue"):
                put(target, name, detail["Target"].get(name))
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
