"""The change of one resource, put together from our comparison and CloudFormation's change set."""

from typing import Any

import pytest

from camformation.deploy.plan.changes import CHANGED_AFTER_APPLY, resource_change
from camformation.deploy.plan.merge import Detail, Entry
from camformation.deploy.plan.model import Action, Origin, Replacement, ResourceChange
from camformation.deploy.plan.origins import Written
from camformation.deploy.plan.phantom import Judged
from camformation.deploy.plan.replacement import Prediction
from camformation.deploy.plan.symbols import Address
from camformation.deploy.plan.template_diff import AttributeDifference, Kind, ResourceDiff
from camformation.deploy.plan.values import ABSENT, Item
from camformation.diagnostics import Location

A, B = Address("storage", "A"), Address("network", "B")
NEVER, PERHAPS, ALWAYS = "Never", "Conditionally", "Always"


def leaf(
    *path: Any, before: Any = 1, after: Any = 2, cause: Address | None = None, **more: Any
) -> AttributeDifference:
    return AttributeDifference(
        more.pop("attribute", "Properties"), path, before, after, cause, **more
    )


def ours(
    *leaves: AttributeDifference,
    required: tuple[str, ...] | None = None,
    kind: Kind = Kind.MODIFIED,
    replaced: str = NEVER,
    address: Address = A,
    **more: str,
) -> Prediction:
    before, after = kind is not Kind.ADDED, kind is not Kind.REMOVED
    diff = ResourceDiff(
        address, kind, "Ours", {} if before else None, {} if after else None, leaves, **more
    )
    return Prediction(diff, required or (NEVER,) * len(leaves), replaced)


def detail(name: str = "Mode", **more: Any) -> Detail:
    usual: dict[str, Any] = {
        "attribute": "Properties",
        "path": "",
        "requires_recreation": NEVER,
        "evaluation": "Static",
        "source": "DirectModification",
        "causing_entity": "",
        "before": None,
        "after": None,
    }
    return Detail(name=name, **usual | more)


def theirs(*details: Detail, folded: tuple[Detail, ...] = (), **more: Any) -> Judged:
    usual: dict[str, Any] = {
        "action": "Modify",
        "logical_id": "A",
        "type": "Theirs",
        "physical_id": "a-1",
        "replacement": "False",
        "policy_action": None,
        "scope": (),
    }
    return Judged(Entry(details=(*details, *folded), **usual | more), details, folded, False)


def located(template: str, name: str, path: tuple[str | int, ...]) -> Location | None:
    """Return a location that says what was asked for; none for what the spec does not say."""
    if "Unsaid" in path or name == "Unsaid":
        return None
    return Location("/".join(map(str, (template, name, *path))), 1)


def changed(
    prediction: Prediction | None, judged: Judged | None = None, **others: Any
) -> ResourceChange:
    predictions = {A: prediction} if prediction else {}
    predictions |= {each.diff.address: each for each in others.values()}
    return resource_change(A, predictions, judged, Written(located, first=True))


ADDED, REMOVED = ours(kind=Kind.ADDED), ours(kind=Kind.REMOVED, on_delete="Snapshot")
IN_PLACE, MAYBE, REPLACED = (
    ours(leaf("Mode")),
    ours(leaf("Mode"), replaced=PERHAPS),
    ours(leaf("Mode"), replaced=ALWAYS),
)
SURE, UNSURE = detail(), detail(evaluation="Dynamic")
FALSE, CONDITIONAL, TRUE = Replacement.FALSE, Replacement.CONDITIONAL, Replacement.TRUE

# our prediction; CloudFormation's word; what is done, and whether by replacement
DONE: list[tuple[Prediction | None, Judged | None, Action, Replacement]] = [
    # ours alone
    (ADDED, None, Action.ADD, FALSE),
    (REMOVED, None, Action.DELETE, FALSE),
    (IN_PLACE, None, Action.CHANGE, FALSE),
    (MAYBE, None, Action.CHANGE, CONDITIONAL),
    (REPLACED, None, Action.REPLACE, TRUE),
    # CloudFormation's alone
    (None, theirs(SURE), Action.CHANGE, FALSE),
    (None, theirs(SURE, replacement="Conditional"), Action.CHANGE, CONDITIONAL),
    (None, theirs(SURE, replacement="True"), Action.REPLACE, TRUE),
    (None, theirs(action="Add", replacement=""), Action.ADD, FALSE),
    (None, theirs(action="Remove", replacement=""), Action.DELETE, FALSE),
    (None, theirs(action="Import", replacement=""), Action.IMPORT, FALSE),
    (None, theirs(action="Dynamic", replacement=""), Action.CHANGE, CONDITIONAL),
    # both: the more serious
    (IN_PLACE, theirs(SURE, replacement="True"), Action.REPLACE, TRUE),
    (IN_PLACE, theirs(SURE, replacement="Conditional"), Action.CHANGE, CONDITIONAL),
    (REPLACED, theirs(SURE), Action.REPLACE, TRUE),
    (REPLACED, theirs(action="Dynamic", replacement=""), Action.REPLACE, TRUE),
    (IN_PLACE, theirs(action="Dynamic", replacement=""), Action.CHANGE, CONDITIONAL),
    # CloudFormation settles what our schema leaves open, if all of its details are certain
    (MAYBE, theirs(SURE), Action.CHANGE, FALSE),
    (MAYBE, theirs(SURE, UNSURE), Action.CHANGE, CONDITIONAL),
    (MAYBE, theirs(), Action.CHANGE, CONDITIONAL),
    (MAYBE, theirs(SURE, replacement="True"), Action.REPLACE, TRUE),
    # it exists, or does not, whatever the deployed templates say
    (ADDED, theirs(SURE), Action.CHANGE, FALSE),
    (IN_PLACE, theirs(action="Add", replacement=""), Action.ADD, FALSE),
    (REMOVED, theirs(action="Remove", replacement=""), Action.DELETE, FALSE),
]


