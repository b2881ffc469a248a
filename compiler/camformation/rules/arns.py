"""The rule for what a spec names by ARN: it has to be of this region and account."""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.regions import partition_of
from camformation.rules.containers import given
from camformation.rules.prefix_lists import of_other_regions
from camformation.rules.registry import Violation, rule

OIDC = ("authentication", "oidc")
_ARN = (
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):"
    r"(?P<region>[a-z0-9-]*):(?P<account>\d*):"
)

COPIES = ("storage", "backup", "replication")
AWS_POLICY = ":iam::aws:policy/"
"""In the ARN of a policy of AWS's own, which gets the partition of the stack."""


@rule("CAM141", "Resource of another region or account")
def elsewhere(d: Deployment) -> Iterator[Violation]:
    """ECS tasks, load balancers and databases use keys, secrets and certificates in their own
    region; CloudFormation and CloudWatch publish to topics in it; AWS's own prefix lists have an ID
    for each region. Certificates, managed policies, roles and an existing ECS cluster must also be
    in their own account. A secret or a key in another account works if its policies allow it: that
    is a warning.

    A secret in another account is encrypted with a customer managed KMS key. Tasks may use only
    `secrets.kms_key_arn`, or `registry.kms_key_arn` for the registry's login: unless that is the
    secret's key, tasks cannot read it. `secrets.additional_kms_key_arns` has more keys.

    ARNs are compared only with `region` and `account` of the spec. Nothing reaches from one
    partition, such as `aws` or `aws-cn`, into another: not even copies of backups.

    Source: AWS Secrets Manager User Guide, Access from a different account; AWS Certificate Manager
    User Guide, Services integrated; AWS KMS Developer Guide, Allow users in other accounts; Amazon
    ECS Developer Guide, Task execution IAM role; aws/aws-cdk issue 20603 (topics of a stack).
    """
    own = partition_of(d.region)
    for path, text in _copies(d) if own else ():
        if own and (named := text.split(":")[1]) != own:
            yield _apart(path, named, own)
    yield from of_other_regions(d)
    for path, text in _topics(d):
        found = re.match(_ARN, text)
        if found and d.region and found["region"] != d.region:
            yield _elsewhere(path, found["region"], d.region)
    for path, text in arns(d):
        found = re.match(_ARN, text)
        if not found:
            continue
        if d.region and found["region"] and found["region"] != d.region:
            yield _elsewhere(path, found["region"], d.region)
        elif own and found["partition"] != own and AWS_POLICY not in text:
            yield _apart(path, found["partition"], own)
        if d.account and found["account"] and found["account"] != d.account:
            yield _foreign(d, path, found["service"], found["account"])


