"""The outcome of deleting a stack for each of its resources, and the cost of remaining ones."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from camformation.deploy.cloud.stacks import StackResource
from camformation.deploy.plan.holdings import BUCKETS, HOLDINGS
from camformation.deploy.plan.symbols import STACK, Address, Resolver, Symbol, Templates
from camformation.frozen import frozen
from camformation.shapes import number, properties

BUCKET = "AWS::S3::Bucket"
CLUSTER = "AWS::RDS::DBCluster"
KEY = "AWS::KMS::Key"
LOG_GROUP = "AWS::Logs::LogGroup"
SERVICE = "AWS::ECS::Service"

SNAPSHOT_COST = "its storage, per GiB and month"

COSTS: Mapping[str, str] = {
    "AWS::EC2::EIP": "a price per hour",
    "AWS::Backup::BackupVault": "its recovery points, per GiB and month",
    "AWS::EFS::FileSystem": "its storage, per GiB and month",
    "AWS::KMS::Key": "a fixed price per month",
    LOG_GROUP: "its storage, per GiB and month",
    "AWS::RDS::DBCluster": "its storage and backups, per GiB and month",
    "AWS::S3::Bucket": "its storage, per GiB and month",
    "AWS::SecretsManager::Secret": "a fixed price per month",
}
"""Costs of retained resources (the services' pricing pages)."""


class Fate(StrEnum):
    """The outcome for a resource when its stack is deleted."""

    DELETE = "delete"
    RETAIN = "retain"
    SNAPSHOT = "snapshot"


@frozen
class ResourceDeletion:
    """A live resource and the outcome of its deletion: `loss` if it goes, `cost` if it stays."""

    address: Address
    type: str
    physical_id: str
    fate: Fate
    explicit: bool  # set by its template, not CloudFormation's default
    what: str = ""  # in the words of somebody who runs Camunda
    loss: str = ""
    cost: str = ""
    pending_days: int = 0  # of a KMS key: the time in which its deletion can be cancelled
    key: Address | None = None  # the deployment's own KMS key that encrypts it


def resource_deletions(
    templates: Templates, resources: Mapping[str, tuple[StackResource, ...]]
) -> Iterator[ResourceDeletion]:
    """Yield every live resource except the nested stacks themselves, in the order of the templates.

    Templates and live resources are by component.
    """
    resolver = Resolver(templates)
    kept = {child for at, child in resolver.nested.items() if _stays(templates, at)}
    for component, live_ones in resources.items():
        bodies = templates[component].get("Resources", {})
        for live in live_ones:
            gone = live.physical_id is None or live.status == "DELETE_COMPLETE"
            if gone or live.type == STACK:
                continue
            body = bodies.get(live.logical_id, {})
            retained = component in kept or live.status == "DELETE_SKIPPED"
            fate = Fate.RETAIN if retained else _fate(live.type, body)
            what, loss = _words(live.type, live.logical_id)
            yield ResourceDeletion(
                Address(component, live.logical_id),
                live.type,
                str(live.physical_id),
                fate,
                "DeletionPolicy" in body,
                what,
                loss,
                _cost(live.type, fate),
                int(number(properties(body).get("PendingWindowInDays"), 30))
                if live.type == KEY
                else 0,
                _key(resolver, component, body),
            )


def _key(resolver: Resolver, component: str, body: Mapping[str, Any]) -> Address | None:
    value = resolver.value(component, properties(body).get("KmsKeyId"))
    return value.resource if isinstance(value, Symbol) and value.resource.template else None


def _stays(templates: Templates, nested: Address) -> bool:
    body = templates[nested.template]["Resources"][nested.logical_id]
    return _fate(STACK, body) is Fate.RETAIN


def _fate(kind: str, body: Mapping[str, Any]) -> Fate:
    """Return the policy's outcome; Aurora clusters without one are saved as a snapshot
    (DeletionPolicy)."""
    policy = body.get("DeletionPolicy", "Snapshot" if kind == CLUSTER else "Delete")
    if policy in ("Retain", "RetainExceptOnCreate"):
        return Fate.RETAIN
    return Fate.SNAPSHOT if policy == "Snapshot" else Fate.DELETE


def _words(kind: str, logical_id: str) -> tuple[str, str]:
    if kind == BUCKET:
        held = next(held for part, held in BUCKETS if part in logical_id.lower())
        return held.what, held.loss
    if kind == LOG_GROUP:
        return "the log group", ""
    if kind in HOLDINGS and kind != "AWS::RDS::DBInstance":
        return HOLDINGS[kind].what, HOLDINGS[kind].loss
    return "", ""


def _cost(kind: str, fate: Fate) -> str:
    if fate is Fate.SNAPSHOT:
        return SNAPSHOT_COST
    return COSTS.get(kind, "") if fate is Fate.RETAIN else ""
