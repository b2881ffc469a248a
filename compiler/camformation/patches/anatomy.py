"""The anatomy of patched templates: what CloudFormation refuses before it makes anything.

Source: CloudFormation User Guide, Template anatomy; Template Reference, Resource attribute
reference and Intrinsic function reference.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from camformation.closeness import closest, distance
from camformation.diagnostics import Finding
from camformation.layout import Template, Templates
from camformation.patches.attributes import listeners
from camformation.patches.ecs_services import joined
from camformation.patches.operations import position, same, steps
from camformation.patches.outcome import Step
from camformation.patches.property_kinds import Misfit, Place, misfits
from camformation.patches.services import misuses
from camformation.resource_schemas import resource_types

SECTIONS = (
    *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings"),
    *("Conditions", "Transform", "Resources", "Outputs", "Hooks"),
)
ATTRIBUTES = (
    *("Type", "Properties", "DependsOn", "Condition", "CreationPolicy", "UpdatePolicy"),
    *("DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Version", "Description"),
)
POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
WITH_SNAPSHOTS = (
    *("AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster"),
    *("AWS::ElastiCache::ReplicationGroup", "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster"),
    *("AWS::RDS::DBInstance", "AWS::Redshift::Cluster"),
)
"""Types that take the policy Snapshot (Resource attribute reference, DeletionPolicy)."""
TYPE = r"Custom::[\w@-]{1,60}|\w+::\w+::\w+(?:::MODULE)?"

PARAMETER = r"String|Number|CommaDelimitedList|List<(?:Number|String|AWS::[\w:]+)>|AWS::[\w:<>]+"


def _list(least: int, most: int, first: type | None = None) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        whole = isinstance(value, list) and least <= len(value) <= most
        return whole and (first is None or isinstance(value[0], first))

    return fits


def _sub(value: Any) -> bool:
    return isinstance(value, str) or (_list(2, 2, str)(value) and isinstance(value[1], dict))


def _attribute(value: Any) -> bool:
    return _list(2, 2, str)(value) or (isinstance(value, str) and "." in value)


FUNCTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "Ref": (lambda value: isinstance(value, str), "a name"),
    "Fn::GetAtt": (_attribute, "a list of a logical ID and an attribute"),
    "Fn::Sub": (_sub, "a text, or a list of a text and a mapping"),
    "Fn::Join": (_list(2, 2, str), "a list of a text and a list"),
    "Fn::Split": (_list(2, 2, str), "a list of two texts"),
    "Fn::Select": (_list(2, 2), "a list of a number and a list"),
    "Fn::If": (_list(3, 3, str), "a list of a condition and two values"),
    "Fn::FindInMap": (_list(3, 3), "a list of a mapping's name and two keys"),
    "Fn::Cidr": (_list(2, 3), "a list of a block, a count and bits"),
    "Fn::And": (_list(2, 10), "a list of 2 to 10 conditions"),
    "Fn::Or": (_list(2, 10), "a list of 2 to 10 conditions"),
    "Fn::Not": (_list(1, 1), "a list of one condition"),
    "Fn::Equals": (_list(2, 2), "a list of two values"),
    **dict.fromkeys(
        (
            *("Fn::Base64", "Fn::GetAZs", "Fn::ImportValue", "Fn::Transform", "Fn::Contains"),
            *("Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::RefAll", "Fn::ValueOf"),
            *("Fn::ValueOfAll", "Fn::GetStackOutput"),
        ),
        (lambda _: True, ""),
    ),
}
WITH_EXTENSIONS = ("Fn::Length", "Fn::ToJsonString")


def refused(before: Templates, after: Templates, done: Sequence[Step]) -> Iterator[Finding]:
    """Yield what CloudFormation refuses in what patches changed, each at the operation that has put
    it there. What a macro makes of a template is not known."""
    for name in dict.fromkeys(step.template for step in done):
        template = after[name]
        if "Transform" in template:
            continue
        of = [
            (steps(position(template, step.operation)), step)
            for step in done
            if step.template == name
        ]
        for where, message, hint in _template(before[name], template):
            yield Finding(_culprit(where, of).path, "CAM219", message, hint)


def _culprit(place: Place, done: Sequence[tuple[list[str], Step]]) -> Step:
    """Return the last operation that wrote the place, something in it, or else in its resource."""

    def wrote(path: list[str], place: Place) -> bool:
        pairs = zip(path, map(str, place), strict=False)
        return all(one in ("-", other) for one, other in pairs)

    near = (step for at in (place, place[:2]) for path, step in reversed(done) if wrote(path, at))
    return next(near, done[-1][1])


def _template(before: Template, after: Template) -> Iterator[Misfit]:
    for section, value in after.items():
        if section not in SECTIONS:
            near = closest(section, SECTIONS)
            hint = f"did you mean {near}?" if near else f"a template has {', '.join(SECTIONS)}"
            yield (section,), f"CloudFormation knows no section {section} in a template", hint
        elif section == "Resources":
            for title, resource in value.items():
                if not same(resource, before["Resources"].get(title)):
                    yield from _resource(title, resource)
            yield from (*joined(value), *listeners(value))
        elif not same(value, before.get(section)):
            yield from _section(section, value)


def _section(section: str, value: Any) -> Iterator[Misfit]:
    if section in ("AWSTemplateFormatVersion", "Description"):
        if not isinstance(value, str) or (section != "Description" and value != "2010-09-09"):
            only = "a text" if section == "Description" else "2010-09-09 alone"
            yield (section,), f"CloudFormation takes {only} as {section}", "undo the change"
        return
    if not isinstance(value, dict):
        yield (section,), f"{section} is not a mapping, which CloudFormation expects", None
        return
    yield from _values((section,), value)
    for name, each in value.items():
        lacks = {"Outputs": "Value", "Parameters": "Type"}.get(section)
        if lacks and (not isinstance(each, dict) or lacks not in each):
            yield (section, name), f"{section}.{name} has no {lacks}", f"add its {lacks}"
        elif section == "Parameters" and not re.fullmatch(PARAMETER, str(each["Type"])):
            hint = "write for example String, Number or CommaDelimitedList"
            yield (section, name, "Type"), f"{section}.{name} has no Type that there is", hint
        elif section == "Conditions" and not isinstance(each, dict):
            message = f"the condition {name} is no call of a function"
            yield (section, name), message, "write for example {Fn::Equals: [{Ref: Stage}, prod]}"


def _resource(title: str, resource: Mapping[str, Any]) -> Iterator[Misfit]:
    here: Place = ("Resources", title)
    kind = str(resource["Type"])
    if not re.fullmatch(TYPE, kind):
        yield (*here, "Type"), f"{title}: {kind[:80]!r} is not the name of a resource type", None
    elif kind.startswith("AWS::") and kind not in resource_types():
        near = closest(kind, resource_types())
        if near and distance(kind, near) <= 1:  # more may be a type that is new
            message = f"{title}: CloudFormation knows no resource type {kind}"
            yield (*here, "Type"), message, f"did you mean {near}?"
    for name in resource:
        if name not in ATTRIBUTES:
            near = closest(name, ATTRIBUTES)
            hint = f"did you mean {near}?" if near else "put a property under Properties"
            yield (*here, name), f"{title}: a resource has no attribute {name}", hint
    for name, values in POLICIES.items():
        if name in resource and resource[name] not in values:
            message = f"{title}: {name} is none of {', '.join(values)}"
            yield (*here, name), message, None
        elif resource.get(name) == "Snapshot" and kind not in WITH_SNAPSHOTS:
            message = f"{title}: {kind} has no snapshots, so {name} cannot be Snapshot"
            yield (*here, name), message, "write Retain to keep it"
    for name, allowed in (("DependsOn", (str, list)), ("Condition", (str,))):
        if not isinstance(resource.get(name, ""), allowed):
            what = "a name or a list of names" if list in allowed else "the name of a condition"
            yield (*here, name), f"{title}: {name} is not {what}", None
    yield from _values(here, resource)
    yield from misfits(title, kind, resource.get("Properties", {}))
    yield from misuses(title, kind, resource.get("Properties"))


def _values(place: Place, value: Any) -> Iterator[Misfit]:
    """Yield values that are null, and calls of functions that are none."""
    if value is None:
        yield (
            place,
            f"{'.'.join(map(str, place[1:]))} is null, which CloudFormation refuses in templates",
            "remove a property with `op: remove`, or write {Ref: AWS::NoValue}",
        )
    if isinstance(value, dict):
        if len(value) == 1:
            yield from _function(place, *next(iter(value.items())))
        for key, each in value.items():
            yield from _values((*place, key), each)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _values((*place, index), each)


def _function(place: Place, name: str, argument: Any) -> Iterator[Misfit]:
    where = ".".join(map(str, place[1:]))
    if name in FUNCTIONS:
        fits, takes = FUNCTIONS[name]
        if argument is not None and not fits(argument):
            yield place, f"{where}: {name} takes {takes}", None
    elif name in WITH_EXTENSIONS:
        hint = "add {Transform: AWS::LanguageExtensions} to the template with a patch of its own"
        yield place, f"{where}: {name} needs the transform AWS::LanguageExtensions", hint
    elif name.startswith("Fn::") and (near := closest(name, [*FUNCTIONS, *WITH_EXTENSIONS])):
        yield place, f"{where}: CloudFormation knows no function {name}", f"did you mean {near}?"