def _copies(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield every ARN of a place for copies, which may be in another region and account."""
    if copies := d.storage.backup.replication:
        yield (*COPIES, "bucket_arn"), copies.bucket_arn
        yield (*COPIES, "kms_key_arn"), copies.kms_key_arn
    for index, copy in enumerate(d.aws_backup.copies if d.aws_backup else ()):
        yield ("aws_backup", "copies", index, "vault_arn"), copy.vault_arn


def _elsewhere(path: Path, named: str, own: str) -> Violation:
    return Violation(path, f"this is in {named}, the deployment in {own}", f"name one in {own}")


def _topics(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield the topics to which CloudFormation sends events, in the stack's region alone."""
    for index, arn in enumerate(d.stack.notification_topic_arns):
        yield ("stack", "notification_topic_arns", index), arn


def _apart(path: Path, named: str, own: str) -> Violation:
    message = f"this is in the partition {named}, the deployment in {own}"
    return Violation(path, message, f"name one whose ARN begins with arn:{own}:")


def _foreign(d: Deployment, path: Path, service: str, account: str) -> Violation:
    where = f"this is in account {account}, the deployment in {d.account}"
    if service in ("acm", "iam", "ecs"):
        return Violation(path, where, f"name one in {d.account}")
    if service == "secretsmanager":
        section = "registry" if path[0] == "registry" else "secrets"
        given = d.registry.kms_key_arn
        if section == "secrets":
            given = d.secrets.kms_key_arn or next(iter(d.secrets.additional_kms_key_arns), None)
        if not given:
            return Violation(
                path,
                f"{where}: tasks are not allowed to use the key that encrypts it",
                (
                    "set registry.kms_key_arn to that key"
                    if section == "registry"
                    else "add that key to secrets.additional_kms_key_arns"
                )
                + f", or copy the secret to {d.account}",
            )
    return Violation(
        path,
        where,
        "check that its policy and its key's policy allow the deployment's account",
        Severity.WARNING,
    )


def arn_regions(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield the region of every ARN of the spec that has one."""
    for path, text in (*_topics(d), *arns(d)):
        found = re.match(_ARN, text)
        if found and found["region"]:
            yield path, found["region"]


def arns(d: Deployment) -> Iterator[tuple[Path, str]]:
    """Yield every ARN of a thing that has to be in the deployment's region or account."""
    found: list[tuple[Path, str | None]] = [
        (("stack", "service_role_arn"), d.stack.service_role_arn),
        (("database", "password_secret_arn"), d.database.password_secret_arn),
        (("database", "kms_key_arn"), d.database.kms_key_arn),
        *_databases(d),
        *_users(d),
        (("storage", "efs", "kms_key_arn"), d.storage.efs.kms_key_arn),
        (("storage", "node_id_kms_key_arn"), d.storage.node_id_kms_key_arn),
        (("storage", "backup", "kms_key_arn"), d.storage.backup.kms_key_arn),
        (("storage", "documents", "kms_key_arn"), d.storage.documents.kms_key_arn),
        (("secrets", "kms_key_arn"), d.secrets.kms_key_arn),
        (("license",), d.license),
        (("registry", "credentials_secret_arn"), d.registry.credentials_secret_arn),
        (("registry", "kms_key_arn"), d.registry.kms_key_arn),
        (("iam", "permissions_boundary_arn"), d.iam.permissions_boundary_arn),
        (("cluster", "existing"), d.cluster.existing),
    ]
    if tls := d.cluster.service_connect_tls:
        path: Path = ("cluster", "service_connect_tls", "certificate_authority_arn")
        found.append((path, tls.certificate_authority_arn))
    if encryption := d.observability.log_encryption:
        found.append((("observability", "log_encryption", "kms_key_arn"), encryption.kms_key_arn))
    if alarms := d.observability.alarms:
        found.append((("observability", "alarms", "topic_arn"), alarms.topic_arn))
    if d.access.target_tls:
        target: Path = ("access", "target_tls", "secret_arn")
        found.append((target, d.access.target_tls.secret_arn))
    if (prometheus := d.observability.prometheus) and prometheus.alerts:
        path = ("observability", "prometheus", "workspace_arn")
        found.append((path, prometheus.workspace_arn))
    if d.access.tls:
        found.append((("access", "tls", "certificate_arn"), d.access.tls.certificate_arn))
        grpc = d.access.tls.grpc_certificate_arn
        found.append((("access", "tls", "grpc_certificate_arn"), grpc))
    if provider := d.authentication.oidc:
        found.append(((*OIDC, "client_secret_arn"), provider.client_secret_arn))
        if provider.connectors:
            path = (*OIDC, "connectors", "client_secret_arn")
            found.append((path, provider.connectors.client_secret_arn))
        if provider.cluster_admin:
            path = (*OIDC, "cluster_admin", "client_secret_arn")
            found.append((path, provider.cluster_admin.client_secret_arn))
    more = d.secrets.additional_kms_key_arns
    found += [(("secrets", "additional_kms_key_arns", i), arn) for i, arn in enumerate(more)]
    for section, secrets in secret_sections(d):
        found += [((*section, name), arn) for name, arn in secrets.items()]
    services = (("orchestration", d.orchestration), ("connectors", d.connectors))
    for name, service in services:
        found += [((name, "task_policies", i), arn) for i, arn in enumerate(service.task_policies)]
    yield from ((path, arn) for path, arn in found if arn)


def _databases(d: Deployment) -> Iterator[tuple[Path, str | None]]:
    """Yield the ARNs in the source of a database, and in an existing one."""
    if source := d.database.source:
        for name in ("snapshot_identifier", "cluster_identifier"):
            yield ("database", "source", name), getattr(source, name)
    if existing := d.database.existing:
        yield ("database", "existing", "admin_secret_arn"), existing.admin_secret_arn


def _users(d: Deployment) -> Iterator[tuple[Path, str | None]]:
    """Yield the secrets with the passwords of Camunda's first users."""
    users: Path = ("authentication", "users")
    yield (*users, "admin", "password_secret_arn"), d.authentication.users.admin.password_secret_arn
    connectors = d.authentication.users.connectors
    yield (*users, "connectors", "password_secret_arn"), connectors.password_secret_arn
    if operator := d.authentication.cluster_admin:
        path: Path = ("authentication", "cluster_admin", "password_secret_arn")
        yield path, operator.password_secret_arn


def secret_sections(d: Deployment) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Yield the sections of a spec that name secrets by their ARNs."""
    yield ("orchestration", "secrets"), d.orchestration.secrets
    for each in given(d):
        yield (*each.path, "secrets"), each.secrets
    yield ("connectors", "secrets"), d.connectors.secrets
    for section, service in (("orchestration", d.orchestration), ("connectors", d.connectors)):
        if router := service.log_router:
            yield (section, "log_router", "output_secrets"), router.output_secrets
