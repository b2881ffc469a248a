"""The boxes that store something: database, file system, buckets, secrets, keys, logs."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from camformation.audit.matrix import Access
from camformation.audit.values import Template, named
from camformation.counting import counted as plural
from camformation.deployment import Deployment
from camformation.diagram.model import Line, Node
from camformation.diagram.values import arn_name, counted, key_name, number, said
from camformation.shapes import mapping, mappings, resources

SHOWN = 4
"""Existing secrets that are named."""
OF_ECS = "ecs-sc!"
"""Prefix of the names of Service Connect's secrets (Amazon ECS Developer Guide, Encrypt Service
Connect traffic)."""


def databases(template: Template, group: str) -> Iterator[Node]:
    """Yield the Aurora clusters, with their instances."""
    instances = list(resources(template, "AWS::RDS::DBInstance"))
    for name, properties in resources(template, "AWS::RDS::DBCluster"):
        own = [(n, p) for n, p in instances if named(p.get("DBClusterIdentifier")) == name]
        version = said(template, properties.get("EngineVersion"))
        title = f"Aurora PostgreSQL {version}".strip()
        lines = [Line(_instances(template, own, properties), tuple(n for n, _ in own))]
        days = counted(template, properties.get("BackupRetentionPeriod"))
        kept = f"backups {plural(days, 'day')}" if days else "no backups"
        if said(template, properties.get("DeletionProtection")) in ("True", "true"):
            kept += ", protected"
        lines.append(Line(kept))
        lines.append(_key_line(template, properties.get("KmsKeyId")))
        yield Node(name, "database", group, title, tuple(lines), (name, *(n for n, _ in own)))


def _instances(template: Template, own: list[tuple[str, Any]], cluster: Mapping[str, Any]) -> str:
    classes = dict.fromkeys(said(template, p.get("DBInstanceClass")) for _, p in own)
    text = f"{len(own)} x {' and '.join(classes)}" if own else "no instance"
    scaling = mapping(cluster.get("ServerlessV2ScalingConfiguration"))
    if scaling:
        low, high = (number(said(template, scaling.get(k))) for k in ("MinCapacity", "MaxCapacity"))
        text = f"{len(own)} x serverless, {low} to {high} ACU"
    return text


def file_systems(template: Template, group: str) -> Iterator[Node]:
    """Yield the file systems; an existing one is recognized by its mount in a task."""
    targets = [
        named(p.get("FileSystemId")) for _, p in resources(template, "AWS::EFS::MountTarget")
    ]
    for name, properties in resources(template, "AWS::EFS::FileSystem"):
        mode = said(template, properties.get("ThroughputMode")) or "bursting"
        lines = (
            Line(f"{mode}, {plural(targets.count(name), 'mount target')}"),
            _key_line(template, properties.get("KmsKeyId"), "aws/elasticfilesystem"),
        )
        yield Node(name, "files", group, "EFS file system", lines, (name,))


def existing_data(deployment: Deployment) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Yield the boxes of a database and a file system that exist already, with the security
    groups and networks in which they are."""
    database = deployment.database.existing
    if database:
        lines = (Line(str(database.host)), Line(f"port {database.port}, managed elsewhere"))
        engine = "Aurora PostgreSQL" if "aurora" in str(database.engine) else "PostgreSQL"
        node = Node("existing-database", "database", "", f"Existing {engine}", lines)
        group = (str(database.security_group_id),) if database.security_group_id else ()
        yield node, (*group, *map(str, database.cidrs))
    files = deployment.storage.efs.existing
    if files:
        lines = (Line(str(files.file_system_id)), Line("managed elsewhere"))
        node = Node("existing-files", "files", "", "Existing EFS file system", lines)
        yield node, (str(files.security_group_id),)


def _key_line(template: Template, value: Any, otherwise: str = "aws/rds") -> Line:
    return Line("", key=key_name(template, value) if value else otherwise)


def regional(template: Template, access: Iterable[Access], group: str) -> Iterator[Node]:
    """Yield the boxes of services outside the VPC, such as S3 and Secrets Manager."""
    found = (
        ("s3", "bucket", "S3", _buckets(template)),
        ("vaults", "bucket", "AWS Backup", _vaults(template)),
        ("secrets", "secret", "Secrets Manager", _secrets(template, access)),
        ("watch", "watch", "CloudWatch", _watch(template)),
        ("metrics", "watch", "Managed Prometheus", _metrics(template, access)),
        ("keys", "key", "KMS keys", _named(template, "AWS::KMS::Key")),
        ("authority", "key", "Private CA", _authorities(template, access)),
    )
    for name, kind, title, lines in found:
        if shown := tuple(lines):
            members = tuple(each for line in shown for each in line.members)
            yield Node(name, kind, group, title, shown, members)


