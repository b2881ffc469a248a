"""The spec that `camformation init` writes from a few answers."""

from camformation.frozen import frozen

SCHEMA_FILE = "deployment.schema.json"


@frozen
class Answers:
    """Answers of the user to the questions of `init`."""

    name: str
    profile: str
    region: str | None = None
    allowed_cidrs: tuple[str, ...] = ()
    hostname: str | None = None
    certificate_arn: str | None = None
    hosted_zone_id: str | None = None
    vpc_id: str | None = None
    vpc_cidr: str | None = None
    private_subnet_ids: tuple[str, ...] = ()
    public_subnet_ids: tuple[str, ...] = ()


def spec_text(answers: Answers) -> str:
    """Return the text of a spec: the answers, and further settings as comments."""
    a = answers
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"name: {a.name}",
        f"profile: {a.profile}  # defaults: see `camformation show`",
    ]
    if a.region:
        lines.append(f"region: {a.region}")
    if a.vpc_id:
        lines += [
            "",
            "network:",
            "  existing:",
            f"    vpc_id: {a.vpc_id}",
            f"    cidr: {a.vpc_cidr}",
            f"    private_subnet_ids: [{', '.join(a.private_subnet_ids)}]",
        ]
    if a.public_subnet_ids:
        lines.append(f"    public_subnet_ids: [{', '.join(a.public_subnet_ids)}]")
    private = bool(a.vpc_id) and not a.public_subnet_ids
    if private or a.allowed_cidrs or a.hostname:
        lines += ["", "access:"]
    if private:
        lines.append("  scheme: internal  # the VPC has no public subnets here")
    if a.allowed_cidrs:
        # YAML takes a colon at the beginning, as IPv6's ::/0 has it, for the end of a key.
        networks = [f'"{each}"' if each.startswith(":") else each for each in a.allowed_cidrs]
        lines.append(f"  allowed_cidrs: [{', '.join(networks)}]")
    if a.hostname:
        lines += [
            "  tls:",
            f"    hostname: {a.hostname}",
            f"    # gRPC clients use grpc.{a.hostname}; `grpc_hostname` names another",
        ]
        if not a.hosted_zone_id:
            lines.append("    # both names lead to load balancers by DNS records that you make")
        if a.certificate_arn:
            lines.append(f"    certificate_arn: {a.certificate_arn}")
        if a.hosted_zone_id:
            lines.append(f"    hosted_zone_id: {a.hosted_zone_id}")
    lines += [
        "",
        "# Settings to review next (`camformation explain FIELD` explains each one):",
        "#   orchestration.brokers, .partitions, .cpu, .memory_mib   fixed in parts once deployed",
        "#   database.instance_class, .instances, .serverless",
        "#   storage.backup, storage.on_delete                       what is kept, and how long",
    ]
    return "\n".join(lines) + "\n"
