"""Rules for what tasks are given: CPU and memory, environment and secrets, and names."""

import re
from collections.abc import Iterator, Mapping, Set
from math import ceil

from camformation.components import connectors, orchestration_environment
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.images import minor
from camformation.rules.registry import Violation, rule

GIB = 1024
FARGATE: Mapping[int, tuple[int, int, int]] = {
    256: (512, 2 * GIB, 512),
    512: (1 * GIB, 4 * GIB, 1 * GIB),
    1024: (2 * GIB, 8 * GIB, 1 * GIB),
    2048: (4 * GIB, 16 * GIB, 1 * GIB),
    4096: (8 * GIB, 30 * GIB, 1 * GIB),
    8192: (16 * GIB, 60 * GIB, 4 * GIB),
    16384: (32 * GIB, 120 * GIB, 8 * GIB),
}
"""CPU units -> least, most and step of memory in MiB (Amazon ECS Developer Guide, Task size)."""

ROCKSDB_MIB = 512  # for each partition a broker carries, before 8.10

_SECRET_NAME = (
    r"PASSWORD|PASSWD|SECRET(?!S?_?PROVIDER|_?RESOLVER)|TOKEN(?!_?UR[IL])"
    r"|PRIVATE_?KEY|LICENSE_?KEY|ACCESS_?KEY|API_?KEY"
)
_SECRET_VALUE = (
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\."
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)


@rule("CAM160", "CPU and memory that Fargate does not have")
def task_size(d: Deployment) -> Iterator[Violation]:
    """Fargate has a range of memory for each number of CPU units, in steps.

    Source: Amazon ECS Developer Guide, Task CPU and memory for Fargate.
    """
    sizes = [("orchestration", d.orchestration.cpu, d.orchestration.memory_mib)]
    if d.connectors.enabled:
        sizes.append(("connectors", d.connectors.cpu, d.connectors.memory_mib))
    for name, cpu, memory in sizes:
        least, most, step = FARGATE[int(cpu)]
        odd = int(cpu) == 256 and memory == 1536
        if not least <= memory <= most or memory % step or odd:
            steps = (
                "512, 1024 and 2048 MiB"
                if int(cpu) == 256
                else (f"{least} to {most} MiB in steps of {step}")
            )
            yield Violation(
                (name, "memory_mib"),
                f"Fargate has no {memory} MiB with {cpu} CPU units",
                f"with {cpu} CPU units it has {steps}",
            )


@rule("CAM164", "Too little memory for the state", Severity.WARNING)
def memory(d: Deployment) -> Iterator[Violation]:
    """A broker needs memory for its heap, for RocksDB and for the page cache. Before 8.10 RocksDB
    takes 512 MiB for each partition that the broker carries; with half of the memory for the rest
    and a fifth left free, that has to fit.

    Source: Camunda docs, Sizing of a self-managed cluster (RocksDB memory).
    """
    o = d.orchestration
    if minor(d.version) >= (8, 10) or o.replication_factor > o.brokers:
        return
    carried = ceil(o.partitions * o.replication_factor / o.brokers)
    taken = ROCKSDB_MIB * carried
    if 0.5 * o.memory_mib + taken > 0.8 * o.memory_mib:
        yield Violation(
            ("orchestration", "memory_mib"),
            f"{carried} partitions on a broker take {taken} MiB of RocksDB, too much of "
            f"{o.memory_mib} MiB",
            f"use at least {ceil(taken / 0.3 / GIB) * GIB} MiB, or fewer partitions",
        )


@rule("CAM170", "Name that AWS reserves")
def name(d: Deployment) -> Iterator[Violation]:
    """Log groups, clusters and buckets take names from the deployment's, and AWS reserves some
    beginnings.

    Source: Amazon S3 User Guide, General purpose bucket naming rules; Amazon CloudWatch Logs.
    """
    for prefix in ("aws", "sg-", "xn--", "internal-"):
        if d.name.startswith(prefix):
            yield Violation(
                ("name",), f"AWS reserves names that begin with {prefix!r}", "rename it"
            )


