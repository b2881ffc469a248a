"""Requirements of templates on an account: counts, images, secrets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.deploy.preflight.template_values import resources
from camformation.frozen import frozen
from camformation.layout import ROOT, Template, Templates

CPU_UNITS = 1024  # of a vCPU


def counts(templates: Templates | None) -> Mapping[str, int]:
    """Return the number of resources of each type; load balancers by type, too."""
    found: Counter[str] = Counter()
    for _, each in resources(templates or {}):
        found[each["Type"]] += 1
        if each["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            found[str(each["Properties"].get("Type", "application"))] += 1
    return found


@frozen
class Fargate:
    """Fargate's vCPUs: of all tasks, and the most that a rollout of one service adds."""

    steady: float
    rollout: float


def fargate(templates: Templates | None) -> Fargate:
    """Return the vCPUs of the services' tasks."""
    steady, rollout = 0.0, 0.0
    for template in (templates or {}).values():
        for service in _of(template, "AWS::ECS::Service"):
            properties = service["Properties"]
            task = template["Resources"].get(
                (properties.get("TaskDefinition") or {}).get("Ref", ""), {}
            )
            cpu = literal(templates or {}, task.get("Properties", {}).get("Cpu"))
            tasks = literal(templates or {}, properties.get("DesiredCount"))
            if not (_is_number(cpu) and _is_number(tasks)):
                continue
            size = float(cpu) * float(tasks) / CPU_UNITS
            most = (properties.get("DeploymentConfiguration") or {}).get("MaximumPercent", 200)
            steady += size
            rollout = max(rollout, size * (float(most) - 100) / 100)
    return Fargate(steady, rollout)


def tasks(templates: Templates) -> int:
    """Return the number of the services' tasks."""
    numbers = (
        literal(templates, each["Properties"].get("DesiredCount"))
        for each in _all(templates, "AWS::ECS::Service")
    )
    return sum(int(each) for each in numbers if _is_number(each))


@frozen
class UsedImage:
    """An image, and the architecture of the task that runs it."""

    name: str
    architecture: str  # X86_64 | ARM64


def images(templates: Templates) -> tuple[UsedImage, ...]:
    """Return the images of all containers."""
    found: dict[UsedImage, None] = {}
    for task in _all(templates, "AWS::ECS::TaskDefinition"):
        platform = task["Properties"].get("RuntimePlatform") or {}
        architecture = str(platform.get("CpuArchitecture") or "X86_64")
        for container in task["Properties"].get("ContainerDefinitions", ()):
            name = literal(templates, container.get("Image"))
            if isinstance(name, str):
                found[UsedImage(str(name), architecture)] = None
    return tuple(found)


def secrets(templates: Templates) -> tuple[str, ...]:
    """Return the references to secrets and parameters in containers, in ECS's form."""
    found: dict[str, None] = {}
    for task in _all(templates, "AWS::ECS::TaskDefinition"):
        for container in task["Properties"].get("ContainerDefinitions", ()):
            values = [each.get("ValueFrom") for each in container.get("Secrets", ())]
            values.append(
                (container.get("RepositoryCredentials") or {}).get("CredentialsParameter")
            )
            for value in values:
                text = literal(templates, value)
                if isinstance(text, str):
                    found[str(text)] = None
    return tuple(found)


def rules_of_groups(templates: Templates) -> Mapping[str, tuple[int, int, tuple[str, ...]]]:
    """Return the inbound rules of each security group: IPv4 and IPv6 rules, and prefix lists."""
    found: dict[str, tuple[int, int, tuple[str, ...]]] = {}
    for _, each in resources(templates):
        if each["Type"] != "AWS::EC2::SecurityGroupIngress":
            continue
        properties = each["Properties"]
        group = properties.get("GroupId")
        name = next(iter(group.values())) if isinstance(group, Mapping) else group
        title = str(name[0] if isinstance(name, list) else name)
        four, six, lists = found.get(title, (0, 0, ()))
        if prefix_list := literal(templates, properties.get("SourcePrefixListId")):
            lists = (*lists, str(prefix_list))
        elif "CidrIpv6" in properties:
            six += 1
        else:
            four += 1
        found[title] = (four, six, lists)
    return found


def outbound_lists(templates: Templates) -> list[str]:
    """Return the prefix lists that tasks may connect to."""
    rules = _all(templates, "AWS::EC2::SecurityGroupEgress")
    named = (each["Properties"].get("DestinationPrefixListId") for each in rules)
    found = (literal(templates, each) for each in named)
    return sorted({str(each) for each in found if each})


def literal(templates: Templates, value: Any) -> Any:
    """Return a value, or the default of its parameter; None if only CloudFormation knows it."""
    if isinstance(value, Mapping):
        name = value.get("Ref")
        parameter = templates.get(ROOT, {}).get("Parameters", {}).get(name, {})
        return parameter.get("Default")
    return value


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _of(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    return (each for each in template["Resources"].values() if each["Type"] == kind)


def _all(templates: Templates, kind: str) -> Iterator[dict[str, Any]]:
    return (each for _, each in resources(templates) if each["Type"] == kind)


def keys(templates: Templates) -> tuple[str, ...]:
    """Return the KMS keys that the spec names: literal ARNs in `KmsKeyId` and `KmsKeyArn`."""
    found = {
        str(value)
        for _, each in resources(templates)
        for value in _values(each.get("Properties", {}), ("KmsKeyId", "KmsKeyArn"))
        if isinstance(value, str) and value.startswith("arn:")
    }
    return tuple(sorted(found))


def _values(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            if name in names:
                yield each
            yield from _values(each, names)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, names)
