"""Whatever value the schema allows in a field, the compiler compiles it or says why it does not."""

import copy
import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from camformation.assets import asset
from camformation.diagnostics import SpecError
from camformation.layout import Layout
from camformation.output import files
from camformation.pipeline import compile_loaded, load
from camformation.schema import Schema, is_valid, resolved, schema
from camformation.source import parse

Path = tuple[str, ...]
REFERENCE = parse(asset("spec", "reference.yaml").read_bytes(), "spec.yaml").data
# Sections that a spec lacks unless it needs them, with what they cannot do without.
SECTIONS: dict[Path, dict[str, Any]] = {
    ("network", "existing"): {
        "vpc_id": "vpc-0a1b2c3d4e5f60718",
        "cidr": "10.20.0.0/16",
        "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "public_subnet_ids": ["subnet-0a1b2c3d4e5f60011", "subnet-0a1b2c3d4e5f60012"],
    },
    ("access", "tls"): {"hostname": "camunda.example.com", "hosted_zone_id": "Z0123456789"},
    ("orchestration", "init_container"): {"image": "example.com/init:1"},
    ("connectors", "init_container"): {"image": "example.com/init:1"},
    ("orchestration", "log_router"): {"image": "example.com/fluent-bit:1"},
    ("connectors", "log_router"): {"image": "example.com/fluent-bit:1"},
    ("orchestration", "log_router", "health_check"): {"command": ["CMD", "true"]},
    ("connectors", "log_router", "health_check"): {"command": ["CMD", "true"]},
    ("database", "serverless"): {"min_acu": 0.5, "max_acu": 256},
    ("database", "existing"): {"host": "10.20.5.7", "cidrs": ["10.20.5.0/24"]},
    ("database", "source"): {"snapshot_identifier": "camunda-old"},
    ("orchestration", "restore"): {"backup_id": "1"},
    ("orchestration", "restore", "bucket"): {"name": "camunda-old-backups"},
    ("connectors", "autoscaling"): {"min_tasks": 2, "max_tasks": 6},
    ("storage", "efs", "existing"): {
        "file_system_id": "fs-0a1b2c3d4e5f60718",
        "access_point_id": "fsap-0a1b2c3d4e5f60718",
        "security_group_id": "sg-0a1b2c3d4e5f60718",
    },
    ("storage", "backup", "replication"): {
        "bucket_arn": "arn:aws:s3:::example-copies",
        "kms_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/"
        "1234abcd-12ab-34cd-56ef-1234567890ab",
    },
    ("authentication", "oidc"): {
        "issuer": "https://login.example.com",
        "client_id": "camunda",
        "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:x-AbCdEf",
        "audiences": ["camunda"],
        "admin": {"users": ["anna"]},
    },
    ("network", "proxy"): {"address": "http://proxy.example.com:3128"},
}


def fields(part: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """Yield every field below a part of the schema."""
    for key, each in resolved(part).get("properties", {}).items():
        yield (*path, key), resolved(each)
        yield from fields(each, (*path, key))


def values(part: Schema) -> list[Any]:
    """Return the values of a field that are named, and its limits."""
    named = [*part.get("enum", ()), *part.get("examples", ())]
    named += [part[each] for each in ("default", "minimum", "maximum") if each in part]
    kinds = part.get("type", ())
    if "boolean" in ([kinds] if isinstance(kinds, str) else kinds):
        named += [True, False]
    return list({json.dumps(each): each for each in named}.values())


CASES = [
    (path, value)
    for path, part in fields(schema())
    if path[0] not in ("extends", "name", "ignore", "patches")
    for value in values(part)
]


def spec(path: Path, value: Any) -> dict[str, Any]:
    """Return the reference with one field changed, and with the sections that the field needs."""
    data: dict[str, Any] = copy.deepcopy(REFERENCE)
    for length in range(1, len(path)):
        section: Any = data
        for key in path[: length - 1]:
            section = section[key]
        key = path[length - 1]
        if not isinstance(section.get(key), dict):
            section[key] = copy.deepcopy(SECTIONS.get(path[:length], {}))
    section = data
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return data


COMPILED: set[tuple[str, Layout]] = set()
"""The complete specs that have been compiled, of which many are the same, and their layouts."""

BY_FIELD = {path: [value for other, value in CASES if other == path] for path, _ in CASES}


@pytest.mark.parametrize("path", BY_FIELD, ids=map(".".join, BY_FIELD))
def test_allowed_values_compile_or_are_explained(path: Path) -> None:
    """In one layout after the other: values differ in the units, layouts only in their links."""
    layouts = cycle(Layout)
    for value, layout in zip([*BY_FIELD[path], *BY_FIELD[path][:1]], layouts, strict=False):
        text = json.dumps(spec(path, value)).encode()
        try:
            loaded = load("spec.yaml", {"spec.yaml": text}.__getitem__)
            same = (json.dumps(loaded.resolved.data), layout)  # as without the value, if a default
            if same not in COMPILED:
                assert files(compile_loaded(loaded, layout))
                COMPILED.add(same)
        except SpecError as error:
            assert error.diagnostics, value
        except Exception as error:
            error.add_note(f"{'.'.join(path)}: {value!r}, {layout}")
            raise


def test_most_values_are_tried() -> None:
    sound = sum(is_valid(spec(path, value)) for path, value in CASES)
    assert sound > 0.9 * len(CASES) > 250
