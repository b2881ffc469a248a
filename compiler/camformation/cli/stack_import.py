"""Access to the stacks of an import, and the upload of long lists of their ARNs."""

from collections.abc import Callable
from hashlib import sha256

from camformation.cli.fleets import Fleet, artifact_bucket_of, cloud_in
from camformation.cli.options import Where
from camformation.cli.target import Connection
from camformation.deploy.cloud.protocols import Stacks


def reader(at: Connection, where: Where, role: str | None) -> Callable[[str, str], Stacks | None]:
    """Return the function that connects to CloudFormation in an account and region: with our
    credentials, or with a role there."""

    def read(account: str, region: str) -> Stacks | None:
        if account != at.caller.account and role is None:
            return None
        return cloud_in(at, where, account, region, role or "").stacks

    return read


def uploader(fleet: Fleet, at: Connection, given: str | None) -> Callable[[str], str] | None:
    """Return the function that stores a list of stacks in the artifact bucket; None without a
    bucket."""
    bucket = artifact_bucket_of(fleet, at, given)
    if bucket is None:
        return None

    def upload(text: str) -> str:
        content = text.encode()
        key = f"camformation/stacks/{sha256(content).hexdigest()}.txt"
        at.cloud.objects.put(bucket.name, key, content)
        return bucket.url(key)

    return upload
