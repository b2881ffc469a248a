"""Rules for versions: of Camunda, of its images, of PostgreSQL, and of what each can do."""

import re
from collections.abc import Callable, Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.rules.generated import broker_variables, connectors_variables, field_of
from camformation.rules.images import application, camunda_images, image, minor, moves
from camformation.rules.registry import Violation, rule
from camformation.rules.releases import known_defects, newest_image
from camformation.rules.settings import Setting, broker_settings, connectors_settings
from camformation.rules.unused import BROKERS, CONNECTORS, unused
from camformation.spelling import bound

POSTGRESQL: Mapping[str, tuple[int, int]] = {"8.9": (14, 17), "8.10": (15, 18)}
"""Lowest and highest Aurora PostgreSQL major (Camunda docs, Supported environments)."""

SINCE_810 = (
    "CAMUNDA_API_GRPC_MAXCONNECTIONAGE",
    "CAMUNDA_CLUSTER_PARTITIONING_ZONEAWARE",
    "CAMUNDA_CLUSTER_ZONE",
    "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_ASYNCREPLICATION_",
    "CAMUNDA_DOCUMENT_",
    "CAMUNDA_PHYSICALTENANTS_",
    "CAMUNDA_SECRETS_STORES_",
    "CAMUNDA_SECURITY_SESSION_PERSISTENT_",
)
"""Variables that 8.9 does not know (Camunda docs, 8.10 release announcements)."""

LEGACY_PREFIXES = (
    "ZEEBE_BROKER_",
    "ZEEBE_GATEWAY_",
    "CAMUNDA_OPERATE_",
    "CAMUNDA_TASKLIST_",
    "CAMUNDA_DATABASE_",
    "CAMUNDA_DATA_BACKUP_",
)
"""Names from before 8.9 (Camunda docs, Configuration mapping)."""

_STORAGE = "the type of the secondary storage"
AGREED: Mapping[str, tuple[str, Callable[[Deployment], str]]] = {
    "CAMUNDA_DATABASE_TYPE": (_STORAGE, lambda _: "rdbms"),
    "CAMUNDA_OPERATE_DATABASE": (_STORAGE, lambda _: "rdbms"),
    "CAMUNDA_TASKLIST_DATABASE": (_STORAGE, lambda _: "rdbms"),
    "ZEEBE_BROKER_EXPERIMENTAL_CONTINUOUSBACKUPS": (
        "storage.backup.continuous",
        lambda d: str(d.storage.backup.continuous).lower(),
    ),
}
"""Old names that must agree with the new ones, and what these are (camunda/camunda, uses of
BackwardsCompatibilityMode.SUPPORTED_ONLY_IF_VALUES_MATCH)."""


@rule("CAM110", "Camunda before 8.9")
def too_old(d: Deployment) -> Iterator[Violation]:
    """Brokers on ECS get their node IDs from S3 and keep their secondary storage in PostgreSQL.
    Both exist since Camunda 8.9; an older image does not start. The rule skips tags that are not
    Camunda versions, such as those of your own builds.

    Source: Camunda docs, Amazon ECS reference architecture; Camunda docs, 8.9 announcements.
    """
    for use in camunda_images(d):
        found = image(use.reference).minor
        ours = application(use.reference) in (None, use.path[0])  # or CAM199
        if ours and found and found < (8, 9):
            yield Violation(
                use.path,
                f"Camunda {found[0]}.{found[1]} cannot run on ECS: the first version that can is "
                "8.9",
                f"use an image of {d.version}, or remove {'.'.join(map(str, use.path))} for the "
                "default",
            )


@rule("CAM111", "Images of different Camunda versions")
def same_minor(d: Deployment) -> Iterator[Violation]:
    """`version` decides which variables and defaults are generated, so both images must have that
    minor version. Patch versions are independent of each other.

    Source: Camunda docs, Supported environments (component version matrix).
    """
    wanted = minor(d.version)
    for use in camunda_images(d):
        found = image(use.reference).minor
        if found and found >= (8, 9) and found != wanted:
            name = f"{found[0]}.{found[1]}"
            known = f'set `version: "{name}"`, or ' if name in POSTGRESQL else ""
            yield Violation(
                use.path,
                f"the image is for Camunda {name}, the deployment for {d.version}",
                f"{known}use an image of {d.version}",
            )


@rule("CAM112", "Image that is not a release", Severity.WARNING)
def unreleased(d: Deployment) -> Iterator[Violation]:
    """An alpha, a snapshot or `latest` changes under the same name or can never be updated: Camunda
    refuses to upgrade from a pre-release version to any other. A tag of Camunda without a patch
    version, such as `8.10`, will name another release later. Production refuses such images.

    Source: Camunda docs, Release policy; Camunda docs, Update Zeebe.
    """
    for use in camunda_images(d):
        found = image(use.reference)
        newest = image(newest_image(d.version, str(use.path[0]))).tag
        if moves(use.reference):
            yield Violation(
                use.path,
                f"the tag {found.tag!r} does not name a release: tasks that start later may run "
                "another one",
                f"use a tag such as {newest}",
                Severity.ERROR if d.profile == "production" else None,
            )
        if found.unreleased:
            yield Violation(
                use.path,
                f"{found.tag!r} is not a release: its content may change, or it cannot be "
                "upgraded later",
                f"use a tag such as {newest}",
                Severity.ERROR if d.profile == "production" else None,
            )


