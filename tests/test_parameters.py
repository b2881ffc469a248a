"""Fields that are left open: parameters of the root template, and nothing else of the spec."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from camformation.assets import asset
from camformation.deployment import Deployment, assemble
from camformation.diagnostics import SpecError
from camformation.layout import Layout, link
from camformation.parameters import open_parameters, size_rules
from camformation.pipeline import Compiled, compile_spec
from camformation.resolve import resolve
from camformation.schema import part_at, resolved, schema
from camformation.sources import read_sources
from camformation.specs import decode, leave_open
from deployments import templates as closed_templates
from test_schema import schemas_in

SPECS = Path(asset("spec", "reference.yaml")).parent
each_layout = pytest.mark.parametrize("layout", list(Layout))
OIDC = {
    "issuer": "https://idp.example.com/realms/camunda",
    "client_id": "camunda",
    "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:oidc-a1B2c3",
    "audiences": ["camunda-api", "other"],
    "scope": "openid",
    "username_claim": "preferred_username",
    "client_id_claim": "client_id",
    "groups_claim": "groups",
    "admin": {
        "users": ["jane"],
        "clients": ["ops"],
        "groups": ["admins"],
        "mapping_rules": [{"id": "platform", "claim": "roles", "value": "admin"}],
    },
    "connectors": {
        "client_id": "connectors",
        "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:con-a1B2c3",
        "token_url": "https://idp.example.com/token",
        "audience": "camunda-api",
        "scope": "openid",
    },
    "cluster_admin": {
        "client_id": "operator",
        "client_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:op-a1B2c3",
        "token_url": "https://idp.example.com/token",
    },
}
WORKSPACE = f"arn:aws:aps:eu-west-2:111122223333:workspace/ws-{'0' * 8}"
SECRET = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:x-a1B2c3"
CONTAINERS = {
    "init_containers": [{"name": "fetch", "image": "busybox:1.36", "command": ["true"]}],
    "sidecars": [
        {
            "name": "agent",
            "image": "busybox:1.36",
            "entry_point": ["sh"],
            "health_check": {"command": ["CMD", "true"]},
        }
    ],
    "log_router": {
        "image": "fluent/fluent-bit:3.1",
        "options": {"enable-ecs-log-metadata": "true"},
        "output": {"Name": "datadog"},
        "output_secrets": {"apikey": SECRET},
    },
    "restore": {"image": "camunda/camunda:8.10.8"},
}
GROUP = "sg-0a1b2c3d4e5f60718"
OUTBOUND: dict[str, Any] = {  # of a network that others manage
    "name": "camunda",
    "network": {
        "existing": {
            "vpc_id": "vpc-0a1b2c3d4e5f60718",
            "cidr": "10.20.0.0/16",
            "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
            "private_route_table_ids": ["rtb-0a1b2c3d4e5f60001"],
            "database_subnet_ids": ["subnet-0a1b2c3d4e5f60021", "subnet-0a1b2c3d4e5f60022"],
            "load_balancer_subnet_ids": ["subnet-0a1b2c3d4e5f60031", "subnet-0a1b2c3d4e5f60032"],
        },
        "proxy": {"address": "http://proxy.example.com:3128", "exceptions": [".example.com"]},
        "egress": {
            "default": "closed",
            "s3_prefix_list_id": "pl-7ca54015",
            "destinations": [
                {"cidr": "10.9.0.0/16", "ports": [443]},
                {"ipv6_cidr": "2001:db8::/32", "ports": [443]},
                {"prefix_list_id": "pl-0a1b2c3d", "ports": [443]},
                {"security_group_id": GROUP, "protocol": "all"},
            ],
        },
    },
    "access": {
        "scheme": "internal",
        "alb_security_group_ids": [GROUP],
        "nlb_security_group_ids": [GROUP],
        "tls": {
            "hostname": "camunda.example.com",
            "hosted_zone_id": "Z0123456789ABC",
            "grpc_hosted_zone_id": "Z0123456789JKL",
        },
    },
    "orchestration": {"security_group_ids": [GROUP], "rollout": {"alarms": {}}},
    "connectors": {
        "security_group_ids": [GROUP],
        "environment": {"JAVA_TOOL_OPTIONS": "-Xmx1g"},
        "rollout": {"alarms": {}},
    },
    "database": {"security_group_ids": [GROUP]},
    "storage": {"efs": {"security_group_ids": [GROUP]}},
}
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING: tuple[dict[str, Any], ...] = (  # together, these use every field that can be open
    {
        "version": "8.10",
        "network": {
            "cidr": "10.20.0.0/16",
            "availability_zones": 2,
            "endpoint_policies": {"buckets": ["example-registry-layers"]},
        },
        "access": {
            "allowed_cidrs": ["203.0.113.0/24"],
            "allowed_prefix_list_ids": ["pl-0a1b2c3d"],
            "target_tls": {"secret_arn": SECRET},
            "tls": {
                "hostname": "camunda.example.com",
                "grpc_hostname": "camunda-grpc.example.com",
                "hosted_zone_id": "Z0123456789ABC",
            },
        },
        "orchestration": {
            "ephemeral_storage_gib": 30,
            "memory_budget": {},
            "environment": {"CAMUNDA_LOG_LEVEL": "INFO"},
        },
        "storage": {
            "efs": {"throughput_mode": "provisioned"},
            "documents": {"enabled": True},
            "backup": {"object_lock": {"days": 30}},
        },
        "aws_backup": {
            "lock": {
                "mode": "compliance",
                "min_retention_days": 30,
                "max_retention_days": 400,
            }
        },
        "database": {"serverless": {"min_acu": 0.5, "max_acu": 8.5}},
        "authentication": {"mode": "oidc", "oidc": OIDC},
    },
    {
        "network": {"availability_zones": ["eu-west-2a", "eu-west-2b"]},
        "authentication": {"cluster_admin": {"password_secret_arn": SECRET}},
        "operations": {"task": {}},
        "database": {
            "authentication": "password",
            "password_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:x-a1B2c3",
        },
        "orchestration": CONTAINERS,
        "containers": {"user": "1001:1001", "open_files": 65536},
        "observability": {"prometheus": {"workspace_arn": WORKSPACE}},
        "license": SECRET,
        "secrets": {
            "additional_kms_key_arns": [
                "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000006"
            ]
        },
    },
    {"network": {"availability_zones": ["euw2-az1", "euw2-az2", "euw2-az3"]}},
    yaml.safe_load((SPECS / "existing-vpc.yaml").read_bytes()),
    {
        "network": {
            "existing": {
                "vpc_id": "vpc-0a1b2c3d4e5f60718",
                "cidr": "10.20.0.0/16",
                "ipv6_cidr": "2001:db8:20::/56",
                "private_subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
            }
        },
        "access": {
            "scheme": "internal",
            "ip_address_type": "dualstack",
            "allowed_cidrs": ["10.0.0.0/8", "2001:db8:12::/48"],
            "management_port": "vpc",
            "tls": {
                "hostname": "camunda.example.com",
                "grpc_certificate_arn": "arn:aws:acm:eu-west-2:111122223333:certificate/1234abcd",
                "hosted_zone_id": "Z0123456789ABC",
                "private_hosted_zone_id": "Z0123456789DEF",
                "grpc_private_hosted_zone_id": "Z0123456789GHI",
            },
        },
    },
    OUTBOUND,
    {
        "database": {
            "existing": {
                "host": "shared.cluster-c1a2b3c4d5e6.eu-west-2.rds.amazonaws.com",
                "resource_id": "cluster-ABCDEFGHIJKL",
                "admin_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:a-a1B2c3",
                "security_group_id": "sg-0a1b2c3d4e5f60001",
                "cidrs": ["10.20.5.0/24"],
            },
            "jdbc_parameters": {"ApplicationName": "camunda"},
        },
    },
    {
        "database": {
            "source": {
                "cluster_identifier": "camunda-old",
                "restore_to_time": "2026-11-02T12:30:00Z",
            },
            "cluster_parameters": {"log_min_duration_statement": "1000"},
            "log_exports": {},
        },
        "observability": {"alarms": {"topic_arn": "arn:aws:sns:eu-west-2:111122223333:alarms"}},
        "orchestration": {
            "restore": {
                "bucket": {
                    "name": "camunda-old-backups",
                    "region": "eu-west-1",
                    "kms_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/"
                    "00000000-0000-4000-8000-000000000001",
                }
            }
        },
    },
    {
        "database": {"source": {"snapshot_identifier": "camunda-old"}},
        "authentication": {
            "users": {
                name: {
                    "password_secret_arn": "arn:aws:secretsmanager:eu-west-2:111122223333:secret:"
                    f"{name}-a1B2c3"
                }
                for name in ("admin", "connectors")
            }
        },
    },
    {  # roles, scaling, restarts, and what somebody else manages
        "iam": {"permissions_boundary_arn": "arn:aws:iam::111122223333:policy/boundary"},
        "orchestration": {
            "restart": "2026-11-28",
            "task_statements": [
                {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-config/*"]}
            ],
        },
        "cluster": {
            "service_connect_tls": {
                "certificate_authority_arn": "arn:aws:acm-pca:eu-west-2:111122223333:"
                f"certificate-authority/{KEY}"
            }
        },
        "connectors": {
            "restart": "2026-11-28",
            "autoscaling": {"min_tasks": 2, "max_tasks": 6, "target_memory_percent": 75},
        },
        "storage": {
            "efs": {
                "existing": {
                    "file_system_id": "fs-0a1b2c3d4e5f60718",
                    "access_point_id": "fsap-0a1b2c3d4e5f60718",
                    "security_group_id": "sg-0a1b2c3d4e5f60718",
                }
            },
            "backup": {
                "replication": {
                    "bucket_arn": "arn:aws:s3:::example-camunda-copies",
                    "kms_key_arn": f"arn:aws:kms:eu-central-1:111122223333:key/{KEY}",
                }
            },
        },
        "observability": {
            "log_encryption": {"kms_key_arn": f"arn:aws:kms:eu-west-2:111122223333:key/{KEY}"}
        },
    },
)
EXTRA = {"connectors": {"environment": {"LEVEL": "INFO"}}}


def complete(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec's complete data."""
    text = yaml.safe_dump({"name": "camunda", **EXTRA, **spec}).encode()
    return resolve(read_sources("spec.yaml", lambda _: text, ())).data


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(value, (*path, key))
    else:
        yield path


def dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


DATA = [complete(spec) for spec in EVERYTHING]
IDLE = {  # open fields that one of the specs has no use for, where another has
    (0, "authentication.users.admin.email"),  # its users are an identity provider's
    (0, "authentication.users.admin.name"),
    (0, "authentication.users.connectors.email"),
    (0, "authentication.users.connectors.name"),
    (0, "database.instance_class"),  # it is serverless
    (0, "connectors.rollout.health_check_start_seconds"),  # the load balancer checks them
    *((index, "storage.efs.provisioned_throughput_mibps") for index in range(1, 10)),
    (6, "database.backup_retention_days"),  # its database exists
    (6, "database.ca_certificate"),
    (6, "database.engine_version"),
    (6, "database.instance_class"),
    *((index, "network.cidr") for index in (3, 4, 5)),  # their VPCs exist
    (3, "aws_backup.lock.changeable_for_days"),  # in governance mode
    (9, "connectors.tasks"),  # scaling decides
}
OPENABLE = [
    (index, path)
    for index, data in enumerate(DATA)
    for path in leaves(data)
    if (index, dotted(path)) not in IDLE and not open_parameters(data, {"Value": dotted(path)})[1]
]


def test_every_field_that_the_schema_leaves_open_is_tried() -> None:
    tried = {json.dumps(part_at(path), sort_keys=True) for _, path in OPENABLE}
    tried |= {json.dumps(z, sort_keys=True) for z in zones()}
    parts = [resolved(part) for _, part in schemas_in(schema()) if "x-open" in part]
    assert len(parts) > 50
    assert not [part for part in parts if json.dumps(part, sort_keys=True) not in tried]


