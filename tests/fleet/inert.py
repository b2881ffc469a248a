"""A fleet file, and moto's StackSets, in whose stacks resources are names and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from deploy.moto_server import ACCOUNT

NAME, REGION, OTHER = "camunda", "eu-west-2", "eu-central-1"
CANARY, FINANCE, RETAIL = "222222222222", "333333333333", "444444444444"
SPEC = {
    "name": NAME,
    "profile": "development",
    "access": {"allowed_cidrs": ["203.0.113.0/24"]},
    "tags": {"team": "bpm"},
    "parameters": {
        "VpcCidr": "network.cidr",
        "Office": "access.allowed_cidrs.0",
        "LogDays": "observability.log_retention_days",
        "Memory": "orchestration.memory_mib",
    },
}
FLEET: dict[str, Any] = {
    "name": NAME,
    "spec": "camunda.yaml",
    "region": REGION,
    "account": ACCOUNT,
    "artifact_bucket": "artifacts",
    "parameters": {"LogDays": 14},
    "overrides": [{"region": OTHER, "parameters": {"LogDays": 30}}],
    "cidrs": {"VpcCidr": {"pool": "10.64.0.0/12", "prefix_length": 16}},
    "waves": [
        {"name": "canary", "targets": [{"accounts": [CANARY], "regions": [REGION]}]},
        {"name": "rest", "targets": [{"accounts": [CANARY, FINANCE], "regions": [REGION, OTHER]}]},
    ],
}


@pytest.fixture
def inert(moto: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every resource of a stack be a name and nothing else."""
    from moto.cloudformation import parsing
    from moto.core.common_models import CloudFormationModel

    class Inert(CloudFormationModel):
        def __init__(self, name: str) -> None:
            self.physical_resource_id = name

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return True

        def get_cfn_attribute(self, attribute_name: str) -> str:
            return f"{self.physical_resource_id}.{attribute_name}"

        @classmethod
        def create_from_cloudformation_json(  # type: ignore[override]
            cls, name: str, *_: Any, **__: Any
        ) -> "Inert":
            return cls(name)

        @classmethod
        def update_from_cloudformation_json(  # type: ignore[override]
            cls, original: "Inert", *_: Any, **__: Any
        ) -> "Inert":
            return original

        @classmethod
        def delete_from_cloudformation_json(cls, *_: Any, **__: Any) -> None:
            return None

    clean = parsing.clean_json

    def cleaned(node: Any, resources: Any) -> Any:
        if isinstance(node, dict) and "Fn::Cidr" in node:
            return [f"block-{number}" for number in range(12)]
        return clean(node, resources)

    monkeypatch.setattr(parsing, "resource_class_from_type", lambda kind: Inert)
    monkeypatch.setattr(parsing, "clean_json", cleaned)
    boto3.client("s3", region_name=REGION).create_bucket(
        Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    yield


def written(folder: Path) -> Path:
    """Write the fleet file and its spec; return the fleet file."""
    (folder / "camunda.yaml").write_text(yaml.safe_dump(SPEC), "utf-8")
    return changed(folder / "fleet.yaml")


def changed(file: Path, **sections: Any) -> Path:
    file.write_text(yaml.safe_dump(FLEET | sections), "utf-8")
    return file
