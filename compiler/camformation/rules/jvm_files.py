"""The rule for files that a JVM cannot write."""

import re
from collections.abc import Iterator

from camformation.components import connectors, orchestration_task
from camformation.components.orchestration_environment import DATA_DIRECTORY
from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.rules import jvm
from camformation.rules.registry import Violation, rule

_LOG = r"-Xlog:[^:]*:(?:file=)?([^:]+)(?::.*)?"
_STREAMS = ("stdout", "stderr")
_DUMP = r"-XX:(?:HeapDumpPath|ErrorFile)=(.+)"


@rule("CAM267", "File that the JVM cannot write")
def files(d: Deployment) -> Iterator[Violation]:
    """With `containers.readonly_root_filesystem`, which the production profile sets, Camunda's
    containers write to `/tmp`, to `volumes`, and brokers to their data, `logs` and `documents`. A
    JVM does not start if it cannot write its log file, as in `-Xlog:gc:file=`. If it cannot write a
    heap dump, the dump is missing when it is needed: this is a warning.

    Source: Amazon ECS Developer Guide, Task definition parameters (readonlyRootFilesystem); The
    java command, Enable logging with the JVM unified logging framework; camunda/camunda,
    camunda.Dockerfile.
    """
    if not d.containers.readonly_root_filesystem:
        return
    o, c = d.orchestration, d.connectors
    written = [DATA_DIRECTORY, *orchestration_task.WRITTEN.values()]
    both = [("orchestration", o.environment, o.volumes, written)]
    if c.enabled:
        both.append(("connectors", c.environment, c.volumes, [*connectors.WRITTEN.values()]))
    for section, environment, volumes, places in both:
        own = [each.path for each in volumes if each.path and not each.read_only]
        for name in jvm.OPTIONS:
            for word in jvm.words(environment.get(name, "")):
                log = re.fullmatch(_LOG, word)
                found = log or re.fullmatch(_DUMP, word)
                if found is None or (log and log[1] in _STREAMS):
                    continue
                if any(_below(found[1], place) for place in (*places, *own)):
                    continue
                yield Violation(
                    (section, "environment", name),
                    f"{found[1][:80]} is on the root file system, which is read-only: "
                    + ("the JVM does not start" if log else "the JVM does not write the file"),
                    f"write it below {'/usr/local/camunda/logs' if section[0] == 'o' else '/tmp'}"
                    + ", or a volume with read_only: false",
                    None if log else Severity.WARNING,
                )


def _below(file: str, directory: str) -> bool:
    return file == directory or file.startswith(f"{directory.rstrip('/')}/")
