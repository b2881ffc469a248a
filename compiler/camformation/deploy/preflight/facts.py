"""Requirements of templates on an account: counts, images, secrets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from camformation.audit.values import named
from camformation.deploy.preflight.template_values import bodies, resources
from camformation.frozen import frozen
from camformation.layout import ROOT, Templates
from camformation.shapes import mapping, mappings, number, properties
from camformation.shapes import resources as resources_of

CPU_UNITS = 1024  # of a vCPU


def counts(templates: Templates | None) -> Mapping[str, int]:
    """Return the number of resources of each type, and of load balancers and endpoints by kind."""
    found: Counter[str] = Counter()
    for _, each in resources(templates or {}):
        found[each["Type"]] += 1
        if each["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            found[str(properties(each).get("Type", "application"))] += 1
        if each["Type"] == "AWS::EC2::VPCEndpoint":
            found[str(properties(each).get("VpcEndpointType", "Gateway"))] += 1
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
        for _, service in resources_of(template, "AWS::ECS::Service"):
            definition = str(mapping(service.get("TaskDefinition")).get("Ref"))
            task = properties(template["Resources"].get(definition))
            cpu = literal(templates or {}, task.get("Cpu"))
            tasks = literal(templates or {}, service.get("DesiredCount"))
            size = number(cpu) * number(tasks) / CPU_UNITS
            most = mapping(service.get("DeploymentConfiguration")).get("MaximumPercent")
            steady += size
            rollout = max(rollout, size * (number(most, 200.0) - 100) / 100)
    return Fargate(steady, rollout)


def tasks(templates: Templates) -> int:
    """Return the number of the services' tasks."""
    services = bodies(templates, "AWS::ECS::Service")
    counted = (literal(templates, each.get("DesiredCount")) for _, each in services)
    return sum(int(number(each)) for each in counted)


@frozen
class UsedImage:
    """An image, and the architecture of the task that runs it."""

    name: str
    architecture: str  # X86_64 | ARM64


def images(templates: Templates) -> tuple[UsedImage, ...]:
    """Return the images of all containers."""
    found: dict[UsedImage, None] = {}
    for _, task in bodies(templates, "AWS::ECS::TaskDefinition"):
        platform = mapping(task.get("RuntimePlatform"))
        architecture = str(platform.get("CpuArchitecture") or "X86_64")
        for container in mappings(task.get("ContainerDefinitions")):
            name = literal(templates, container.get("Image"))
            if isinstance(name, str):
                found[UsedImage(str(name), architecture)] = None
    return tuple(found)


def secrets(templates: Templates) -> tuple[str, ...]:
    """Return the references to secrets and parameters in containers, in ECS's form."""
    found: dict[str, None] = {}
    for _, task in bodies(templates, "AWS::ECS::TaskDefinition"):
        for container in mappings(task.get("ContainerDefinitions")):
            values = [each.get("ValueFrom") for each in mappings(container.get("Secrets"))]
            credentials = mapping(container.get("RepositoryCredentials"))
            values.append(credentials.get("CredentialsParameter"))
            for value in values:
                text = literal(templates, value)
                if isinstance(text, str):
                    found[str(text)] = None
    return tuple(found)


def rules_of_groups(templates: Templates) -> Mapping[str, tuple[int, int, tuple[str, ...]]]:
    """Return the inbound rules of each security group: IPv4 and IPv6 rules, and prefix lists."""
    found: dict[str, tuple[int, int, tuple[str, ...]]] = {}
    for _, rule in bodies(templates, "AWS::EC2::SecurityGroupIngress"):
        title = named(rule.get("GroupId"))
        four, six, lists = found.get(title, (0, 0, ()))
        if prefix_list := literal(templates, rule.get("SourcePrefixListId")):
            lists = (*lists, str(prefix_list))
        elif "CidrIpv6" in rule:
            six += 1
        else:
            four += 1
        found[title] = (four, six, lists)
    return found


def outbound_lists(templates: Templates) -> list[str]:
    """Return the prefix lists that tasks may connect to."""
    rules = bodies(templates, "AWS::EC2::SecurityGroupEgress")
    found = (literal(templates, each.get("DestinationPrefixListId")) for _, each in rules)
    return sorted({str(each) for each in found if each})


def literal(templates: Templates, value: Any) -> Any:
    """Return a value, or the default of its parameter; None if only CloudFormation knows it."""
    if isinstance(value, Mapping):
        declared = mapping(templates.get(ROOT, {}).get("Parameters"))
        return mapping(declared.get(str(value.get("Ref")))).get("Default")
    return value


def keys(templates: Templates) -> tuple[str, ...]:
    """Return the KMS keys that the spec names: literal ARNs in `KmsKeyId` and `KmsKeyArn`."""
    found = {
        str(value)
        for _, each in resources(templates)
        for value in _values(properties(each), ("KmsKeyId", "KmsKeyArn"))
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
