"""Fleets for tests: a fleet file in a few words, read the way users' files are."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from camformation.fleet.reading import LoadedFleet, load_fleet

UNITS = {
    "ou-ab12-11111111": ("222222222222", "333333333333", "444444444444"),
    "ou-ab12-22222222": ("444444444444", "555555555555"),
    "ou-ab12-33333333": (),
}
ONE = {"accounts": ["222222222222"], "regions": ["eu-west-2"]}

DEFINITIONS: dict[str, dict[str, Any]] = {
    "VpcCidr": {
        "Type": "String",
        "Default": "10.190.0.0/16",
        "AllowedPattern": r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}/16",
        "ConstraintDescription": "a /16, for example 10.190.0.0/16",
    },
    "LogRetentionDays": {"Type": "Number", "Default": 30, "AllowedValues": [7, 30, 90]},
    "Brokers": {"Type": "Number", "Default": 3, "MinValue": 1, "MaxValue": 9},
    "Hostname": {"Type": "String", "MinLength": 4, "MaxLength": 20, "Default": "a.example.com"},
    "ImageTag": {"Type": "String", "Default": "8.10.1"},
    "VpcId": {"Type": "AWS::EC2::VPC::Id", "Default": "vpc-0a1b2c3d"},
    "AllowedCidrs": {
        "Type": "CommaDelimitedList",
        "Default": "10.0.0.0/8",
        "AllowedPattern": r"[0-9./]+",
    },
    "Backup": {"Type": "String", "Default": "true", "AllowedValues": ["true", "false"]},
    "LicenseSecretArn": {"Type": "String", "Default": "arn:aws:x", "AllowedPattern": "arn:.+"},
}


def accounts_of(unit: str) -> Sequence[str]:
    return UNITS[unit]


def loaded(**sections: Any) -> LoadedFleet:
    """Return a fleet of one canary, but for these sections."""
    data = {
        "name": "camunda",
        "spec": "camunda.yaml",
        "region": "eu-west-2",
        "waves": [{"name": "canary", "targets": [ONE]}],
        **sections,
    }

    def read(file: str) -> bytes:
        assert file == "fleet.yaml"
        return yaml.safe_dump(data).encode()

    return load_fleet("fleet.yaml", read)


def in_units(*units: str, **entry: Any) -> dict[str, Any]:
    """Return an entry of `targets`."""
    return {"organizational_units": list(units), "regions": ["eu-west-2"], **entry}


def service_managed(*waves: list[dict[str, Any]], **sections: Any) -> LoadedFleet:
    """Return a fleet of organizational units; each wave is a list of targets."""
    named = [{"name": f"wave {n}", "targets": targets} for n, targets in enumerate(waves, 1)]
    return loaded(permission_model="SERVICE_MANAGED", waves=named, **sections)


def required(**names: str) -> Mapping[str, Mapping[str, Any]]:
    """Return definitions with further parameters that have no default."""
    return {**DEFINITIONS, **{name: {"Type": kind} for name, kind in names.items()}}