def zones() -> list[dict[str, Any]]:
    """Return the two schemas of an availability zone, of which a path alone tells but one."""
    options = schema()["properties"]["network"]["properties"]["availability_zones"]["anyOf"]
    return [option["items"] for option in options if "items" in option]


def other_values(value: Any, path: tuple[str | int, ...], data: dict[str, Any]) -> list[Any]:
    """Return other values that the parameter of a value allows."""
    part = part_at(path) or {}
    found = [*part.get("enum", ()), *part.get("examples", ())]
    if isinstance(value, str):
        swapped = value.translate(str.maketrans("0123456789", "1234567890"))
        found += [swapped, f"{value}x", f"{value}0", "10.64.0.0/16", f"{value}@sha256:{'0' * 64}"]
    else:
        found += [value + 1, value - 1, value * 2]
    (parameter,), _ = open_parameters(data, {"Value": dotted(path)})
    return [each for each in found if each != value and allows(parameter.definition, each)]


def allows(definition: Mapping[str, Any], value: Any) -> bool:
    """Return whether CloudFormation would take a value for a parameter."""
    if "AllowedValues" in definition:
        return value in definition["AllowedValues"]
    if "AllowedPattern" in definition:
        return re.fullmatch(definition["AllowedPattern"], str(value)) is not None
    if definition["Type"] == "Number":
        low, high = definition.get("MinValue", value), definition.get("MaxValue", value)
        return bool(low <= value <= high)
    return True


