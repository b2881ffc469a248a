"""Buckets in patches that Amazon S3 refuses.

Source: Amazon S3 User Guide, Controlling ownership of objects; Specifying encryption; Object Lock
considerations; Requirements for replication; Lifecycle transitions (considerations).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from camformation.patches.property_kinds import Misfit, Place
from camformation.shapes import entries, mapping, whole

INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
SOONEST = 30  # days after which objects move to these


def bucket(p: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield what Amazon S3 refuses of a bucket."""
    ownership = [
        each.get("ObjectOwnership")
        for _, each in entries(mapping(p.get("OwnershipControls")).get("Rules"))
    ]
    acl = p.get("AccessControl")
    if isinstance(acl, str) and acl != "Private" and "BucketOwnerEnforced" in ownership:
        message = f"Amazon S3 refuses the ACL {acl} where OwnershipControls is BucketOwnerEnforced"
        yield ("AccessControl",), message, "remove it, and use a bucket policy"
    encryption = mapping(p.get("BucketEncryption")).get("ServerSideEncryptionConfiguration")
    for index, each in entries(encryption):
        default = mapping(each.get("ServerSideEncryptionByDefault"))
        if default.get("SSEAlgorithm") == "AES256" and default.get("KMSMasterKeyID"):
            at = ("BucketEncryption", "ServerSideEncryptionConfiguration", index)
            message = "SSEAlgorithm AES256 takes no KMSMasterKeyID"
            hint = "leave aws:kms, or remove KMSMasterKeyID too"
            yield (*at, "ServerSideEncryptionByDefault", "SSEAlgorithm"), message, hint
    if mapping(p.get("VersioningConfiguration")).get("Status") == "Suspended":
        for name, what in (
            ("ObjectLockEnabled", "Object Lock"),
            ("ReplicationConfiguration", "replication"),
        ):
            if p.get(name):
                message = f"a bucket with {what} cannot suspend its versions"
                yield ("VersioningConfiguration", "Status"), message, "leave Enabled"
    for index, each in entries(mapping(p.get("LifecycleConfiguration")).get("Rules")):
        at = ("LifecycleConfiguration", "Rules", index)
        yield from (((*at, *place), what, to_do) for place, what, to_do in _lifecycle(each))


def _lifecycle(r: Mapping[str, Any]) -> Iterator[Misfit]:
    ends = whole(r.get("ExpirationInDays"))
    single: Place = ("Transition",)
    several = [(("Transitions", n), each) for n, each in entries(r.get("Transitions"))]
    for place, each in ((single, mapping(r.get("Transition"))), *several):
        after, kind = whole(each.get("TransitionInDays")), each.get("StorageClass")
        if after is None:
            continue
        if kind in INFREQUENT and after < SOONEST:
            message = (
                f"Amazon S3 moves objects to {kind} after {SOONEST} days or more, not after {after}"
            )
            yield (*place, "TransitionInDays"), message, f"write {SOONEST} or more"
        if ends is not None and after >= ends:
            message = f"objects expire after {ends} days, before they move to {kind}"
            yield (*place, "TransitionInDays"), message, "let them move sooner, or expire later"
