"""The billed uses of tasks: their size, their metrics, their certificates."""

from collections.abc import Mapping
from typing import Any

from camformation.cost.stacks import Resource, target
from camformation.cost.use import HOURS, All, Assumed, Use, Uses
from camformation.shapes import mapping, mappings, number

FREE_STORAGE = 20
"""GB of ephemeral storage that each task has (AWS Fargate pricing)."""
AUTHORITY = "AWS::ACMPCA::CertificateAuthority"


def service(of: Resource, every: All, assumed: Assumed) -> Uses:
    """An ECS service: the size of its tasks, their metrics, their certificates."""
    task = target(of, "TaskDefinition", every)
    count = number(of.properties.get("DesiredCount"), 1.0)
    if task:
        yield from _tasks(of, task, count)
    network = mapping(mapping(of.properties.get("NetworkConfiguration")).get("AwsvpcConfiguration"))
    if network.get("AssignPublicIp") == "ENABLED":
        yield Use("ipv4.hour", count * HOURS)
    insights = {
        str(setting.get("Value"))
        for each in every
        if each.type == "AWS::ECS::Cluster"
        for setting in mappings(each.properties.get("ClusterSettings"))
        if setting.get("Name") == "containerInsights"
    }
    if "enhanced" in insights:
        yield Use("metric.enhanced", count * assumed("insights_enhanced_metrics"))
    elif "enabled" in insights:
        yield Use("metric", assumed("insights_metrics"))
    yield from _certificates(of, every, assumed)


def _tasks(of: Resource, task: Resource, count: float) -> Uses:
    arm = mapping(task.properties.get("RuntimePlatform")).get("CpuArchitecture") == "ARM64"
    providers = mappings(of.properties.get("CapacityProviderStrategy"))
    spot = any(each.get("CapacityProvider") == "FARGATE_SPOT" for each in providers)
    note = f"{count:g} tasks" if count != 1 else "1 task"
    if spot:
        note += ", those on Spot at the price of others, their limit"
    kind = "arm" if arm else "x86"
    cpu, memory = (number(task.properties.get(each)) / 1024 for each in ("Cpu", "Memory"))
    yield Use(f"fargate.vcpu_{kind}", count * cpu * HOURS, note)
    yield Use(f"fargate.gb_{kind}", count * memory * HOURS, note)
    own = mapping(task.properties.get("EphemeralStorage")).get("SizeInGiB")
    if (more := number(own, FREE_STORAGE) - FREE_STORAGE) > 0:
        yield Use("fargate.storage", count * more * HOURS, note)


def _certificates(of: Resource, every: All, assumed: Assumed) -> Uses:
    """The certificates of Service Connect, and the secrets in which ECS keeps their keys.

    The mode of an existing CA is not known.
    """
    names = len(encrypted(of))
    if not names:
        return
    modes = {_short_lived(each) for each in every if each.type == AUTHORITY}
    short = modes == {True}
    note = "" if modes else "of a CA in the general-purpose mode, the limit"
    key = "private_ca.certificate_short_lived" if short else "private_ca.certificate"
    yield Use(key, names * assumed("certificates"), note)
    yield Use("secret", names, "keys of certificates, kept by ECS")


def encrypted(of: Resource) -> list[Mapping[str, Any]]:
    """Return the names of a service that Service Connect encrypts, each with its own
    certificate."""
    connect = mapping(of.properties.get("ServiceConnectConfiguration"))
    return [each for each in mappings(connect.get("Services")) if mapping(each.get("Tls"))]


def _short_lived(of: Resource) -> bool:
    return of.properties.get("UsageMode") == "SHORT_LIVED_CERTIFICATE"


def authority(of: Resource, every: All, assumed: Assumed) -> Uses:
    """A private certificate authority."""
    yield Use("private_ca.short_lived" if _short_lived(of) else "private_ca", 1)