Values = dict[tuple[str | int, ...], Any]


def linked(data: dict[str, Any], opened: Values) -> dict[str, Any]:
    """Return the template of a spec with values left open, but for the parameters themselves."""
    data = copy.deepcopy(data)
    names = {f"Value{number}": path for number, path in enumerate(opened)}
    for path, value in opened.items():
        inner: Any = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
    parameters, problems = open_parameters(data, {n: dotted(path) for n, path in names.items()})
    assert not problems
    deployment = decode(Deployment, data)
    for name, path in names.items():
        deployment = leave_open(deployment, path, name)
    assembly = assemble(deployment)
    assembly.parameters, assembly.rules = parameters, size_rules(parameters)
    template = link(assembly, Layout.FLAT).templates["root"]
    declared = template.pop("Parameters")
    assert all(declared[name]["Default"] is not None for name in names)
    template.pop("Rules", None)  # of sizes, which name the values
    return template


def decides(data: dict[str, Any], present: Values, other: Values) -> bool:
    """Whether other values of what is left open make another template."""
    return linked(data, other) != linked(data, present)


@pytest.mark.parametrize("index", range(len(DATA)))
def test_a_value_that_is_left_open_decides_nothing(index: int) -> None:
    """Whatever the value, the templates are the same: it is in the parameter alone.

    All are left open and changed at once, again and again; if that makes a difference, each.
    """
    data = DATA[index]
    present: Values = {}
    for path in (path for number, path in OPENABLE if number == index):
        value: Any = data
        for step in path:
            value = value[step]
        present[path] = value
    before = linked(data, present)
    text = json.dumps(before)
    for number, path in enumerate(present):
        used = f'{{"Ref": "Value{number}"}}' in text or f"${{Value{number}}}" in text
        assert used, f"{dotted(path)} is unused: a spec here has to need it"
    others = {path: other_values(value, path, data) for path, value in present.items()}
    assert all(others.values())
    for turn in range(max(map(len, others.values()))):
        other = {path: values[turn % len(values)] for path, values in others.items()}
        if linked(data, other) == before:
            continue
        single = [p for p in other if decides(data, {p: present[p]}, {p: other[p]})]
        pytest.fail(f"in there: {[(dotted(path), other[path]) for path in single] or 'of several'}")


