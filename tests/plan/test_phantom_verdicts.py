"""Verdicts on single details of a change set: which are real, and which only might have been.

`Mount` stands in the template `storage`; its parameter `Subnet` is fed by the output of `network`,
`Key` by a literal that changes, `Left` by nothing. What is known beside the change set is what our
own comparison of the templates predicts.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from camformation.deploy.plan.merge import Detail, Entry
from camformation.deploy.plan.phantom import (
    Comparison,
    Judged,
    judge,
    judged_stacks,
    replacement,
)
from camformation.deploy.plan.provider_schemas import ResourceSchema
from camformation.deploy.plan.replacement import Prediction
from camformation.deploy.plan.symbols import Address, Resolver
from camformation.deploy.plan.template_diff import AttributeDifference, Kind, ResourceDiff
from camformation.deploy.plan.values import Item, Steps

STACK = "AWS::CloudFormation::Stack"
MOUNT, SUBNET, FILES = (
    Address("storage", "Mount"),
    Address("network", "Subnet"),
    Address("storage", "Files"),
)


def templates(key: str) -> dict[str, Any]:
    passed = {"Subnet": {"Fn::GetAtt": ["Network", "Outputs.SubnetId"]}, "Key": key}
    return {
        "root": {
            "Resources": {
                "Network": {"Type": STACK, "Properties": {}},
                "Storage": {"Type": STACK, "Properties": {"Parameters": passed}},
            }
        },
        "network": {
            "Resources": {"Subnet": {"Type": "Known"}},
            "Outputs": {"SubnetId": {"Value": {"Ref": "Subnet"}}},
        },
        "storage": {
            "Parameters": {"Subnet": {}, "Key": {}, "Left": {}},
            "Resources": {"Mount": {"Type": "Known"}, "Files": {"Type": "Known"}},
        },
    }


def detail(**more: str | None) -> Detail:
    """Return a detail as a nested change set is full of: it might change, for another's sake."""
    usual: dict[str, Any] = {
        "attribute": "Properties",
        "name": "SubnetId",
        "path": "",
        "requires_recreation": "Always",
        "evaluation": "Static",
        "source": "ParameterReference",
        "causing_entity": "Subnet",
        "before": None,
        "after": None,
    }
    return Detail(**usual | more)


def entry(*details: Detail, **more: Any) -> Entry:
    usual: dict[str, Any] = {
        "action": "Modify",
        "logical_id": "Mount",
        "type": "Known",
        "physical_id": "mount-1",
        "replacement": "True",
        "policy_action": None,
        "scope": ("Properties",),
    }
    return Entry(details=details, **usual | more)


def predicted(*leaves: tuple[str, Steps], replaced: str = "Never") -> Prediction:
    found = tuple(AttributeDifference(attribute, path, 1, 2) for attribute, path in leaves)
    diff = ResourceDiff(MOUNT, Kind.MODIFIED, "Known", {}, {}, found)
    return Prediction(diff, ("Never",) * len(found), replaced)


def compared(
    predictions: Mapping[Address, Prediction] | None = None,
    replaced: frozenset[Address] = frozenset(),
) -> Comparison:
    def schemas(kind: str) -> ResourceSchema:
        return ResourceSchema(kind, known=kind == "Known", read_only=frozenset({("Arn",)}))

    old, new = Resolver(templates("old")), Resolver(templates("new"))
    return Comparison(old, new, dict(predictions or {}), schemas, replaced)


def own(*leaves: tuple[str, Steps]) -> Comparison:
    """Our own comparison has these differences of the resource itself."""
    return compared({MOUNT: predicted(*leaves)})


NOTHING = compared()
SUBNET_REPLACED = compared({SUBNET: predicted(("Properties", ("Cidr",)), replaced="Always")})
SUBNET_IN_PLACE = compared({SUBNET: predicted(("Properties", ("Tags",)))})
SUBNET_REPLACED_BY_AWS = compared(replaced=frozenset({SUBNET}))
FILES_CHANGE = compared({FILES: predicted(("Properties", ("Mode",)))})
FILES_REPLACED_BY_AWS = compared(replaced=frozenset({FILES}))
KNOWN_AFTER = "{{changeSet:KNOWN_AFTER_APPLY}}"
FUNCTION = "{{IntrinsicFunction://Fn::GetAtt}}"

