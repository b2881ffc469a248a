"""What importing stacks needs besides StackSets: reading them, and a place for a long list."""

from collections.abc import Callable
from hashlib import sha256

from camformation.cli.fleeting import Fleet, artifact_bucket_of
from camformation.cli.options import Where
from camformation.cli.target import Connection
from camformation.deploy.cloud import Clock, Stacks
from camformation.deploy.target import target_for


def reader(at: Connection, where: Where, role: str | None) -> Callable[[str, str], Stacks | None]:
    """Return what gives CloudFormation of an account and region: ours, or by a role there."""

    def read(account: str, region: str) -> Stacks | None:
        from camformation.deploy.aws.connection import connect

        arn = where.role_arn
        if account != at.caller.account:
            if role is None:
                return None
            arn = f"arn:{at.caller.partition}:iam::{account}:role/{role}"
        elif region == at.cloud.region:
            return at.cloud.stacks
        target = target_for(spec_region=None, region=region, profile=where.profile, role_arn=arn)
        return connect(target).stacks

    return read


def uploader(
    fleet: Fleet, at: Connection, clock: Clock, given: str | None
) -> Callable[[str], str] | None:
    """Return what puts a list of stacks into the artifact bucket; None where there is none."""
    bucket = artifact_bucket_of(fleet, at, given)
    if bucket is None:
        return None

    def upload(text: str) -> str:
        content = text.encode()
        key = f"camformation/stacks/{sha256(content).hexdigest()}.txt"
        at.cloud.objects.put(bucket.name, key, content)
        return bucket.url(key)

    return upload