def test_a_value_that_decides_something_is_noticed() -> None:
    data = copy.deepcopy(DATA[0])
    before = linked(data, {})
    data["orchestration"]["brokers"] += 1
    assert linked(data, {}) != before


def spec(**sections: Any) -> Any:
    text = yaml.safe_dump({"name": "camunda", **sections}).encode()

    def compile_in(layout: Layout) -> Compiled:
        return compile_spec("spec.yaml", lambda _: text, layout)

    return compile_in


@each_layout
def test_parameters_are_typed_and_constrained(layout: Layout) -> None:
    compiled = spec(
        parameters={
            "VpcCidr": "network.cidr",
            "Image": "orchestration.image",
            "Days": "observability.log_retention_days",
            "Memory": "orchestration.memory_mib",
            "Cpu": "connectors.cpu",
            "Grace": "orchestration.rollout.health_check_grace_seconds",
        }
    )(layout)
    found = compiled.templates["root"]["Parameters"]
    assert list(found) == sorted(found)
    assert found["VpcCidr"]["Type"] == "String"
    assert found["VpcCidr"]["Default"] == "10.190.0.0/16"
    pattern = found["VpcCidr"]["AllowedPattern"]
    assert re.fullmatch(pattern, "10.64.0.0/16") and not re.fullmatch(pattern, "10.64.0.0/20")
    pattern = found["Image"]["AllowedPattern"]
    assert re.fullmatch(pattern, "camunda/camunda:8.10.3")
    assert not re.fullmatch(pattern, "camunda/camunda-other:8.10.3")
    assert not re.fullmatch(pattern, "registry.camunda.cloud/camunda/camunda:8.10.3")
    assert found["Days"]["Type"] == "Number" and 30 in found["Days"]["AllowedValues"]
    assert found["Grace"]["MinValue"] == 0 and found["Grace"]["MaxValue"] == 7200
    assert found["Memory"]["AllowedValues"] == list(range(8192, 30721, 1024))
    assert found["Cpu"]["AllowedValues"] == [512, 1024, 2048]
    assert all("NoEcho" not in each for each in found.values())


def test_both_sizes_are_held_together_by_a_rule() -> None:
    compiled = spec(parameters={"C": "orchestration.cpu", "M": "orchestration.memory_mib"})
    root = compiled(Layout.NESTED).templates["root"]
    (rule,) = root["Rules"]["OrchestrationSize"]["Assertions"]
    fitting = {
        each["Fn::And"][0]["Fn::Equals"][1]: each["Fn::And"][1]["Fn::Contains"][0]
        for each in rule["Assert"]["Fn::Or"]
    }
    assert fitting["256"] == ["512", "1024", "2048"] and "8192" in fitting["4096"]


def test_subnets_are_cut_as_they_are_from_a_fixed_block() -> None:
    open_ = spec(parameters={"VpcCidr": "network.cidr"})(Layout.FLAT).templates["root"]
    fixed = closed_templates()["root"]["Resources"]
    for index, title in enumerate(
        f"{t}Subnet{n}" for t in ("Private", "Public") for n in (1, 2, 3)
    ):
        block = open_["Resources"][title]["Properties"]["CidrBlock"]
        assert block == {"Fn::Select": [index, {"Fn::Cidr": [{"Ref": "VpcCidr"}, 6, 13]}]}
        assert fixed[title]["Properties"]["CidrBlock"] == f"10.190.{32 * index}.0/19"


def test_nested_stacks_are_given_the_roots_parameters() -> None:
    templates = spec(parameters={"VpcCidr": "network.cidr"})(Layout.NESTED).templates
    taking = {name for name, each in templates.items() if "VpcCidr" in each.get("Parameters", {})}
    assert taking == {"root", "network"}
    network = templates["root"]["Resources"]["Network"]["Properties"]
    assert network["Parameters"] == {"VpcCidr": {"Ref": "VpcCidr"}}