@pytest.mark.parametrize(("prediction", "judged", "action", "replacement"), DONE)
def test_what_is_done(
    prediction: Prediction | None,
    judged: Judged | None,
    action: Action,
    replacement: Replacement,
) -> None:
    found = changed(prediction, judged)
    assert (found.action, found.replacement) == (action, replacement)
    assert (found.component, found.logical_id) == ("storage", "A")
    alone = prediction is None or (prediction is ADDED and judged is not None)
    both = Origin.BOTH if judged else Origin.TEMPLATES
    assert found.origin is (Origin.CHANGE_SET if alone else both)
    assert found.type == ("Theirs" if alone else "Ours")
    assert found.physical_id == ("a-1" if judged else None)
    if action not in (Action.CHANGE, Action.REPLACE):
        assert (found.properties, found.chain) == ((), ("A",))


# our prediction, CloudFormation's word, what becomes of the present resource
OLD: list[tuple[Prediction | None, Judged | None, str | None]] = [
    (ADDED, None, None),
    (IN_PLACE, None, None),
    (REMOVED, None, "Snapshot"),
    (ours(leaf("Mode"), replaced=ALWAYS, on_replace="Retain"), None, "Retain"),
    (ours(leaf("Mode"), replaced=PERHAPS, on_replace="Retain"), None, "Retain"),
    (REMOVED, theirs(action="Remove", policy_action="Retain"), "Retain"),
    (REPLACED, theirs(SURE, policy_action="ReplaceAndSnapshot"), "Snapshot"),
    (REPLACED, theirs(SURE, policy_action="ReplaceAndDelete"), "Delete"),
    (None, theirs(SURE, replacement="True"), "Delete"),
    (None, theirs(action="Remove"), "Delete"),
    (None, theirs(SURE, policy_action="Delete"), None),
]


@pytest.mark.parametrize(("prediction", "judged", "old"), OLD)
def test_what_becomes_of_the_present_resource(
    prediction: Prediction | None, judged: Judged | None, old: str | None
) -> None:
    assert changed(prediction, judged).old_resource == old


# a leaf, and how it is told: path, before, after, where
TOLD: list[tuple[AttributeDifference, tuple[str, Any, Any, str]]] = [
    (leaf("Mode"), ("Mode", 1, 2, "storage/A/Properties/Mode")),
    (
        leaf("Tags", Item("team", 3), "Value"),
        ("Tags[team].Value", 1, 2, "storage/A/Properties/Tags/3/Value"),
    ),
    (leaf("Mode", before=ABSENT), ("Mode", None, 2, "storage/A/Properties/Mode")),
    (leaf("Mode", after=ABSENT), ("Mode", 1, None, "storage/A")),
    (leaf("Mode", cause=B), ("Mode", 1, CHANGED_AFTER_APPLY, "storage/A/Properties/Mode")),
    (leaf("A", attribute="Metadata"), ("A", 1, 2, "storage/A/Metadata/A")),
    (leaf(attribute="DeletionPolicy"), ("", 1, 2, "storage/A/DeletionPolicy")),
]


@pytest.mark.parametrize(("given", "told"), TOLD)
def test_our_differences_are_told(
    given: AttributeDifference, told: tuple[str, Any, Any, str]
) -> None:
    (found,) = changed(ours(given, required=(PERHAPS,))).properties
    path, before, after, where = told
    assert (found.path, found.before, found.after) == (path, before, after)
    assert found.location == Location(where, 1)
    assert (found.attribute, found.requires_recreation) == (given.attribute, PERHAPS)
    assert (found.cause, found.certain, found.sensitive) == (
        "B" if given.cause else None,
        True,
        False,
    )


