"""Deletion policies: `on_delete` in CloudFormation's words.

Every resource that holds data, and every key that encrypts it, carries both policies.
"""

from typing import Any

from troposphere import Delete, Retain, RetainExceptOnCreate, Snapshot

_POLICIES = {
    # A creation that fails leaves nothing behind; resources that were in use stay (AWS docs,
    # DeletionPolicy attribute). UpdateReplacePolicy has no RetainExceptOnCreate.
    "retain": {"DeletionPolicy": RetainExceptOnCreate, "UpdateReplacePolicy": Retain},
    "snapshot": {"DeletionPolicy": Snapshot, "UpdateReplacePolicy": Snapshot},
    # Of buckets that AWS writes into from the start, which even a creation that fails could not
    # delete.
    "always retain": {"DeletionPolicy": Retain, "UpdateReplacePolicy": Retain},
    "delete": {"DeletionPolicy": Delete, "UpdateReplacePolicy": Delete},
}


def retention(on_delete: str) -> dict[str, Any]:
    """Return the two policies of a resource; `on_delete` is retain, always retain, snapshot or
    delete."""
    return _POLICIES[on_delete]


def key_retention(on_delete: str) -> dict[str, Any]:
    """Return the two policies of the KMS key for a resource with this `on_delete`.

    A snapshot cannot be read without its key, so the key is kept for a snapshot too.
    """
    return _POLICIES["delete" if on_delete == "delete" else "retain"]
