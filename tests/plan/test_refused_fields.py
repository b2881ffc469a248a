"""What the schema calls refused on a live deployment is blocked, and the pages say no less."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from camformation.assets import asset
from camformation.deploy.plan.pipeline import make_plan
from camformation.layout import Layout
from camformation.pipeline import compile_spec

KEY = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SPEC = """
name: camunda
region: eu-west-2
access:
  allowed_cidrs: [203.0.113.7/32]
  tls:
    hostname: camunda.example.com
    certificate_arn: arn:aws:acm:eu-west-2:111122223333:certificate/a
"""
OIDC = """
authentication:
  mode: oidc
  oidc:
    issuer: https://login.example.com/
    client_id: camunda
    client_secret_arn: arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-a1B2c3
    audiences: [camunda]
    username_claim: sub
    client_id_claim: azp
    admin: {users: [jane]}
connectors: {enabled: false}
"""
BURSTING = "storage: {efs: {throughput_mode: bursting}}\naws_backup: {}\n"
CHANGED = {
    "name": "other",
    "orchestration.brokers": "5",
    "orchestration.partitions": "6",
    "orchestration.replication_factor": "1",
    "authentication.users.admin.username": "root",
    "authentication.users.connectors.username": "c",
    "authentication.oidc.username_claim": "email",
    "authentication.oidc.client_id_claim": "client_id",
    "database.name": "other",
    "database.admin_username": "other_admin",
    "database.user": "other",
    "database.kms_key_arn": KEY,
    "secrets.kms_key_arn": KEY,
    "aws_backup.kms_key_arn": KEY,
    "storage.efs.performance_mode": "maxIO",
    "storage.efs.kms_key_arn": KEY,
    "storage.efs.customer_key": "true",
    "database.source": "{snapshot_identifier: camunda-old}",
    "database.source.snapshot_identifier": "camunda-older",
    "database.source.cluster_identifier": "camunda-older",
    "database.source.restore_to_time": '"2026-11-02T12:30:00Z"',
    "database.existing": "{host: database.example.com, cidrs: [10.20.5.0/24]}",
    "database.existing.host": "database.example.com",
    "database.table_prefix": "C8_",
    "storage.efs.existing": "{file_system_id: fs-0a1b2c3d4e5f60718, access_point_id: "
    "fsap-0a1b2c3d4e5f60718, security_group_id: sg-0a1b2c3d4e5f60718}",
    "cluster.existing": "platform",
}
DATABASES = {  # what a database is before its field changes
    "database.source.snapshot_identifier": "{source: {snapshot_identifier: camunda-old}}",
    "database.source.": "{source: {cluster_identifier: camunda-old, restore_to_time: "
    '"2026-11-01T12:30:00Z"}}',
    "database.existing": "{seed: none, authentication: password, password_secret_arn: "
    '"arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-database-a1B2c3"}',
    "database.existing.": "{existing: {host: 10.20.5.7, cidrs: [10.20.5.0/24]}, seed: none, "
    "authentication: password, password_secret_arn: "
    '"arn:aws:secretsmanager:eu-west-2:111122223333:secret:camunda-database-a1B2c3"}',
}
ELSEWHERE = (
    *("stack.name", "network.", "storage.node_id_", "storage.backup.", "storage.documents."),
    "storage.efs.existing.",
    "authentication.mode",
)
"""Fields that are tried where their gates are: in plans online, and those of networks, keys and
settings."""


def refused(node: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every field of the schema that is refused on a live deployment."""
    if str(node.get("x-change", "")).startswith("refused"):
        yield ".".join(path)
    for name, field in node.get("properties", {}).items():
        yield from refused(field, (*path, name))


FIELDS = list(refused(json.loads(asset("schemas", "deployment.schema.json").read_text("utf-8"))))


def test_every_refused_field_is_tried() -> None:
    assert {field for field in FIELDS if not field.startswith(ELSEWHERE)} == set(CHANGED)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("field", CHANGED)
def test_a_refused_field_is_blocked(field: str, layout: Layout) -> None:
    text = SPEC + (OIDC if ".oidc." in field else BURSTING)
    before_it = [start for start in DATABASES if field.startswith(start)]
    if before_it:
        text += f"database: {DATABASES[max(before_it, key=len)]}\n"
    before, after = (
        compile_spec("camunda.yaml", lambda _: text.encode(), layout, settings)
        for settings in ((), (f"{field}={CHANGED[field]}",))
    )
    plan = make_plan(before.templates, after.templates)
    assert plan.exit_code == 3 and plan.blocks
