"""Fields without effect, and resources of another VPC: what is reported, and what is not."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.pipeline import load

EXISTING = {
    "vpc_id": "vpc-0a1b2c3d4e5f60718",
    "cidr": "10.20.0.0/16",
    "private_subnet_ids": [f"subnet-0a1b2c3d4e5f6000{zone}" for zone in (1, 2, 3)],
    "public_subnet_ids": [f"subnet-0a1b2c3d4e5f6001{zone}" for zone in (1, 2, 3)],
}
POSTGRES: dict[str, Any] = {
    "existing": {"engine": "postgres", "host": "db.example.com", "cidrs": ["10.9.0.0/24"]},
    "authentication": "password",
    "password_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:db-a1B2c3",
    "seed": "none",
}
SCALED = {"autoscaling": {"min_tasks": 2, "max_tasks": 6}}
GROUP = "sg-0a1b2c3d4e5f60001"
PRODUCTION = {
    "profile": "production",
    "access": {"scheme": "internal", "allowed_cidrs": ["10.0.0.0/8"]},
}


def warned(
    spec: dict[str, Any], base: dict[str, Any] | None = None, settings: tuple[str, ...] = ()
) -> list[str]:
    """Return the fields that a spec sets in vain, or that are in another VPC."""
    files = {"spec.yaml": yaml.safe_dump({"name": "camunda", **spec}).encode()}
    if base:
        files["base.yaml"] = yaml.safe_dump({"name": "base", **base}).encode()
        files["spec.yaml"] = b"extends: base.yaml\n" + files["spec.yaml"]
    found = load("spec.yaml", lambda name: files[Path(name).name], settings).warnings
    return [each.message for each in found if each.code in ("CAM217", "CAM218")]


@pytest.mark.parametrize(
    "spec",
    [
        {"connectors": SCALED},
        {"connectors": {**SCALED, "tasks": 1}},  # the default
        {"connectors": {"tasks": 4}},
        {"network": {"existing": EXISTING, "vpc_endpoints": [], "nat_gateways": "per_zone"}},
        {"network": {"existing": EXISTING}, "database": POSTGRES},
        {**PRODUCTION, "network": {"existing": EXISTING}, "database": {**POSTGRES, "tls": None}},
        {"network": {"existing": EXISTING}, "orchestration": {"security_group_ids": [GROUP]}},
        {"access": {"http": False, "nlb_security_group_ids": []}},
        {
            "storage": {
                "efs": {"throughput_mode": "provisioned", "provisioned_throughput_mibps": 99}
            }
        },
        {"database": {"instance_class": "db.r7g.large"}},
    ],
)
def test_what_counts_is_not_reported(spec: dict[str, Any]) -> None:
    assert warned(spec) == []


def test_what_a_shared_spec_sets_is_not_reported() -> None:
    shared = {"connectors": {"tasks": 4}, "database": {"instance_class": "db.r7g.large"}}
    assert warned({"connectors": SCALED}, shared) == []
    assert warned({"connectors": {**SCALED, "tasks": 3}}, shared) == [
        "tasks has no effect: connectors.autoscaling decides how many run"
    ]


def test_what_the_profile_says_may_be_written_out() -> None:
    capacity = {"serverless": {"min_acu": 1, "max_acu": 4}}
    class_ = {"instance_class": "db.r7g.large"}
    assert warned({**PRODUCTION, "database": {**capacity, **class_}}) == []
    assert len(warned({"database": {**capacity, **class_}})) == 1


def test_what_a_setting_sets_is_reported() -> None:
    found = warned({"connectors": SCALED}, settings=("connectors.tasks=4",))
    assert found == ["tasks has no effect: connectors.autoscaling decides how many run"]


def test_both_can_be_ignored() -> None:
    spec = {
        "connectors": {**SCALED, "tasks": 4, "security_group_ids": [GROUP]},
        "ignore": [
            {"rule": "CAM217", "reason": "Made in the VPC of this deployment"},
            {"rule": "CAM218", "reason": "Scaling is on for a test"},
        ],
    }
    text = yaml.safe_dump({"name": "camunda", **spec}).encode()
    assert load("spec.yaml", lambda _: text).warnings == ()


TLS = {"ca_bundle": "/ca/bundle.pem"}


@pytest.mark.parametrize(
    "spec",
    [
        {"database": {**POSTGRES, "existing": {**POSTGRES["existing"], "host": "10.9.0.7"}}},
        {"database": {**POSTGRES, "existing": {**POSTGRES["existing"], "host": "300.1.2.3"}}},
        {"database": {**POSTGRES, "tls": {"ca_bundle": "/etc/ssl/certs/ca-certificates.crt"}}},
        {
            "database": {**POSTGRES, "tls": TLS},
            "orchestration": {
                "volumes": [{"name": "ca", "path": "/ca"}],
                "init_containers": [
                    {
                        "name": "ca",
                        "image": "busybox:1.37",
                        "mounts": [{"volume": "ca", "path": "/ca"}],
                    }
                ],
            },
        },
        {
            "orchestration": {
                "environment": {"JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStorePassword=changeit"}
            }
        },
        {
            "region": "us-gov-west-1",
            "connectors": {"task_policies": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]},
            "iam": {"permissions_boundary_arn": "arn:aws-us-gov:iam::111122223333:policy/boundary"},
        },
        {
            "region": "xx-new-1",
            "ignore": [{"rule": "CAM147", "reason": "A new region"}],
            "iam": {"permissions_boundary_arn": "arn:aws:iam::111122223333:policy/boundary"},
        },
    ],
)
def test_sound_specs_that_look_like_wrong_ones(spec: dict[str, Any]) -> None:
    access = {"scheme": "internal", "allowed_cidrs": ["10.0.0.0/8"]}
    text = yaml.safe_dump({"name": "camunda", "access": access, **spec}).encode()
    assert load("spec.yaml", lambda _: text).warnings == ()
