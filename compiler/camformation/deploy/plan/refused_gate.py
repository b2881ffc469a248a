"""Gate checks for properties that their service never changes, though schemas call them mutable."""

from collections.abc import Iterator, Mapping

from camformation.deploy.plan.blocks import forbidden
from camformation.deploy.plan.model import Block, ResourceChange
from camformation.deploy.plan.situation import Properties, Situation
from camformation.deploy.plan.symbols import shown

INSIGHTS = ("AWS::RDS::DBCluster", "PerformanceInsightsKmsKeyId")
NEW_KEY = "create another key for new data"
REFUSED: Mapping[tuple[str, str], str] = {
    **{("AWS::KMS::Key", each): NEW_KEY for each in ("KeySpec", "KeyUsage", "MultiRegion")},
    ("AWS::KMS::Key", "Origin"): NEW_KEY,
    ("AWS::Logs::LogGroup", "LogGroupClass"): (
        "another class needs a new log group: change LogGroupName in the same deployment"
    ),
    INSIGHTS: "keep the key of Performance Insights as it is deployed",
}
"""Properties by type, and the advice (CloudFormation Template Reference: of these the
update request fails; Terraform AWS provider, performance_insights_kms_key_id: once it is set, it
can never be changed)."""

TOKEN = "ServiceToken"
DEFAULTS = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False}
DEFAULTS |= {"Origin": "AWS_KMS", "LogGroupClass": "STANDARD"}


def refused_gate(situation: Situation) -> Iterator[Block]:
    """Yield changes that always fail (CAM798, which cannot be allowed)."""
    for change, before, after in situation.updated():
        for (kind, name), instead in REFUSED.items():
            if kind == change.type and _differs(before, after, name):
                yield _refused(change, name, before, after, instead)
        leaf = change.change_of(TOKEN)
        if leaf and change.type.startswith("Custom::"):
            yield forbidden(
                change,
                "CAM798",
                f"{change.logical_id}: its function would be replaced, and CloudFormation cannot "
                f"change the {TOKEN} of a custom resource: the deployment would fail at this "
                "resource, and be rolled back",
                "undo what replaces the function, such as another name",
                leaf.location or change.location,
            )


def _differs(before: Properties, after: Properties, name: str) -> bool:
    """Whether an existing value of a property changes."""
    old, new = (shown(each.get(name, DEFAULTS.get(name, ""))) for each in (before, after))
    return bool(old and new) and old != new


def _refused(
    change: ResourceChange, name: str, before: Properties, after: Properties, instead: str
) -> Block:
    old, new = (shown(each.get(name, DEFAULTS.get(name, ""))) for each in (before, after))
    leaf = change.change_of(name)
    return forbidden(
        change,
        "CAM798",
        f"{change.logical_id}: {name} goes from {old} to {new}, and AWS cannot change it after "
        "creation: the deployment would fail at this resource, and be rolled back",
        f"undo the change; {instead}",
        leaf.location if leaf else change.location,
    )
