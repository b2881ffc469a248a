"""What a run costs, by the templates it deploys. Rounded up, in US dollars; AWS's prices count."""

from typing import Any

PER_HOUR = {  # on demand, us-east-1, November 2026, and a fifth more for dearer regions
    "AWS::EC2::NatGateway": ("NAT gateway", 0.06),
    "AWS::EC2::EIP": ("public IPv4 address", 0.006),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("load balancer", 0.04),
    "AWS::RDS::DBInstance": ("Aurora instance, db.t3.medium", 0.11),
}
PER_MONTH = {
    "AWS::KMS::Key": ("KMS key", 1.0),
    "AWS::SecretsManager::Secret": ("secret", 0.4),
}
VCPU_HOUR, GIB_HOUR = 0.05, 0.006  # of Fargate
HOURS_OF_A_MONTH = 730


def costs(resources: dict[str, dict[str, Any]], hours: float) -> tuple[list[str], float]:
    """Lines to show, and their sum; data that is stored or sent comes on top, and is little."""
    lines, total = [], 0.0
    types = [resource["Type"] for resource in resources.values()]
    prices = PER_HOUR | {t: (n, p / HOURS_OF_A_MONTH) for t, (n, p) in PER_MONTH.items()}
    for kind, (name, price) in prices.items():
        if count := types.count(kind):
            lines.append(f"{count} x {name}: {count * price * hours:.2f}")
            total += count * price * hours
    for resource in resources.values():
        if resource["Type"] == "AWS::ECS::Service":
            title = resource["Properties"]["TaskDefinition"]["Ref"]
            task = resources[title]["Properties"]
            vcpu, gib = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024
            count = int(resource["Properties"].get("DesiredCount", 1))
            price = count * (vcpu * VCPU_HOUR + gib * GIB_HOUR) * hours
            lines.append(f"{count} x Fargate task, {vcpu:g} vCPU, {gib:g} GiB: {price:.2f}")
            total += price
    return lines, total
