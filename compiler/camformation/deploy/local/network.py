"""EC2 resource types that MiniStack lacks: addresses, NAT gateways, IPv6 blocks, logs, rules;
protected load balancers, alarms with metric math."""

import secrets
from typing import Any

from camformation.deploy.local.modules import (
    Function,
    cloudformation,
    module,
    replace,
    replace_handler,
)

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


def install() -> None:
    """Register the handlers."""
    handlers = cloudformation("provisioners")._RESOURCE_HANDLERS
    handlers["AWS::EC2::EIP"] = _handlers(_create_address, _release_address, _address_attributes)
    handlers["AWS::EC2::NatGateway"] = _handlers(
        _create_nat_gateway, _delete_nat_gateway, lambda gateway: {"NatGatewayId": gateway}
    )
    for kind, prefix in (("VPC", "vpc"), ("Subnet", "subnet")):
        handlers[f"AWS::EC2::{kind}CidrBlock"] = _association_handlers(f"{prefix}-cidr-assoc")
    handlers["AWS::EC2::FlowLog"] = _association_handlers("fl")
    handlers["AWS::Backup::BackupSelection"] = _association_handlers("backup-selection")
    handlers["AWS::APS::RuleGroupsNamespace"] = _association_handlers("rule-groups")
    for kind in ("WebACLAssociation", "LoggingConfiguration"):
        handlers[f"AWS::WAFv2::{kind}"] = _association_handlers("waf")
    handlers["AWS::EC2::SecurityGroupIngress"] = _rule_handlers("IpPermissions")
    handlers["AWS::EC2::SecurityGroupEgress"] = _rule_handlers("IpPermissionsEgress")
    for action in ("create", "update"):
        replace_handler("AWS::EC2::VPC", action, _with_cidr)
    replace("_cw_metric_alarm_record", _with_metric_math, cloudformation("provisioners"))
    replace_handler("AWS::ElasticLoadBalancingV2::LoadBalancer", "delete", _protected_balancer)


def _with_metric_math(original: Function) -> Function:
    """Keep an alarm about several metrics as one about the first: no metrics exist here."""

    def record(name: str, properties: Properties) -> dict[str, Any]:
        if not (metrics := properties.get("Metrics")):
            return dict(original(name, properties))
        first = metrics[0]["MetricStat"]
        own = {key: value for key, value in properties.items() if key != "Metrics"}
        return dict(original(name, {**own, **first["Metric"], "Period": first["Period"]}))

    return record


def _protected_balancer(original: Function) -> Function:
    """Refuse to delete a protected load balancer."""

    def delete(physical_id: str, properties: Properties) -> None:
        attributes = module("services.alb")._lb_attrs.get(physical_id, ())
        if any(
            each["Key"] == "deletion_protection.enabled" and each["Value"] == "true"
            for each in attributes
        ):
            raise ValueError(
                f"Load balancer '{physical_id}' cannot be deleted because deletion protection is "
                "enabled (Service: ElasticLoadBalancingV2, Status Code: 400)"
            )
        original(physical_id, properties)

    return delete


def _handlers(create: Function, delete: Function, attributes: Function) -> dict[str, Any]:
    """Create and delete, and an update that keeps the resource when only its tags change.

    Every other property of these types is create-only in its provider schema, or treated as such.
    """

    def new(logical_id: str, properties: Properties, stack_name: str) -> Provisioned:
        physical_id = create(properties)
        return physical_id, attributes(physical_id)

    def update(
        physical_id: str, old: Properties, new_: Properties, stack_name: str, logical_id: str
    ) -> Provisioned:
        if _without_tags(old) != _without_tags(new_):
            return new(logical_id, new_, stack_name)
        _tag(physical_id, new_)
        return physical_id, attributes(physical_id)

    return {"create": new, "delete": delete, "update": update, "update_with_logical_id": True}


def _without_tags(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name != "Tags"}


def _tag(resource_id: str, properties: Properties) -> None:
    module("services.ec2")._tags[resource_id] = list(properties.get("Tags") or [])


