"""The rule for files that no container of a task has."""

import re
from collections.abc import Iterator, Mapping

from camformation.components.containers import CONFIG_DIRECTORY
from camformation.deployment import Deployment
from camformation.rules import copies, jvm
from camformation.rules.containers import Service, services
from camformation.rules.registry import Violation, rule
from camformation.spelling import bound

OFFICIAL = (
    r"(?:(?:docker\.io|registry\.camunda\.cloud)/)?"
    r"camunda/(?:camunda|connectors|connectors-bundle)[:@].*"
)
IN_IMAGES = ("/usr/", "/opt/", "/etc/", "/lib/", "/lib64/", "/var/", "/tmp/", "/proc/", "/dev/")
EXPORTERS = ("/usr/local/camunda/exporters/", "/usr/local/zeebe/")  # empty, or not there
_KINDS = "json|jar|jks|p12|pfx|pkcs12|pem|crt|cer|key|ya?ml|properties|xml"
_FILE = rf"(?:file:)?(/(?:[\w@+-][\w.@+-]*/)*[\w@+-][\w.@+-]*\.(?:{_KINDS}))"
_OPTION = rf"-(?:javaagent:|agentpath:|Xbootclasspath/a:|D[\w.]+=|XX:Flags=){_FILE}(?:=.*)?"


@rule("CAM246", "File that no container has")
def files(d: Deployment) -> Iterator[Violation]:
    """A variable or an option of the JVM names a file, such as an exporter's jar, an agent or a
    trust store, that is neither in Camunda's image nor in a volume: an exporter that cannot be
    loaded or an agent that does not exist keeps the application from starting. A volume in
    `volumes` that an init container fills holds such files, as does `/config` with
    `init_container`.

    What an init container with the AWS CLI copies elsewhere is gone when it ends, which is a
    warning.

    Your own images are not checked, nor are folders in which Camunda's image has files.

    Source: Camunda docs, Exporters (external jars); java.lang.instrument (-javaagent);
    camunda/camunda-platform-helm issue 1220; camunda-community-hub/zeebe-hazelcast-exporter issue
    351.
    """
    patched = {str(each.component) for each in d.patches}
    for service in services(d):
        yield from copies.lost(service)
        own = d.orchestration if service.section == "orchestration" else d.connectors
        if not own.environment or service.section in patched:
            continue
        if not re.fullmatch(OFFICIAL, own.image):
            continue
        yield from _of(service, own.environment)


def _of(service: Service, environment: Mapping[str, str]) -> Iterator[Violation]:
    places = [f"{each.path.rstrip('/')}/" for each in service.spec.volumes if each.path]
    if service.spec.init_container:
        places.append(f"{CONFIG_DIRECTORY}/")
    for name, value in environment.items():
        for file in _named(name, value):
            jar = file.startswith(EXPORTERS)
            if file.startswith(tuple(places)) or (file.startswith(IN_IMAGES) and not jar):
                continue
            folder = file.rpartition("/")[0] or "/"
            yield Violation(
                (service.section, "environment", name),
                f"no container has {file}: it is in no volume, and not in Camunda's image",
                f"add a volume with the path {folder} to {service.section}.volumes, and an init "
                "container that writes the file into it",
            )


def _named(name: str, value: str) -> Iterator[str]:
    if name in jvm.OPTIONS:
        for word in jvm.words(value):
            if found := re.fullmatch(_OPTION, word):
                yield found[1]
    elif "OPTIONAL" not in bound(name):
        for part in value.split(","):
            if found := re.fullmatch(_FILE, part.strip()):
                yield found[1]