@rule("CAM116", "Release with a known defect", Severity.WARNING)
def defective(d: Deployment) -> Iterator[Violation]:
    """Some releases have a defect that Camunda has documented. 8.10.0 must not be used: its
    release notes ask to wait for 8.10.2, so it is an error. Before 8.10.6, new partitions may
    never finish their bootstrap (camunda/camunda#66654). The rule reads the release from the
    beginning of the tag, for images in any registry. If your own build has the fix, use another
    tag or `ignore`. Connectors have their own patch versions and are not checked.

    Source: Camunda's release notes of 8.10.0 and 8.10.6 (github.com/camunda/camunda/releases).
    """
    if found := defects_of(d.orchestration.image, ("orchestration", "image")):
        yield found


def defects_of(reference: str, path: Path) -> Violation | None:
    """Return the known defect of a broker image's release, if any."""
    release = image(reference).release
    ours = application(reference) in (None, "orchestration")  # or CAM199
    found = list(known_defects(release)) if ours and release else []
    if not found or release is None:
        return None
    fixed = ".".join(map(str, max(each.fixed for each in found)))
    worst = any(each.severity is Severity.ERROR for each in found)
    if worst:
        found = [each for each in found if each.severity is Severity.ERROR]
    what = "; ".join(f"{each.what} ({each.source})" for each in found)
    newest = newest_image(f"{release[0]}.{release[1]}", "orchestration")
    return Violation(
        path,
        f"Camunda {'.'.join(map(str, release))}: {what}",
        f"use {fixed} or later, for example {newest}",
        Severity.ERROR if worst else None,
    )


@rule("CAM114", "Setting unknown to this version", Severity.WARNING)
def too_new(d: Deployment) -> Iterator[Violation]:
    """Camunda ignores variables it does not know, so a setting of 8.10 does nothing on 8.9.

    Source: Camunda docs, 8.10 release announcements.
    """
    if minor(d.version) >= (8, 10):
        return
    starts = tuple(map(bound, SINCE_810))
    for each in broker_settings(d).all:
        if each.key.startswith(starts):
            yield Violation(
                each.path,
                f"Camunda {d.version} does not know {each.said}, which is new in 8.10",
                'remove it, or set `version: "8.10"`',
            )


@rule("CAM115", "Unsupported PostgreSQL version")
def postgresql(d: Deployment) -> Iterator[Violation]:
    """Each Camunda version supports a range of Aurora PostgreSQL versions: 8.9 supports 14 to 17,
    8.10 supports 15 to 18. Outside this range Camunda may fail when it prepares the schema.

    Source: Camunda docs, Supported environments.
    """
    lowest, highest = POSTGRESQL[d.version]
    major = int(d.database.engine_version.partition(".")[0])
    if not lowest <= major <= highest:
        yield Violation(
            ("database", "engine_version"),
            f"Camunda {d.version} supports Aurora PostgreSQL {lowest} to {highest}, not {major}",
            f"set database.engine_version to a version of {lowest} to {highest}, in quotes",
        )


@rule("CAM180", "Setting from before Camunda 8.9", Severity.WARNING)
def legacy(d: Deployment) -> Iterator[Violation]:
    """Since 8.9, the cluster's settings begin with `CAMUNDA_`, and connectors use
    `CAMUNDA_CLIENT_` settings to connect, only to the brokers. Some old names are still read, but
    are ignored if the new name is set too. Old settings for the type of the secondary storage must
    agree with the new one, `rdbms`, and one for continuous backups with
    `storage.backup.continuous`: otherwise the application does not start.

    Source: Camunda docs, Configuration mapping; Camunda docs, Spring Boot Starter, Properties
    reference (deprecated properties); Camunda docs, Connectors configuration.
    """
    agreed = {bound(name): (what, of(d)) for name, (what, of) in AGREED.items()}
    starts = tuple(map(bound, LEGACY_PREFIXES))
    brokers = broker_settings(d)
    for each in brokers.all:
        what, now = agreed.get(each.key, ("", ""))
        plain = now if each.value is None else each.value  # what a secret holds is unknown
        if what and plain.strip().lower() != now:
            yield Violation(
                each.path,
                f"{each.said} contradicts {what}, which is {now}: brokers do not start",
                each.removal,
                Severity.ERROR,
            )
        elif each.replaced_by is not None or each.key.startswith(starts):
            yield _old(d, each, broker_variables(d))
    if d.connectors.enabled:
        for each in connectors_settings(d).all:
            if each.replaced_by is not None:
                yield _old(d, each, connectors_variables(d))


def _old(d: Deployment, setting: Setting, generated: frozenset[str]) -> Violation:
    new = setting.replaced_by
    taken = next((name for name in generated if new and bound(name) == bound(new)), None)
    if new is None:
        hint = "use the name that replaces it in Camunda's configuration mapping"
    elif not new:
        hint = "remove it: it has no replacement"
    elif taken:
        field = field_of(d, taken)
        hint = f"remove it: camformation sets {taken}, which replaced it"
        hint += f", by {field}" if field else ""
    elif re.search("SECONDARYSTORAGE_(ELASTICSEARCH|OPENSEARCH|RETENTION)", new):
        hint = f"remove it: {new}, which replaced it, has no effect with PostgreSQL"
    elif why := unused(bound(new), {**BROKERS, **CONNECTORS}):
        hint = f"remove it: nobody reads {new}, which replaced it: {why}"
    else:
        hint = f"use {new}"
    return Violation(setting.path, f"{setting.said} is a name from before Camunda 8.9", hint)
