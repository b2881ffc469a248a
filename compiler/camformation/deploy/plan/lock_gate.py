"""The gate check for Object Lock of a bucket, which S3 never switches off."""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import forbidden
from camformation.deploy.plan.model import Action, Block
from camformation.deploy.plan.situation import Situation

BUCKET = "AWS::S3::Bucket"
ENABLED = "ObjectLockEnabled"


def lock_gate(situation: Situation) -> Iterator[Block]:
    """Block the end of Object Lock (CAM717): S3 refuses it, and the deployment would fail."""
    for change in situation.changes:
        if change.type != BUCKET or change.action is not Action.CHANGE:
            continue
        before, after = (
            resources.get(change.address, {}).get("Properties", {})
            for resources in (situation.before, situation.after)
        )
        if before.get(ENABLED) and not after.get(ENABLED):
            leaf = next((p for p in change.properties if p.path.startswith(ENABLED)), None)
            yield forbidden(
                change,
                "CAM717",
                f"{change.logical_id}: S3 cannot switch Object Lock off again, so the deployment "
                "would fail",
                "keep `storage.backup.object_lock`; fewer `days`, or mode governance, apply to "
                "objects written later",
                leaf.location if leaf else change.location,
            )
