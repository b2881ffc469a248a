"""A text that is nearly right is suggested as it should be, and nothing else is made up."""

import pytest

from camformation.nearly import cpu_units, longest, nearly
from camformation.schema import matches, part_at

FIELDS: dict[str, tuple[str | int, ...]] = {
    "cidr": ("access", "allowed_cidrs", 0),
    "duration": ("storage", "backup", "retention"),
    "schedule": ("storage", "backup", "schedule"),
    "hostname": ("access", "tls", "hostname"),
    "zone": ("access", "tls", "hosted_zone_id"),
    "path": ("iam", "role_path"),
    "context": ("orchestration", "context_path"),
    "region": ("region",),
    "host": ("database", "existing", "host"),
    "account": ("account",),
    "proxy": ("network", "proxy", "address"),
    "time": ("database", "source", "restore_to_time"),
    "plan": ("aws_backup", "schedule"),
    "image": ("orchestration", "image"),
    "bucket": ("stack", "artifact_bucket"),
    "topic": ("observability", "alarms", "topic_arn"),
    "pointer": ("patches", 0, "patch", 0, "path"),
    "policy": ("connectors", "task_policies", 0),
    "class": ("database", "instance_class"),
    "field": ("parameters", "VpcCidr"),
    "issuer": ("authentication", "oidc", "issuer"),
}


def pattern(field: str) -> str:
    part = part_at(FIELDS[field]) or {}
    found = part.get("pattern") or part["anyOf"][0]["pattern"]
    return str(found)


@pytest.mark.parametrize(
    ("field", "text", "meant"),
    [
        ("cidr", "203.0.113.7", "203.0.113.7/32"),
        ("duration", "7d", "P7D"),
        ("duration", "2 weeks", "P14D"),
        ("duration", "P2W", "P14D"),
        ("duration", "12 hours", "PT12H"),
        ("duration", "90min", "PT90M"),
        ("duration", "3 months", None),
        ("schedule", "0 */4 * * *", "0 0 */4 * * *"),
        ("hostname", "https://camunda.example.com/operate", "camunda.example.com"),
        ("hostname", "Camunda.Example.com", "camunda.example.com"),
        ("hostname", "*.example.com", None),
        ("zone", "/hostedzone/Z0123456789ABC", "Z0123456789ABC"),
        ("zone", "example.com", None),
        ("path", "workloads", "/workloads/"),
        ("context", "camunda/", "/camunda"),
        ("region", "eu-west-2a", "eu-west-2"),
        ("host", "jdbc:postgresql://db.example.com:5432/camunda", "db.example.com"),
        ("host", "db.example.com:5432", "db.example.com"),
        ("account", "1111-2222-3333", "111122223333"),
        ("account", "1111-2222", None),
        ("proxy", "https://proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("duration", "P1M", None),
        ("schedule", "@daily", "P1D"),
        ("schedule", "rate(15 minutes)", "PT15M"),
        ("plan", "0 3 * * *", "cron(0 3 * * ? *)"),
        ("plan", "0 3 * * SUN", "cron(0 3 ? * SUN *)"),
        ("plan", "0 3 * * 0", None),
        ("plan", "rate(1 day)", "cron(0 3 * * ? *)"),
        ("time", "2026-11-20T10:15:00+01:00", "2026-11-20T09:15:00Z"),
        ("time", "2026-11-20 10:15", "2026-11-20T10:15:00Z"),
        ("time", "2026-11-20", None),
        ("hostname", "camunda.example.com.", "camunda.example.com"),
        ("zone", "z0123456789abc", "Z0123456789ABC"),
        ("image", "Camunda/Camunda:8.10.9", "camunda/camunda:8.10.9"),
        ("image", "camunda/camunda", None),
        ("bucket", "s3://example-artifacts/cfn", "example-artifacts"),
        ("bucket", "arn:aws:s3:::example-artifacts", "example-artifacts"),
        (
            "topic",
            "arn:aws:sns:eu-west-2:111122223333:alarms:0d3c8b1e-1111-4222-8333-444455556666",
            "arn:aws:sns:eu-west-2:111122223333:alarms",
        ),
        ("pointer", "Resources.Vpc.Properties.Tags", "/Resources/Vpc/Properties/Tags"),
        (
            "policy",
            "AmazonECSTaskExecutionRolePolicy",
            "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        ),
        ("policy", "workload-boundary", None),
        ("class", "r6g.large", "db.r6g.large"),
        ("field", "/network/cidr", "network.cidr"),
        ("issuer", "kc.example.com/realms/camunda", "https://kc.example.com/realms/camunda"),
    ],
)
def test_what_was_meant(field: str, text: str, meant: str | None) -> None:
    assert nearly(text, pattern(field)) == meant
    assert meant is None or matches(pattern(field), meant)


@pytest.mark.parametrize(
    ("text", "most"),
    [("a" * 50, 40), ("a" * 1000, 40), ("eu-west-12", None), ("a" * 40 + " b", None)],
)
def test_only_the_length_is_wrong(text: str, most: int | None) -> None:
    pattern = "^[a-z]{2}-west-[0-9]$|^[a-z]{1,40}$"
    assert longest(text, pattern) == most


@pytest.mark.parametrize(
    ("value", "units"),
    [
        (0.5, 512),
        (2, 2048),
        ("2 vCPU", 2048),
        ("500m", 512),
        (0.3, None),
        ("2048", None),
        (True, None),
    ],
)
def test_what_a_size_is_in_cpu_units(value: object, units: int | None) -> None:
    assert cpu_units(value, {"enum": [256, 512, 1024, 2048]}) == units
