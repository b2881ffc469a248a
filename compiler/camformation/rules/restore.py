"""The rule for the container that restores brokers."""

from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules.containers import RESTORE
from camformation.rules.images import application, image, minor
from camformation.rules.registry import Violation, rule


@rule("CAM155", "Restore container that cannot restore these brokers")
def restore_container(d: Deployment) -> Iterator[Violation]:
    """A restore container writes the data that brokers then read. Camunda restores a backup with
    the minor version that took it or the next one, and brokers read data of their own minor version
    or the one before. So its image must be a broker image of one of these two versions.

    `command` replaces the arguments that `backup_id`, `from` and `to` would produce: use only one
    of the two.

    Source: Camunda docs, Restore a backup with the Restore Application (RDBMS); Camunda docs,
    Update Zeebe.
    """
    restore = d.orchestration.restore
    if restore is None:
        return
    if restore.command:
        for name in ("backup_id", "from", "to"):
            if getattr(restore, "from_" if name == "from" else name) is not None:
                yield Violation(
                    (*RESTORE, name),
                    f"restore.command replaces the arguments, so {name} has no effect",
                    f"remove {name}, or command",
                )
    if restore.image is None:
        return
    path = (*RESTORE, "image")
    if (what := application(restore.image)) not in (None, "orchestration"):
        yield Violation(
            path,
            f"this is the image of {what}, which has no restore application",
            "use an image of the brokers, or remove it for the brokers' own",
        )
    elif found := image(restore.image).minor:
        wanted = minor(d.version)
        if found > wanted:
            yield Violation(
                path,
                f"brokers of {d.version} do not read data of Camunda {found[0]}.{found[1]}",
                f"use an image of {d.version}",
            )
        elif found < wanted and (found[0], found[1] + 1) != wanted:
            yield Violation(
                path,
                f"brokers of {d.version} only migrate data of the minor version before theirs",
                f"use an image of {d.version}",
            )
        elif image(restore.image).unreleased:
            yield Violation(
                path, "this image is not a release", "use a released image", Severity.WARNING
            )
