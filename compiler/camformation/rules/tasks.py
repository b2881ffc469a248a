"""Rules for what tasks run and are given: images, CPU and memory, names, and shell access."""

from collections.abc import Iterator

from camformation.components.ecr import ecr_repository
from camformation.components.fargate import registry_of
from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.fargate_sizes import FARGATE
from camformation.rules.images import all_images, image
from camformation.rules.registry import Violation, rule

CAMUNDA_REGISTRY = "registry.camunda.cloud"


@rule("CAM160", "CPU and memory that Fargate does not offer")
def task_size(d: Deployment) -> Iterator[Violation]:
    """Fargate supports certain memory sizes for each number of CPU units.

    Source: Amazon ECS Developer Guide, Task CPU and memory for Fargate.
    """
    sizes = [("orchestration", d.orchestration.cpu, d.orchestration.memory_mib)]
    if d.connectors.enabled:
        sizes.append(("connectors", d.connectors.cpu, d.connectors.memory_mib))
    for name, cpu, memory in sizes:
        allowed = FARGATE[cpu]
        if memory not in allowed:
            steps = (
                f"{allowed[0]} to {allowed[-1]} MiB in steps of {allowed.step}"
                if isinstance(allowed, range)
                else " or ".join(map(str, allowed)) + " MiB"
            )
            yield Violation(
                (name, "memory_mib"),
                f"Fargate does not offer {memory} MiB with {cpu} CPU units",
                f"set {name}.memory_mib to {steps}, or change {name}.cpu",
            )


@rule("CAM162", "Image for another architecture")
def architecture(d: Deployment) -> Iterator[Violation]:
    """A task only runs images for its own architecture: others end at once with
    `exec format error`. Only tags that name an architecture can be checked.

    Source: Amazon ECS Developer Guide, Task definitions for 64-bit ARM workloads on Fargate.
    """
    for use in all_images(d):
        built = image(use.reference).architecture
        if built and built != use.architecture:
            yield Violation(
                use.path,
                f"the image is for {built}, the task for {use.architecture}",
                f"use an image for {use.architecture}, or a multi-architecture image",
            )


@rule("CAM170", "Name reserved by AWS")
def name(d: Deployment) -> Iterator[Violation]:
    """CloudFormation builds the names of buckets and security groups from the stack's name, which
    is the deployment's name unless `stack.name` is set. Amazon EC2 and Amazon S3 refuse security
    groups and buckets with certain prefixes. Many AWS services reserve names that begin with
    `aws`. IAM reserves the paths `/aws-service-role/` and `/aws-reserved/`, and names that begin
    with `AWSServiceRoleFor` or `AWSReservedSSO_`.

    Source: Amazon EC2 API Reference, CreateSecurityGroup; Amazon S3 User Guide, General purpose
    bucket naming rules; AWS CloudFormation User Guide, Name type; IAM User Guide, Service-linked
    roles.
    """
    path: Path = ("stack", "name") if d.stack.name else ("name",)
    given = (d.stack.name or d.name).lower()
    for prefix in ("sg-", "xn--", "sthree-", "amzn-s3-demo-", "aws"):
        if given.startswith(prefix):
            yield Violation(
                path,
                f"AWS reserves names that begin with {prefix!r}",
                f"choose another name, for example camunda-{given.removeprefix(prefix).strip('-')}",
                Severity.WARNING if prefix == "aws" else None,
            )
    hint = "choose another one: it is for service-linked roles and IAM Identity Center"
    if d.iam.role_path.startswith(("/aws-service-role/", "/aws-reserved/")):
        message = f"IAM reserves the path {d.iam.role_path}"
        yield Violation(("iam", "role_path"), message, hint)
    prefix = d.iam.role_name_prefix or ""
    if prefix.startswith(("AWSServiceRoleFor", "AWSReservedSSO_")):
        message = f"IAM reserves names that begin with {prefix}"
        yield Violation(("iam", "role_name_prefix"), message, hint)


@rule("CAM171", "Tags that differ only in case")
def tags(d: Deployment) -> Iterator[Violation]:
    """IAM treats `Team` and `team` as the same key, and does not create a role with both. A
    deployment's roles have all of its tags.

    Source: IAM User Guide, Tags for AWS Identity and Access Management resources (case
    sensitivity).
    """
    seen: dict[str, str] = {}
    for key in d.tags:
        first = seen.setdefault(key.lower(), key)
        if first != key:
            yield Violation(
                ("tags", key),
                f"{key!r} and {first!r} are the same key to IAM",
                "keep one of them",
            )


