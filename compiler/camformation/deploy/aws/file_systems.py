"""EFS over boto3."""

from camformation.deploy.aws.client import Client, is_missing
from camformation.deploy.cloud.errors import Refused
from camformation.deploy.cloud.services import FileSystem


class AwsFileSystems:
    """Implements `FileSystems`."""

    def __init__(self, efs: Client) -> None:
        self._efs = efs

    def file_system(self, id: str) -> FileSystem | None:
        """See `FileSystems`."""
        try:
            answer = self._efs.call("describe_file_systems", FileSystemId=id)
        except Refused as error:
            if is_missing(error):
                return None
            raise
        if not answer["FileSystems"]:
            return None
        found = answer["FileSystems"][0]
        targets = self._efs.items("describe_mount_targets", "MountTargets", FileSystemId=id)
        return FileSystem(
            id=found["FileSystemId"],
            status=found.get("LifeCycleState", ""),
            size_bytes=int(found.get("SizeInBytes", {}).get("Value", 0)),
            mount_targets=tuple(each.get("LifeCycleState", "") for each in targets),
        )
