"""Files that init containers copy to where nobody finds them."""

import re
from collections.abc import Iterator

from camformation.components.containers import CONFIG_DIRECTORY
from camformation.components.containers_spec import InitContainerSpec, NamedInitContainerSpec
from camformation.diagnostics import Severity
from camformation.rules.commands import AWS_CLI
from camformation.rules.containers import Beside, Service, beside
from camformation.rules.registry import Violation

FLAGS = {  # of `aws s3`, which no value follows
    *("--recursive", "--quiet", "--no-progress", "--only-show-errors", "--delete", "--dryrun"),
    *("--exact-timestamps", "--size-only", "--no-follow-symlinks", "--follow-symlinks", "--debug"),
    *("--no-verify-ssl", "--no-sign-request", "--no-paginate", "--no-cli-pager"),
    *("--force-glacier-transfer", "--ignore-glacier-warnings", "--no-overwrite"),
}
COPY = ("cp", "sync", "mv")


def lost(service: Service) -> Iterator[Violation]:
    """Yield copies to a folder that ends with its container."""
    for each in beside(service):
        target = _target(each)
        if target is None:
            continue
        index, folder = target
        spec = each.spec
        places = [CONFIG_DIRECTORY] if isinstance(spec, InitContainerSpec) else []
        if isinstance(spec, NamedInitContainerSpec):
            places += [mount.path for mount in spec.mounts]
        if not places or folder.startswith("/dev/") or "$" in folder:
            continue
        if any(f"{folder.rstrip('/')}/".startswith(f"{p.rstrip('/')}/") for p in places):
            continue
        name = folder.rstrip("/").rpartition("/")[2]
        file = "" if name in ("", ".") else f"/{name}"
        yield Violation(
            (*each.path, "command", index),
            f"{folder} is in no volume: what is copied there is gone when the container ends",
            f"write {places[0].rstrip('/')}{file}",
            Severity.WARNING,
        )


def _target(each: Beside) -> tuple[int, str] | None:
    """Return where the AWS CLI copies to on its own disk, as a word of the command."""
    words = each.spec.command
    name = re.sub(r"[:@][^/]*$", "", each.spec.image)
    if each.spec.entry_point or not any(f"/{name}".endswith(f"/{own}") for own in AWS_CLI):
        return None
    if len(words) < 4 or words[0] != "s3" or words[1] not in COPY:
        return None
    given = [n for n in range(2, len(words)) if not _option(words[n], words[n - 1])]
    source = next((k for k, n in enumerate(given) if words[n].startswith("s3://")), None)
    if source is None or source + 1 >= len(given):
        return None
    index = given[source + 1]
    return None if words[index].startswith("s3://") else (index, words[index])


def _option(word: str, before: str) -> bool:
    """Return whether a word is an option, or the value of one."""
    takes = before.startswith("--") and "=" not in before and before not in FLAGS
    return word.startswith("-") or takes