@rule("CAM172", "Variable that is set already")
def environment(d: Deployment) -> Iterator[Violation]:
    """camformation sets the variables that make a cluster of the tasks. Setting one of them again
    would contradict the rest of the deployment; one name in both `environment` and `secrets` is
    refused by ECS.

    Source: Amazon ECS API Reference, ContainerDefinition; Camunda docs, Amazon ECS reference
    architecture.
    """
    o = d.orchestration
    reserved = orchestration_environment.reserved_environment(
        o,
        version=d.version,
        access=d.access,
        authentication=d.authentication,
        database=d.database,
        storage=d.storage,
        connectors=d.connectors.enabled,
    )
    yield from _taken("orchestration", o.environment, o.secrets, reserved)
    if d.connectors.enabled:
        c = d.connectors
        names = connectors.reserved_environment(d.authentication)
        yield from _taken("connectors", c.environment, c.secrets, names)


def _taken(
    section: str,
    plain: Mapping[str, str],
    secret: Mapping[str, str],
    reserved: Set[str],
) -> Iterator[Violation]:
    for kind, names in (("environment", plain), ("secrets", secret)):
        for each in names:
            if each in reserved:
                yield Violation(
                    (section, kind, each),
                    f"{each} is set by camformation",
                    "change the field of the spec it comes from, or patch the template",
                )
            elif kind == "secrets" and each in plain:
                yield Violation(
                    (section, kind, each),
                    f"{each} is in environment too",
                    "keep one of the two",
                )


@rule("CAM173", "Secret in plain text")
def plain_secrets(d: Deployment) -> Iterator[Violation]:
    """Whoever may describe a task definition reads its environment, and it stays in old revisions.
    Secrets belong in AWS Secrets Manager, and their ARNs under `secrets`.

    Source: Amazon ECS Developer Guide, Pass sensitive data to an Amazon ECS container.
    """
    sections: list[tuple[Path, Mapping[str, str]]] = [
        (("orchestration", "environment"), d.orchestration.environment),
        (("connectors", "environment"), d.connectors.environment),
    ]
    if init := d.orchestration.init_container:
        sections.append((("orchestration", "init_container", "environment"), init.environment))
    for path, variables in sections:
        for each, value in variables.items():
            by_name = re.search(_SECRET_NAME, each.upper()) and value.lower() not in (
                "",
                "true",
                "false",
            )
            if by_name or re.search(_SECRET_VALUE, value):
                why = "by its name" if by_name else "by its value"
                yield Violation(
                    (*path, each),
                    f"{each} is a secret, {why}, and would be readable",
                    f"put it into Secrets Manager, and its ARN under {path[0]}.secrets",
                )


@rule("CAM176", "Zone of another region")
def zone_region(d: Deployment) -> Iterator[Violation]:
    """Zones named by `availability_zones` are zones of the deployment's region, each once.

    Source: Amazon EC2 User Guide, Regions and Zones.
    """
    zones = d.network.availability_zones
    if isinstance(zones, int) or d.network.existing:
        return
    for index, zone in enumerate(zones):
        named = "-az" not in zone
        if d.region and named and zone[:-1] != d.region:
            yield Violation(
                ("network", "availability_zones", index),
                f"{zone} is not a zone of {d.region}",
                f"for example {d.region}a",
            )


@rule("CAM183", "Shell access to production tasks", Severity.WARNING)
def execute_command(d: Deployment) -> Iterator[Violation]:
    """ECS Exec opens a shell in a running task, with all that the task may do and read.

    Source: Amazon ECS Developer Guide, Monitor Amazon ECS containers with ECS Exec.
    """
    if d.profile != "production":
        return
    services = (("orchestration", d.orchestration), ("connectors", d.connectors))
    for section, service in services:
        if service.execute_command:
            yield Violation(
                (section, "execute_command"),
                "ECS Exec is on in production",
                "switch it on only while it is needed",
            )