@rule("CAM183", "Shell access to production tasks", Severity.WARNING)
def execute_command(d: Deployment) -> Iterator[Violation]:
    """ECS Exec opens a shell in a running task, with all of the task's permissions and secrets.

    Source: Amazon ECS Developer Guide, Monitor Amazon ECS containers with ECS Exec.
    """
    if d.profile != "production":
        return
    brokers = d.orchestration.execute_command
    runtime = d.connectors.enabled and d.connectors.execute_command
    for section, on in (("orchestration", brokers), ("connectors", runtime)):
        if on:
            yield Violation(
                (section, "execute_command"),
                "ECS Exec is on in production",
                f"set {section}.execute_command to false; turn it on only while you need it",
            )


@rule("CAM104", "ECS Exec with a read-only root file system")
def execute_command_read_only(d: Deployment) -> Iterator[Violation]:
    """ECS Exec starts an agent in the container that writes files to its root file system. With
    `containers.readonly_root_filesystem`, which the production profile sets, it cannot open a
    shell.

    Source: Amazon ECS Developer Guide, Monitor Amazon ECS containers with ECS Exec
    (considerations).
    """
    if not d.containers.readonly_root_filesystem:
        return
    runtime = d.connectors.enabled and d.connectors.execute_command
    for section, on in (
        ("orchestration", d.orchestration.execute_command),
        ("connectors", runtime),
    ):
        if on:
            yield Violation(
                (section, "execute_command"),
                "ECS Exec needs a writable root file system",
                "set containers.readonly_root_filesystem to false for as long as you need a shell",
            )


@rule("CAM186", "Missing or unused registry login")
def registry_login(d: Deployment) -> Iterator[Violation]:
    """Camunda's enterprise registry, registry.camunda.cloud, serves nothing without a login. ECS
    uses the login only for images of `registry.hostname`, so that no other registry sees it.

    Source: Camunda docs, Install Camunda with the enterprise registry; Amazon ECS Developer Guide,
    Using non-AWS container images.
    """
    registry = d.registry
    uses = [(use, registry_of(use.reference)) for use in all_images(d)]
    for use, host in uses:
        if host == CAMUNDA_REGISTRY and not registry.credentials(use.reference):
            where = "" if registry.hostname == host else f"registry.hostname to {host} and "
            yield Violation(
                use.path,
                f"{host} requires a login",
                f"set {where}registry.credentials_secret_arn to a secret with username and "
                "password",
            )
    if registry.credentials_secret_arn and registry.hostname not in [host for _, host in uses]:
        yield Violation(
            ("registry", "credentials_secret_arn"),
            f"no image comes from {registry.hostname}, so the login is unused",
            "set registry.hostname to the host of your images (docker.io for Docker Hub), or "
            "remove the login",
            Severity.WARNING,
        )


@rule("CAM239", "Image without a digest next to others that have one", Severity.WARNING)
def digests(d: Deployment) -> Iterator[Violation]:
    """`registry.digests` has the digests of some images, but not of this one, or has the digest of
    an image that no container uses: an image has changed since the digests were recorded. Without a
    digest, the content of a tag may change.

    Source: Amazon ECS Developer Guide, Best practices for container images in Amazon ECS.
    """
    known = d.registry.digests
    if not known:
        return
    used = {str(use.reference): use.path for use in all_images(d)}
    opened = set(d.parameters.values())
    hint = "run `camformation compile --resolve-digests`"
    for reference, path in used.items():
        pinned = "@" in reference or reference in known
        if not pinned and ".".join(map(str, path)) not in opened:
            yield Violation(path, f"{reference} has no digest, unlike others", hint)
    for reference in known:
        if reference not in used:
            yield Violation(
                ("registry", "digests", reference), f"no container runs {reference}", hint
            )


@rule("CAM117", "First pull through a cache that fails", Severity.WARNING)
def first_pull(d: Deployment) -> Iterator[Violation]:
    """An Amazon ECR repository of a pull-through cache contains an image after its first pull. The
    first pull needs a NAT gateway, even with VPC endpoints for Amazon ECR, and does not work
    through a FIPS endpoint; later pulls have neither limit. Pull the image once from elsewhere
    with `docker pull` before the first deployment and before each new version.
    `registry.pull_through_cache_prefixes` says which repositories belong to a cache.

    Source: Amazon ECR User Guide, Interface VPC endpoints (considerations); Amazon ECR User Guide,
    Using pull through cache rules (considerations).
    """
    alone = d.network.nat_gateways == "none" and not d.network.existing
    for use in all_images(d):
        repository = ecr_repository(use.reference)
        if not repository or not repository.cached_by(d.registry.pull_through_cache_prefixes):
            continue
        if alone or repository.fips:
            yield Violation(
                use.path,
                f"the first pull through the cache {repository.name.partition('/')[0]} "
                + ("needs a NAT gateway" if alone else "does not go through a FIPS endpoint"),
                "pull the image once from elsewhere before deploying, or "
                + (
                    "set network.nat_gateways to single"
                    if alone
                    else "use the endpoint name without -fips"
                ),
            )