def test_a_secret_that_is_left_open_is_read_by_its_arn_alone() -> None:
    arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:smtp-a1B2c3"
    compiled = spec(
        connectors={"secrets": {"SECRET_A": f"{arn}:user::", "SECRET_B": f"{arn}:password::"}},
        parameters={"A": "connectors.secrets.SECRET_A"},
    )(Layout.FLAT)
    resources = compiled.templates["root"]["Resources"]
    task = resources["ConnectorsTaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    given = {each["Name"]: each["ValueFrom"] for each in task["Secrets"]}
    assert given["SECRET_A"] == {"Ref": "A"} and given["SECRET_B"] == f"{arn}:password::"
    policy = resources["ConnectorsExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    (read,) = (each for each in policy["Statement"] if each["Sid"] == "ReadSecrets")
    parts = [{"Fn::Select": [i, {"Fn::Split": [":", {"Ref": "A"}]}]} for i in range(7)]
    assert {"Fn::Join": [":", parts]} in read["Resource"] and arn in read["Resource"]


def test_rules_of_security_groups_are_named_after_their_parameters() -> None:
    """So that another default, or another order, does not move them."""
    for cidr in ("203.0.113.0/24", "198.51.100.0/24"):
        compiled = spec(
            access={"allowed_cidrs": ["192.0.2.0/24", cidr]},
            parameters={"Office": "access.allowed_cidrs.1"},
        )(Layout.FLAT)
        rule = compiled.templates["root"]["Resources"]["AlbFromCidrOfficePort80"]
        assert rule["Properties"]["CidrIp"] == {"Ref": "Office"}


def test_the_source_map_knows_where_a_parameter_comes_from() -> None:
    compiled = spec(parameters={"VpcCidr": "network.cidr"})(Layout.FLAT)
    pointer = "/Resources/Vpc/Properties/CidrBlock"
    assert compiled.source_map["root"][pointer] == ("network", "cidr")


def test_without_parameters_nothing_is_left_open() -> None:
    root = spec()(Layout.NESTED).templates["root"]
    assert "Parameters" not in root and "Rules" not in root


def test_all_that_is_wrong_with_parameters_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        spec(
            database={"serverless": {"min_acu": 1, "max_acu": 2}},
            parameters={
                "Typo": "network.cdir",
                "Zones": "network.availability_zones",
                "Brokers": "orchestration.brokers",
                "Cidrs": "access.allowed_cidrs",
                "Certificate": "access.tls.certificate_arn",
                "Key": "database.kms_key_arn",
                "Twice": "network.cidr",
                "Again": "network.cidr",
                "Far": "access.allowed_cidrs.3",
            },
        )(Layout.FLAT)
    codes = sorted((each.code, each.message) for each in caught.value.diagnostics)
    assert [code for code, _ in codes] == [
        *("CAM220", "CAM220", "CAM220", "CAM221", "CAM221", "CAM221", "CAM222", "CAM223"),
    ]
    assert all(each.hint for each in caught.value.diagnostics)


@each_layout
def test_names_and_uses_are_checked_alike_in_both_layouts(layout: Layout) -> None:
    with pytest.raises(SpecError) as caught:
        spec(
            database={"serverless": {"min_acu": 1, "max_acu": 2}},
            parameters={
                "Vpc": "network.cidr",
                "NetworkVpcId": "orchestration.cpu",
                "Unused": "database.instance_class",
            },
        )(layout)
    assert [each.code for each in caught.value.diagnostics] == ["CAM225", "CAM224", "CAM225"]


def test_patches_do_not_keep_parameters_from_being_checked() -> None:
    operation = {"op": "test", "path": "/Resources/Nowhere", "value": 1}
    with pytest.raises(SpecError) as caught:
        spec(
            parameters={"Vpc": "network.cidr"},
            patches=[{"component": "network", "patch": [operation]}],
        )(Layout.FLAT)
    assert {each.code for each in caught.value.diagnostics} > {"CAM225"}