def _named(template: Template, kind: str) -> Iterator[Line]:
    for name, _ in resources(template, kind):
        yield Line(name, (name,))


def _buckets(template: Template) -> Iterator[Line]:
    for name, properties in resources(template, "AWS::S3::Bucket"):
        encryption = mapping(properties.get("BucketEncryption"))
        rules = mappings(encryption.get("ServerSideEncryptionConfiguration"))
        keys = [mapping(each.get("ServerSideEncryptionByDefault")) for each in rules]
        key = next((each["KMSMasterKeyID"] for each in keys if "KMSMasterKeyID" in each), None)
        yield Line(name, (name,), key_name(template, key) if key else "S3's own key")


def _vaults(template: Template) -> Iterator[Line]:
    for name, properties in resources(template, "AWS::Backup::BackupVault"):
        key = properties.get("EncryptionKeyArn")
        yield Line(name, (name,), key_name(template, key) if key else "aws/backup")


def _secrets(template: Template, access: Iterable[Access]) -> Iterator[Line]:
    for name, properties in resources(template, "AWS::SecretsManager::Secret"):
        key = properties.get("KmsKeyId")
        yield Line(name, (name,), key_name(template, key) if key else "aws/secretsmanager")
    for name, properties in resources(template, "AWS::RDS::DBCluster"):
        key = mapping(properties.get("MasterUserSecret")).get("KmsKeyId")
        if said(template, properties.get("ManageMasterUserPassword")) in ("True", "true"):
            yield Line(f"{name}'s admin", (), key_name(template, key) if key else "")
    if keys := _service_connect_keys(template):
        yield Line("Service Connect's, by ECS", (), key_name(template, keys[0]))
    others = existing_secrets(template, access)
    for each in others if len(others) <= SHOWN else others[: SHOWN - 1]:
        yield Line(f"{each} (existing)")
    if len(others) > SHOWN:
        yield Line(f"and {len(others) - SHOWN + 1} more that exist")


def _service_connect_keys(template: Template) -> list[Any]:
    """Return the keys of the secrets in which ECS keeps Service Connect's private keys."""
    return [
        key
        for _, properties in resources(template, "AWS::ECS::Service")
        for connect in [mapping(properties.get("ServiceConnectConfiguration"))]
        for each in mappings(connect.get("Services"))
        if (key := mapping(each.get("Tls")).get("KmsKey"))
    ]


def existing_secrets(template: Template, access: Iterable[Access]) -> list[str]:
    """Return the names of secrets and parameters that roles read and that exist already."""
    read = {"secretsmanager:GetSecretValue", "ssm:GetParameters"}
    names = _existing(template, access, read)
    return sorted(each for each in names - {"*"} if not each.startswith(OF_ECS))


def _existing(template: Template, access: Iterable[Access], actions: Set[str]) -> set[str]:
    """Return the names in the ARNs that roles may use for actions, except the template's own."""
    return {
        arn_name(template, {"Ref": each} if each in template.get("Parameters", {}) else each)
        for found in access
        if actions & set(found.actions)
        for each in found.resources
        if each.partition(".")[0] not in template["Resources"]
    }


def _metrics(template: Template, access: Iterable[Access]) -> Iterator[Line]:
    for name in sorted(_existing(template, access, {"aps:RemoteWrite"})):
        yield Line(f"{name.rpartition('/')[2]} (existing)")
    rules = tuple(name for name, _ in resources(template, "AWS::APS::RuleGroupsNamespace"))
    if rules:
        yield Line("alert rules", rules)


def _authorities(template: Template, access: Iterable[Access]) -> Iterator[Line]:
    for name in sorted(_existing(template, access, {"acm-pca:IssueCertificate"})):
        yield Line(f"{name.rpartition('/')[2][:8]}…, of Service Connect (existing)")


def _watch(template: Template) -> Iterator[Line]:
    for name, properties in resources(template, "AWS::Logs::LogGroup"):
        days = counted(template, properties.get("RetentionInDays"))
        kept = plural(days, "day") if days else "for ever"
        key = properties.get("KmsKeyId")
        yield Line(f"{name}, {kept}", (name,), key_name(template, key) if key else "")
    for kind, word in (
        ("AWS::CloudWatch::Alarm", "alarm"),
        ("AWS::CloudWatch::Dashboard", "dashboard"),
        ("AWS::SNS::Topic", "SNS topic"),
        ("AWS::EC2::FlowLog", "flow log"),
        ("AWS::Events::Rule", "event rule"),
    ):
        names = tuple(name for name, _ in resources(template, kind))
        if names:
            yield Line(plural(len(names), word), names)