def _create_address(properties: Properties) -> str:
    ec2 = module("services.ec2")
    allocation = f"eipalloc-{secrets.token_hex(9)[:17]}"
    address = ec2._random_ip("52.")
    ec2._addresses[allocation] = {
        "AllocationId": allocation,
        "PublicIp": address,
        "Domain": properties.get("Domain", "vpc"),
        "AssociationId": None,
        "InstanceId": None,
        "NetworkInterfaceId": None,
        "PrivateIpAddress": None,
    }
    _tag(allocation, properties)
    return str(address)


def _address_attributes(address: str) -> dict[str, Any]:
    for allocation, record in module("services.ec2")._addresses.items():
        if record["PublicIp"] == address:
            return {"AllocationId": allocation, "PublicIp": address}
    return {}


def _release_address(physical_id: str, properties: Properties) -> None:
    ec2 = module("services.ec2")
    for allocation, record in list(ec2._addresses.items()):
        if record["PublicIp"] == physical_id:
            del ec2._addresses[allocation]
            ec2._tags.pop(allocation, None)


def _create_nat_gateway(properties: Properties) -> str:
    ec2 = module("services.ec2")
    gateway = f"nat-{secrets.token_hex(9)[:17]}"
    subnet = ec2._subnets.get(properties.get("SubnetId", "")) or {}
    ec2._nat_gateways[gateway] = {
        "NatGatewayId": gateway,
        "SubnetId": properties.get("SubnetId", ""),
        "VpcId": properties.get("VpcId") or subnet.get("VpcId", ""),
        "AllocationId": properties.get("AllocationId", ""),
        "ConnectivityType": properties.get("ConnectivityType", "public"),
        "State": "available",
        "CreateTime": ec2._now_ts(),
        "Tags": list(properties.get("Tags") or []),
    }
    _tag(gateway, properties)
    return gateway


def _delete_nat_gateway(physical_id: str, properties: Properties) -> None:
    ec2 = module("services.ec2")
    ec2._nat_gateways.pop(physical_id, None)
    ec2._tags.pop(physical_id, None)


def _association_handlers(prefix: str) -> dict[str, Any]:
    """Handlers of a resource of which only the ID is needed."""
    return _handlers(
        lambda properties: f"{prefix}-{secrets.token_hex(9)[:17]}",
        lambda association, properties: None,
        lambda association: {"Id": association},
    )


def _rule_handlers(store: str) -> dict[str, Any]:
    """Handlers that keep one rule in a security group's list."""

    def permission(properties: Properties) -> dict[str, Any]:
        rules: list[dict[str, Any]] = cloudformation("provisioners")._ec2_sg_permissions(
            [properties]
        )
        return rules[0]

    def create(properties: Properties) -> str:
        group = module("services.ec2")._security_groups.get(properties.get("GroupId", ""))
        if group is not None:  # one named in the spec is assumed to exist
            group[store].append(permission(properties))
        return f"sgr-{secrets.token_hex(9)[:17]}"

    def delete(physical_id: str, properties: Properties) -> None:
        group = module("services.ec2")._security_groups.get(properties.get("GroupId", ""))
        rule = permission(properties)
        if group is not None and rule in group[store]:
            group[store].remove(rule)

    return _handlers(create, delete, lambda rule: {"Id": rule})


def _with_cidr(original: Function) -> Function:
    """`Fn::GetAtt Vpc.CidrBlock`, and `Vpc.Ipv6CidrBlocks`: a block for documentation (RFC 3849)
    that every VPC has, because attributes are stored when the VPC is created."""

    def provision(*arguments: Any, **keywords: Any) -> Provisioned:
        vpc, attributes = original(*arguments, **keywords)
        block = module("services.ec2")._vpcs[vpc]["CidrBlock"]
        ipv6 = f"2001:db8:{vpc[-6:-2]}:{vpc[-2:]}00::/56"
        return vpc, {**attributes, "CidrBlock": block, "Ipv6CidrBlocks": [ipv6]}

    return provision
