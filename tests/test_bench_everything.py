"""The spec that the benchmark measures uses every field, so that none gets slow unnoticed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.layout import Layout
from camformation.pipeline import compile_spec
from camformation.schema import resolved, schema

FILE = Path(__file__).parents[1] / "bench" / "everything.yaml"
EXCLUDED = {  # the spec has another field in their place
    "access.tls.certificate_arn": "hosted_zone_id",
    "access.tls.grpc_hosted_zone_id": "grpc_certificate_arn",
    "cluster.container_insights": "cluster.existing",
    "connectors.rollout.health_check_start_seconds": "access.target_tls",
    "connectors.tasks": "connectors.autoscaling",
    "database.existing": "a new cluster",
    "database.instance_class": "database.serverless",
    "database.password_secret_arn": "IAM authentication",
    "database.source.snapshot_identifier": "cluster_identifier",
    "extends": "one file",
    "ignore": "nothing to ignore",
    "network.availability_zones": "network.existing",
    "network.cidr": "network.existing",
    "network.ipv6": "network.existing",
    "network.nat_gateways": "network.existing",
    "network.separate_subnets": "network.existing",
    "network.vpc_endpoints": "network.existing",
    "network.endpoint_policies": "network.existing",
    "network.existing.public_subnet_ids": "load_balancer_subnet_ids",
    "orchestration.restore.backup_id": "to",
    "orchestration.restore.command": "to",
    "orchestration.restore.from": "to",
    "network.flow_logs": "network.existing",
    "registry.credentials_secret_arn": "public images",
    "registry.digests": "tags",
    "registry.kms_key_arn": "public images",
    "storage.efs.existing": "a new file system",
    "storage.backup.replication": "storage.backup.object_lock",
    "storage.efs.customer_key": "storage.efs.kms_key_arn",
    "authentication.users.admin.password_secret_arn": "OpenID Connect",
    "authentication.users.connectors": "OpenID Connect",
    "authentication.cluster_admin": "authentication.oidc.cluster_admin",
}


def unused(part: Any, data: Any, path: str = "") -> Iterator[str]:
    """Yield the fields that the data does not use; a list's entries count together."""
    part = resolved(part)
    for option in [part, *part.get("anyOf", ())]:
        option = resolved(option)
        if "items" in option and isinstance(data, list):
            entries = [each for each in data if isinstance(each, dict)]
            together = {key: value for each in entries for key, value in each.items()}
            if entries:
                yield from unused(option["items"], together, path)
        for key, inner in option.get("properties", {}).items():
            name = f"{path}.{key}".lstrip(".")
            if not isinstance(data, dict) or key not in data:
                yield name
            else:
                yield from unused(inner, data[key], name)


def test_it_uses_every_field() -> None:
    data = yaml.safe_load(FILE.read_bytes())
    lists = ("patches.patch", "network.egress.destinations", "connectors.egress")
    left = {each for each in unused(schema(), data) if not each.startswith(lists)}
    left -= {each for each in left if each.startswith("orchestration.egress")}
    assert left == set(EXCLUDED)


@pytest.mark.parametrize("layout", list(Layout))
def test_it_is_sound(layout: Layout) -> None:
    assert not compile_spec(str(FILE), lambda name: Path(name).read_bytes(), layout).warnings
