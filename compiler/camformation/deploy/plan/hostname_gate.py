"""Gate checks for the hostnames of a deployment, and their DNS records."""

from collections.abc import Iterator

from camformation.deploy.plan.blocks import warned
from camformation.deploy.plan.model import Action, Block, ResourceChange, Severity
from camformation.deploy.plan.situation import Situation
from camformation.deploy.plan.symbols import Address, Resolver, shown, symbols
from camformation.deploy.plan.template_diff import Resources, properties_of

FIELDS = {"Url": ("access", "tls", "hostname"), "GrpcAddress": ("access", "tls", "grpc_hostname")}
"""Outputs with the addresses for clients, and the fields with the hostname."""
OWN = "the load balancer's own DNS name"
RECORD = "AWS::Route53::RecordSet"
DISCOVERY = "AWS::ServiceDiscovery::Service"


def hostname_gate(situation: Situation) -> Iterator[Block]:
    """Warn of a changed hostname, and of one without its DNS record."""
    old, new = (_hosts(resolver) for resolver in (situation.old, situation.new))
    for output in old:
        before, after = old[output], new.get(output)
        if after and before != after:
            new_name = "announce it" if after == OWN else "announce the new name"
            covered = "" if after == OWN else ", use a certificate that covers it"
            web = output == "Url"
            users = (
                "people, clients, webhooks and an identity provider use"
                if web
                else "gRPC clients and job workers use"
            )
            yield Block(
                "CAM761",
                Severity.WARNING,
                f"the hostname goes from {before} to {after}: the name that {users} stops working"
                + (", with the DNS record" if _recorded(situation, before) else ""),
                new_name
                + covered
                + (", and add the new redirect URI at the provider first" if web else ""),
                field=FIELDS[output],
            )
            break  # the other name follows it
    else:
        yield from _records(situation)
        yield from _own_records(situation, {*old.values()})
    yield from _private_names(situation)


def _records(situation: Situation) -> Iterator[Block]:
    for change in situation.changes:
        if change.type == RECORD and change.action in (Action.DELETE, Action.REPLACE):
            yield from _record(situation, change)


def _own_records(situation: Situation, hosts: set[str]) -> Iterator[Block]:
    """Warn of new records of hostnames in use, for which people have made records themselves
    (Route 53 API Reference, ChangeResourceRecordSets, InvalidChangeBatch)."""
    known = {
        shown(resource.get("Properties", {}).get("Name", ""))
        for resource in situation.before.values()
        if resource["Type"] == RECORD
    }
    for change in situation.changes:
        properties = properties_of(situation.after, change.address)
        name = shown(properties.get("Name", ""))
        new = change.type == RECORD and change.action is Action.ADD
        if new and properties.get("Type") == "A" and name in hosts - known:
            yield warned(
                change,
                "CAM798",
                f"{change.logical_id}: creates the DNS record of {name}: if the zone "
                f"{shown(properties.get('HostedZoneId', ''))} has one that you made, as this name "
                "has needed so far, Route 53 refuses another: the deployment would fail at this "
                "resource, and be rolled back",
                "delete your own record right before this deployment, when there are few clients; "
                "the name resolves to nothing until the new one is there",
                change.location,
            )


def _private_names(situation: Situation) -> Iterator[Block]:
    """Warn of names of tasks in a private DNS namespace, for clients that no load balancer
    serves."""
    for change in situation.changes:
        old, new = (
            _private_name(each, change.address) for each in (situation.before, situation.after)
        )
        if change.type == DISCOVERY and old and old != new:
            yield warned(
                change,
                "CAM761",
                f"{change.logical_id}: the private name {old} is deleted"
                + (f", and {new} replaces it" if new else "")
                + ": clients in the VPC that use it to connect to brokers no longer find them",
                "change the clients when all brokers are replaced",
                change.location,
            )


def _private_name(resources: Resources, address: Address) -> str:
    """Return the name that a service of Cloud Map keeps in DNS."""
    properties = properties_of(resources, address)
    spaces = [symbol.resource for symbol in symbols(properties.get("NamespaceId", ""))]
    space = properties_of(resources, spaces[0]).get("Name") if spaces else None
    return f"{shown(properties.get('Name', ''))}.{shown(space)}" if space else ""


def _record(situation: Situation, change: ResourceChange) -> Iterator[Block]:
    """Warn of a name that is removed from a zone."""
    properties = properties_of(situation.before, change.address)
    balancers = {s.resource for s in symbols(properties.get("AliasTarget", {}))}
    name, zone = (properties.get(each) for each in ("Name", "HostedZoneId"))
    if properties.get("Type") != "A" or not all(each in situation.after for each in balancers):
        return
    if change.action is Action.DELETE:
        yield warned(
            change,
            "CAM761",
            f"{change.logical_id}: deletes the DNS record of {name}: the name resolves to nothing "
            "until you create a record",
            "create a record in the zone that remains, right after the deployment",
            change.location,
        )
    elif change.change_of("HostedZoneId"):
        after = properties_of(situation.after, change.address).get("HostedZoneId")
        yield warned(
            change,
            "CAM761",
            f"{change.logical_id}: the DNS record of {name} moves from the zone {shown(zone)} to "
            f"{shown(after)}: clients that query the old zone no longer find the name",
            "make sure that clients query the new zone: a private one answers only in its VPCs, a "
            "public one must be delegated to by the domain's name servers",
            change.line_of("HostedZoneId") or change.location,
        )


def _hosts(resolver: Resolver) -> dict[str, str]:
    """Return the known hosts in outputs with addresses for clients."""
    outputs = resolver.templates.get("root", {}).get("Outputs", {})
    found = {}
    for output in FIELDS:
        value = resolver.value("root", outputs.get(output, {}).get("Value", ""))
        if any(symbol.attribute == "DNSName" for symbol in symbols(value)):
            found[output] = OWN
        elif isinstance(value, str) and value:
            found[output] = value.rpartition("//")[2].partition("/")[0].partition(":")[0]
    return found


def _recorded(situation: Situation, host: str) -> bool:
    return any(
        resource["Type"] == RECORD and resource.get("Properties", {}).get("Name") == host
        for resource in situation.before.values()
    )