def test_a_secret_value_is_hidden_on_either_side() -> None:
    def environment(before: Any, after: Any) -> Any:
        place = ("Environment", Item("CAMUNDA_PASSWORD", 0))
        (found,) = changed(ours(leaf(*place, before=before, after=after))).properties
        return found

    for found in (environment("hunter2", ABSENT), environment(ABSENT, "hunter2")):
        assert found.sensitive and "hunter2" not in str((found.before, found.after))


# CloudFormation's detail, and how it is told: path, before, after, where, cause, certain
REPORTED: list[tuple[Detail, tuple[str, Any, Any, str, str | None, bool]]] = [
    (SURE, ("Mode", None, None, "storage/A/Properties/Mode", None, True)),
    (
        detail(path="/Properties/Tags/0/Value", before="a", after="b"),
        ("Tags[0].Value", "a", "b", "storage/A/Properties/Tags/0/Value", None, True),
    ),
    (
        detail(before="5", after='{"a": 1}'),
        ("Mode", 5, {"a": 1}, "storage/A/Properties/Mode", None, True),
    ),
    (
        detail(source="ResourceReference", causing_entity="B", evaluation="Dynamic"),
        ("Mode", None, None, "storage/A/Properties/Mode", "B", False),
    ),
    (
        detail(source="Automatic"),
        ("Mode", None, None, "storage/A/Properties/Mode", None, True),
    ),
    (
        detail(causing_entity="B"),
        ("Mode", None, None, "storage/A/Properties/Mode", None, True),
    ),
    (
        detail("", attribute="Metadata"),
        ("", None, None, "storage/A/Metadata", None, True),
    ),
]


@pytest.mark.parametrize(("given", "told"), REPORTED)
def test_what_only_cloudformation_says_is_told(
    given: Detail, told: tuple[str, Any, Any, str, str | None, bool]
) -> None:
    (found,) = changed(None, theirs(given)).properties
    path, before, after, where, cause, certain = told
    assert (found.path, found.before, found.after) == (path, before, after)
    assert found.location == Location(where, 1)
    assert (found.cause, found.certain, found.sensitive) == (cause, certain, False)
    assert (found.attribute, found.requires_recreation) == (given.attribute, NEVER)


def test_what_cloudformation_says_of_a_secret_is_hidden_on_either_side() -> None:
    secrets: list[dict[str, Any]] = [{"before": "hunter2"}, {"after": "hunter2"}]
    for more in secrets:
        given = detail("MasterUserPassword", requires_recreation=ALWAYS, **more)
        (found,) = changed(None, theirs(given)).properties
        assert found.sensitive and "hunter2" not in str((found.before, found.after))
        assert found.requires_recreation == ALWAYS


def paths(change: ResourceChange) -> list[str]:
    return [each.path for each in change.properties]


def test_of_what_both_say_ours_is_told_and_theirs_once() -> None:
    prediction = ours(leaf("Mode"), leaf("Tags", Item("a", 0)))
    assert paths(changed(prediction, theirs(SURE, detail("Size"), detail("Tags")))) == [
        "Mode",
        "Tags[a]",
        "Size",
    ]
    assert paths(changed(None, theirs(SURE, SURE, detail("Size")))) == ["Mode", "Size"]
    twice = (detail(path="/Properties/Mode/A"), detail(path="/Properties/Mode/B"))
    assert paths(changed(None, theirs(*twice))) == ["Mode.A", "Mode.B"]
    assert paths(changed(ours(leaf("Mode", attribute="Metadata")), theirs(SURE))) == ["Mode"] * 2
    assert paths(changed(ours(leaf()), theirs(SURE))) == ["", "Mode"]


def test_folded_details_are_not_told() -> None:
    assert paths(changed(None, theirs(SURE, folded=(detail("Other"),)))) == ["Mode"]


def where(*leaves: AttributeDifference, **others: Any) -> str | None:
    found = changed(ours(*leaves), **others).location
    return found.file if found else None


def test_a_change_stands_where_it_begins() -> None:
    cause = ours(leaf("Cidr"), address=B)
    assert where(leaf("Mode")) == "storage/A/Properties/Mode"
    assert where(leaf("Mode", cause=B), other=cause) == "network/B/Properties/Cidr"
    assert where(leaf("Mode", cause=B)) == "storage/A"  # the cause is not known: its section
    assert where(leaf("Unsaid"), leaf("Size")) == "storage/A/Properties/Size"
    assert where(leaf("Unsaid")) is None
    unsaid = Address("network", "Unsaid")
    assert where(leaf("Unsaid", cause=unsaid), other=ours(leaf("X"), address=unsaid)) is None


def test_the_chain_leads_to_it() -> None:
    found = changed(ours(leaf("Mode", cause=B)), other=ours(leaf("Cidr"), address=B))
    assert found.chain == ("B", "A")
    assert changed(None, theirs(SURE)).chain == ("A",)
