"""Gate checks for KMS keys: data written with one key can be read only with it."""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import ALLOW, blocked, warned
from camformation.deploy.plan.model import Action, Block, ResourceChange
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, shown
from camformation.deploy.plan.template_diff import Resources, properties_of
from camformation.shapes import listed, mapping, mappings, properties

ADMIN_KEY = "MasterUserSecret.KmsKeyId"
ENCRYPTION = "BucketEncryption"


def key_gate(situation: Situation) -> Iterator[Block]:
    """Yield a block for every change of a key that makes its encrypted data unreadable.

    A file system or a database with another key is replaced, which is blocked anyway.
    """
    for change in situation.changes:
        if change.action is not Action.CHANGE:
            continue
        if change.type == "AWS::RDS::DBCluster":
            yield from _admin_secret(change)
        elif change.type == "AWS::S3::Bucket":
            yield from _bucket(situation, change)
        elif change.type == "AWS::Logs::LogGroup":
            yield from _log_group(change)
        elif change.type == "AWS::KMS::Key":
            yield from _switched_off(change)


def _switched_off(change: ResourceChange) -> Iterator[Block]:
    """Block a disabled key: nothing can be decrypted with it from then on (AWS KMS Developer Guide,
    How unusable KMS keys affect data keys)."""
    for leaf in change.properties:
        if leaf.path == "Enabled" and str(leaf.after).lower() == "false":
            yield blocked(
                change,
                "CAM658",
                f"{change.logical_id}: the key is disabled: nothing encrypted with it can be read "
                "or written until it is enabled again, and RDS stops a database that cannot use "
                "its key",
                "keep it enabled as long as anything is encrypted with it; " + ALLOW,
                leaf.location,
            )


def _admin_secret(change: ResourceChange) -> Iterator[Block]:
    """Block another key for the administrator's secret, which RDS manages and does not release (RDS
    API Reference, ModifyDBCluster, MasterUserSecretKmsKeyId)."""
    for leaf in change.properties:
        if leaf.path and ADMIN_KEY.startswith(leaf.path):
            yield blocked(
                change,
                "CAM654",
                f"{change.logical_id}: the key of the administrator's secret changes from "
                f"{shown(leaf.before)} to {shown(leaf.after)}, which RDS refuses once it manages "
                "the secret: the deployment would fail at this resource, and be rolled back",
                "keep `secrets.kms_key_arn` as it is deployed; " + ALLOW,
                leaf.location,
            )


def _bucket(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    leaves = [leaf for leaf in change.properties if leaf.path.startswith(ENCRYPTION)]
    if not leaves:
        return
    before, after = _keys(situation.before, change.address), _keys(situation.after, change.address)
    for key in sorted(before - after):
        if _still_read(situation, key):
            continue
        new = " and ".join(sorted(after)) or "S3's own key"
        yield blocked(
            change,
            "CAM658",
            f"{change.logical_id}: the key changes from {key} to {new}: brokers could no longer "
            f"read {_content(change)}",
            "keep the key that is deployed; or first let brokers decrypt with the old one, by a "
            "policy in `orchestration.task_policies`, and keep that key; " + ALLOW,
            next((leaf.location for leaf in leaves if leaf.location), None),
        )


def _content(change: ResourceChange) -> str:
    name = change.logical_id.lower()
    known = {
        "nodeid": "the existing leases, through which they find their data, and would stop",
        "backup": "the existing backups",
        "document": "the existing documents",
    }
    return next((what for part, what in known.items() if part in name), "the objects in it")


def _keys(resources: Resources, bucket: Address) -> set[str]:
    """Return the KMS keys of a bucket's encryption."""
    encryption = properties_of(resources, bucket).get(ENCRYPTION)
    found = [each.get("ServerSideEncryptionConfiguration") for each in mappings(encryption)]
    rules = [rule.get("ServerSideEncryptionByDefault") for each in found for rule in mappings(each)]
    defaults = mappings(rules)
    return {shown(each["KMSMasterKeyID"]) for each in defaults if "KMSMasterKeyID" in each}


def _still_read(situation: Situation, key: str) -> bool:
    """Whether all roles that may decrypt with a key, and remain, still may afterwards."""
    before = {role for role in _readers(situation.before, key) if role in situation.after}
    return bool(before) and before <= _readers(situation.after, key)


def _readers(resources: Resources, key: str) -> set[Address]:
    return {
        address
        for address, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
        for policy in mappings(properties(resource).get("Policies"))
        for statement in mappings(mapping(policy.get("PolicyDocument")).get("Statement"))
        if statement.get("Effect") == "Allow"
        and {"kms:Decrypt", "kms:*", "*"} & set(map(shown, listed(statement.get("Action"))))
        and key in map(shown, listed(statement.get("Resource")))
    }


def _log_group(change: ResourceChange) -> Iterator[Block]:
    """Warn of another key of a log group: CloudWatch Logs reads older events with the older key
    (CloudWatch Logs User Guide, Encrypt log data using AWS KMS)."""
    for leaf in change.properties:
        if leaf.path == "KmsKeyId" and leaf.before is not None:
            yield warned(
                change,
                "CAM658",
                f"{change.logical_id}: the key changes from {shown(leaf.before)}: older log "
                "events can be read only as long as that key exists",
                "keep the old key until the log group's retention period has passed",
                leaf.location,
            )