# what CloudFormation says; what we know; is it real?
VERDICTS: dict[str, tuple[dict[str, str | None], Comparison, bool]] = {
    # our own difference in the same property
    "the same property": ({}, own(("Properties", ("SubnetId",))), True),
    "inside the same property": ({}, own(("Properties", ("SubnetId", "Deep"))), True),
    "another property": ({}, own(("Properties", ("Other",))), False),
    "all properties": ({}, own(("Properties", ())), True),
    "of two, the second": (
        {},
        own(("Properties", ("Other",)), ("Properties", ("SubnetId",))),
        True,
    ),
    "another attribute": ({}, own(("Metadata", ("SubnetId",))), False),
    "the same attribute": ({"attribute": "Metadata", "name": ""}, own(("Metadata", ("A",))), True),
    "tags as an attribute": (
        {"attribute": "Tags"},
        own(("Properties", ("Tags", Item("a", 0)))),
        True,
    ),
    "tags of another kind": ({"attribute": "Tags"}, own(("Properties", ("Other",))), False),
    "tags that stay": ({"attribute": "Tags"}, own(("Properties", ())), False),
    "a property beside tags": ({}, own(("Properties", ("Tags",))), False),
    # a direct modification
    "direct and static": ({"source": "DirectModification"}, NOTHING, True),
    "direct and dynamic": (
        {"source": "DirectModification", "evaluation": "Dynamic"},
        NOTHING,
        False,
    ),
    "direct and dynamic, with replacements": (
        {"source": "DirectModification", "evaluation": "Dynamic"},
        SUBNET_REPLACED_BY_AWS,
        False,
    ),
    # values on both sides
    "another value": ({"before": "a", "after": "b"}, NOTHING, True),
    "the same value": ({"before": "a", "after": "a"}, SUBNET_REPLACED, False),
    "a value only before": ({"before": "a"}, NOTHING, False),
    "a value only after": ({"after": "b"}, NOTHING, False),
    "a value known later": ({"before": "a", "after": KNOWN_AFTER}, NOTHING, False),
    "a value known later, moved": ({"before": "a", "after": KNOWN_AFTER}, SUBNET_REPLACED, True),
    "a function's value": ({"before": "a", "after": FUNCTION}, NOTHING, False),
    # a parameter
    "fed by what stays": ({}, NOTHING, False),
    "fed by what is replaced": ({}, SUBNET_REPLACED, True),
    "fed by what changes in place": ({}, SUBNET_IN_PLACE, False),
    "fed by what AWS replaces": ({}, SUBNET_REPLACED_BY_AWS, True),
    "fed by what AWS replaces, dynamic": ({"evaluation": "Dynamic"}, SUBNET_REPLACED_BY_AWS, True),
    "dynamic, with replacements elsewhere": (
        {"evaluation": "Dynamic"},
        FILES_REPLACED_BY_AWS,
        False,
    ),
    "fed by a text that changes": ({"causing_entity": "Key"}, NOTHING, True),
    "fed by nothing": ({"causing_entity": "Left"}, NOTHING, False),
    "of another name": ({"causing_entity": "Unheard"}, NOTHING, False),
    # a resource of the same template
    "refers to what stays": (
        {"source": "ResourceReference", "causing_entity": "Files"},
        NOTHING,
        False,
    ),
    "refers to what changes": (
        {"source": "ResourceReference", "causing_entity": "Files"},
        FILES_CHANGE,
        True,
    ),
    "refers to what AWS replaces": (
        {"source": "ResourceReference", "causing_entity": "Files"},
        FILES_REPLACED_BY_AWS,
        True,
    ),
    "an attribute of what stays": (
        {"source": "ResourceAttribute", "causing_entity": "Files.Arn"},
        NOTHING,
        False,
    ),
    "an attribute of what changes": (
        {"source": "ResourceAttribute", "causing_entity": "Files.Arn.More"},
        FILES_CHANGE,
        True,
    ),
    # other sources
    "automatic": ({"source": "Automatic"}, NOTHING, False),
    "no modification": ({"source": "NoModification"}, NOTHING, False),
    "a source that we do not know": ({"source": "Unheard"}, NOTHING, True),
    "one that we do not know, dynamic": (
        {"source": "Unheard", "evaluation": "Dynamic"},
        SUBNET_REPLACED_BY_AWS,
        False,
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_a_detail_is_real_or_not(case: str) -> None:
    said, known, real = VERDICTS[case]
    given = entry(detail(**said))
    found = judge("storage", given, known)
    assert found.entry is given
    assert (found.details, found.folded) == (given.details[:real], given.details[real:])
    assert found.phantom is not real


@pytest.mark.parametrize(
    ("recreation", "real"), [("Never", False), ("Conditionally", True), ("Always", True)]
)
def test_of_a_type_without_schema_a_replacement_is_real(recreation: str, real: bool) -> None:
    given = entry(detail(requires_recreation=recreation), type="Acme::Odd::Thing")
    assert judge("storage", given, NOTHING).phantom is not real


def test_real_details_are_separated_from_others() -> None:
    real, other = detail(source="DirectModification", name="Mode"), detail()
    found = judge("storage", entry(other, real), NOTHING)
    assert (found.details, found.folded, found.phantom) == ((real,), (other,), False)


# what CloudFormation says of a nested stack; is it real?
OF_STACKS: dict[str, tuple[dict[str, Any], bool]] = {
    "its template's URL": ({"source": "DirectModification", "name": "TemplateURL"}, False),
    "its arguments": ({"source": "DirectModification", "name": "Parameters"}, False),
    "its tags": ({"source": "DirectModification", "name": "Tags", "attribute": "Tags"}, True),
    "its notifications": ({"source": "DirectModification", "name": "NotificationARNs"}, True),
    "its content": ({"source": "Automatic", "name": "", "before": "a", "after": "b"}, False),
    "a parameter": (
        {"source": "ParameterReference", "name": "X", "before": "a", "after": "b"},
        False,
    ),
}


@pytest.mark.parametrize("case", OF_STACKS)
def test_of_a_nested_stack_only_its_own_properties_are_real(case: str) -> None:
    said, real = OF_STACKS[case]
    given = entry(detail(**said), logical_id="Storage", type=STACK)
    assert judge("root", given, NOTHING).phantom is not real


def test_of_another_resource_a_parameter_named_like_a_stacks_is_real() -> None:
    given = entry(detail(source="DirectModification", name="Parameters"))
    assert not judge("storage", given, NOTHING).phantom


@pytest.mark.parametrize(
    ("more", "phantom"),
    [
        ({"logical_id": "Storage", "type": STACK}, True),
        ({"logical_id": "Storage", "type": STACK, "action": "Remove"}, False),
        ({"logical_id": "Foreign", "type": STACK}, False),  # whose template we do not have
        ({"logical_id": "Storage"}, False),
        ({}, False),
    ],
)
def test_without_details_only_a_nested_stack_of_ours_is_phantom(
    more: dict[str, Any], phantom: bool
) -> None:
    found = judge("root", entry(**more), NOTHING)
    assert (found.details, found.folded, found.phantom) == ((), (), phantom)


@pytest.mark.parametrize("action", ["Add", "Remove", "Import", "Dynamic"])
def test_of_other_actions_every_detail_is_kept(action: str) -> None:
    given = entry(detail(), action=action)
    assert judge("storage", given, NOTHING) == Judged(given, given.details, (), phantom=False)


RECREATED = [
    # nothing folded: CloudFormation's word
    ([], [], "Conditional", "Conditional"),
    ([], [], "", "False"),
    # else the real details'
    ([("Always", "Static")], [()], "Conditional", "True"),
    ([("Always", "Dynamic")], [()], "True", "Conditional"),
    ([("Conditionally", "Static")], [()], "True", "Conditional"),
    ([("Never", "Static")], [()], "True", "False"),
    ([("Never", "Static"), ("Conditionally", "Static"), ("Never", "Static")], [()], "True",
     "Conditional"),
    ([("Conditionally", "Static"), ("Always", "Static")], [()], "True", "True"),
    ([], [()], "True", "False"),
]  # fmt: skip


@pytest.mark.parametrize(("real", "folded", "said", "expected"), RECREATED)
def test_replacement_follows_the_real_details(
    real: list[tuple[str, str]], folded: list[tuple[()]], said: str, expected: str
) -> None:
    details = tuple(detail(requires_recreation=need, evaluation=sure) for need, sure in real)
    others = tuple(detail() for _ in folded)
    found = Judged(entry(*details, replacement=said), details, others, phantom=False)
    assert replacement(found) == expected


REPLACED = entry(
    detail(source="DirectModification", name="KmsKeyId"), logical_id="Files", replacement="True"
)
FOLLOWER = entry(detail(source="ResourceReference", causing_entity="Files", name="FileSystemId"))


@pytest.mark.parametrize(
    ("first", "ours", "phantom"),
    [
        (REPLACED, NOTHING, False),
        (entry(*REPLACED.details, logical_id="Files", replacement="False"), NOTHING, True),
        (entry(*REPLACED.details, logical_id="Files", replacement=""), NOTHING, True),
        (entry(*REPLACED.details, logical_id="Files", action="Add"), NOTHING, True),
        (entry(detail(), logical_id="Files", replacement="True"), NOTHING, True),
    ],
    ids=["replaced", "in place", "unsaid", "added", "phantom"],
)
def test_what_only_cloudformation_knows_to_be_replaced_makes_others_real(
    first: Entry, ours: Comparison, phantom: bool
) -> None:
    """Whatever comes first in the change set."""
    for order in ([first, FOLLOWER], [FOLLOWER, first]):
        stacks = {"storage": {each.logical_id: each for each in order}}
        found = judged_stacks(stacks, ours)
        assert found.keys() == {FILES, MOUNT}
        assert found[MOUNT].phantom is phantom


def test_a_replacement_makes_others_real_from_one_to_the_next() -> None:
    third = entry(
        detail(source="ResourceReference", causing_entity="Mount", name="MountId"),
        logical_id="Third",
    )
    stacks = {"storage": {"Third": third, "Mount": FOLLOWER, "Files": REPLACED}}
    assert not any(each.phantom for each in judged_stacks(stacks, NOTHING).values())


def test_what_we_predict_to_change_in_place_is_not_replaced_for_cloudformation() -> None:
    """Its reader is judged by our prediction."""
    ours = compared({SUBNET: predicted(("Properties", ("Tags",)))})
    given = entry(
        detail(source="DirectModification", name="Tags"), logical_id="Subnet", replacement="True"
    )
    stacks = {"network": {"Subnet": given}, "storage": {"Mount": entry(detail())}}
    assert judged_stacks(stacks, ours)[MOUNT].phantom
