"""An existing EFS file system: its ARNs, and the brokers' access to its mount targets."""

from troposphere import ec2

from camformation.components.policies import arn
from camformation.components.ports import NFS
from camformation.components.security_group_rules import Rules
from camformation.components.storage_spec import ExistingFileSystemSpec
from camformation.diagnostics import Path
from camformation.frozen import frozen
from camformation.units import Ready, Unit, Value

SECTION: Path = ("storage", "efs", "existing")


@frozen
class FileSystem:
    """A file system with its access point, by exports."""

    id: Value
    arn: Value
    access_point_id: Value
    access_point_arn: Value
    mounted: Ready  # every private subnet has its mount target


def existing_file_system(unit: Unit, spec: ExistingFileSystemSpec) -> FileSystem:
    """Return the exports of a file system that is managed elsewhere."""
    system, point = spec.file_system_id, spec.access_point_id
    of = "elasticfilesystem"
    return FileSystem(
        id=unit.export("FileSystemId", system),
        arn=unit.export("FileSystemArn", arn(of, "file-system/${Id}", Id=system)),
        access_point_id=unit.export("AccessPointId", point),
        access_point_arn=unit.export("AccessPointArn", arn(of, "access-point/${Id}", Id=point)),
        mounted=Ready(unit.name, ()),
    )


def open_way_to(rules: Rules, source: ec2.SecurityGroup, spec: ExistingFileSystemSpec) -> None:
    """Allow a group of tasks to connect to the existing mount targets, with a rule on both
    sides."""
    rules.to_existing(source, "FileSystem", spec.security_group_id, NFS, "Broker data", SECTION)
