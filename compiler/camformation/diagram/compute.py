"""The boxes that receive and handle traffic: load balancers, services, the seed, outgoing
routes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from camformation.audit.values import Template, named
from camformation.diagram.model import Line, Node
from camformation.diagram.values import counted, said
from camformation.shapes import mappings, resources

TITLES = {
    "OrchestrationService": "Brokers (orchestration cluster)",
    "ConnectorsService": "Connectors",
    "DatabaseSeed": "Database seed",
    "OpsTaskDefinition": "Ops task",
}
BALANCERS = {
    "application": "Application load balancer",
    "network": "Network load balancer",
    "gateway": "Gateway load balancer",
}


def load_balancers(
    template: Template, public: str, private: str, hostnames: tuple[str, ...]
) -> Iterator[Node]:
    """Yield the load balancers, in the group of their subnets."""
    listeners = list(resources(template, "AWS::ElasticLoadBalancingV2::Listener"))
    protected = {
        named(properties.get("ResourceArn"))
        for _, properties in resources(template, "AWS::WAFv2::WebACLAssociation")
    }
    for name, properties in resources(template, "AWS::ElasticLoadBalancingV2::LoadBalancer"):
        scheme = said(template, properties.get("Scheme")) or "internet-facing"
        kind = said(template, properties.get("Type")) or "application"
        own = [each for _, each in listeners if named(each.get("LoadBalancerArn")) == name]
        heard = sorted({_listens(template, each) for each in own})
        lines = [Line(scheme), *(Line(text) for _, text in heard)]
        if kind == "application" and hostnames:
            lines.insert(0, Line(hostnames[0]))
        elif kind == "network" and hostnames[1:]:
            lines.insert(0, Line(hostnames[1]))
        if name in protected:
            lines.append(Line("behind a web ACL (WAF)"))
        group = public if scheme == "internet-facing" or not private else private
        yield Node(
            name, "balancer", group, BALANCERS.get(kind, "Load balancer"), tuple(lines), (name,)
        )


def _listens(template: Template, listener: Mapping[str, Any]) -> tuple[int, str]:
    port = counted(template, listener.get("Port"))
    actions = mappings(listener.get("DefaultActions"))
    redirects = any(each.get("Type") == "redirect" for each in actions)
    suffix = ", redirects to HTTPS" if redirects else ""
    return port, f"{said(template, listener.get('Protocol'))} {port}{suffix}"


def services(template: Template, group: str) -> Iterator[Node]:
    """Yield the ECS services, with what a task of them is."""
    tasks = dict(resources(template, "AWS::ECS::TaskDefinition"))
    targets = {
        name
        for _, each in resources(template, "AWS::ApplicationAutoScaling::ScalableTarget")
        for name in [str(each.get("ResourceId"))]
    }
    for name, properties in resources(template, "AWS::ECS::Service"):
        definition = named(properties.get("TaskDefinition"))
        task = tasks.get(definition, {})
        count = counted(template, properties.get("DesiredCount"))
        scaled = any(name in text for text in targets)
        amount = "scaled" if scaled else f"{count} task{'s' * (count != 1)}"
        size = _size(template, task)
        lines = [Line(f"{amount}, {size}" if size else amount), *_images(template, task)]
        if providers := mappings(properties.get("CapacityProviderStrategy")):
            names = (said(template, each.get("CapacityProvider")) for each in providers)
            lines.append(Line(" and ".join(names)))
        yield Node(name, "service", group, TITLES.get(name, name), tuple(lines), (name, definition))


def _size(template: Template, task: Mapping[str, Any]) -> str:
    cpu, memory = counted(template, task.get("Cpu")), counted(template, task.get("Memory"))
    return f"{cpu / 1024:g} vCPU, {memory / 1024:g} GiB" if cpu and memory else ""


def _images(template: Template, task: Mapping[str, Any]) -> Iterator[Line]:
    """Yield the image of the container that listens, and the names of those beside it."""
    containers = mappings(task.get("ContainerDefinitions"))
    main = next(
        (e for e in containers if e.get("PortMappings")), containers[0] if containers else None
    )
    if main:
        yield Line(_image(said(template, main.get("Image"))))
    others = [said(template, each.get("Name")) for each in containers if each is not main]
    if others:
        yield Line(f"with {', '.join(others)}")


def _image(image: str) -> str:
    """Return an image without its registry, with its tag; a digest is cut."""
    name, _, digest = image.partition("@")
    first, slash, rest = name.partition("/")
    short = f"…/{rest}" if slash and {".", ":"} & set(first) else name
    return f"{short}@{digest[:14]}…" if digest else short


def seeds(template: Template, group: str) -> Iterator[Node]:
    """Yield custom resources that run tasks: the seed of the database."""
    tasks = dict(resources(template, "AWS::ECS::TaskDefinition"))
    custom = {each["Type"] for each in template["Resources"].values()}
    custom = {each for each in custom if each.startswith("Custom::")}
    for name, properties in resources(template, *custom):
        if "TaskDefinition" in properties:
            definition = named(properties["TaskDefinition"])
            function = named(properties.get("ServiceToken"))
            size = _size(template, tasks.get(definition, {}))
            said_of = ("a task, once for each change", size)
            lines = tuple(Line(each) for each in said_of if each)
            title = TITLES.get(name, name)
            yield Node(name, "seed", group, title, lines, (name, definition, function))


def other_tasks(template: Template, group: str, known: Collection[str]) -> Iterator[Node]:
    """Yield one-off tasks that the template does not run, such as the one that manages brokers."""
    for name, task in resources(template, "AWS::ECS::TaskDefinition"):
        if name not in known:
            lines = [Line("a task, run when it is needed"), Line(_size(template, task))]
            shown = tuple(line for line in lines if line.text)
            yield Node(name, "seed", group, TITLES.get(name, name), shown, (name,))


def ways_out(template: Template, public: str, private: str) -> Iterator[Node]:
    """Yield NAT gateways, and interface endpoints."""
    gateways = [name for name, _ in resources(template, "AWS::EC2::NatGateway")]
    if gateways:
        amount = f"{len(gateways)}, one in each zone" if len(gateways) > 1 else "1, for all zones"
        lines = (Line(amount), Line("to the internet and AWS APIs"))
        yield Node("nat", "nat", public, "NAT gateways", lines, tuple(gateways))
    endpoints = [
        (name, said(template, each.get("ServiceName")).rpartition("${AWS::Region}.")[2])
        for name, each in resources(template, "AWS::EC2::VPCEndpoint")
        if each.get("VpcEndpointType") == "Interface"
    ]
    if endpoints:
        served = tuple(Line(service, (name,)) for name, service in endpoints)
        members = tuple(name for name, _ in endpoints)
        yield Node("endpoints", "endpoint", private, "Interface endpoints", served, members)
