"""The rule for settings with which brokers do not start, because of what others say."""

import re
from collections.abc import Iterator

from camformation.deployment import Deployment
from camformation.diagnostics import Severity
from camformation.durations import seconds
from camformation.rules import engine
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Settings, broker_settings

FREE = "CAMUNDA_DATA_PRIMARYSTORAGE_DISK_FREESPACE_"
MONITORING = "CAMUNDA_DATA_PRIMARYSTORAGE_DISK_MONITORINGENABLED"
SNAPSHOTS = "CAMUNDA_DATA_SNAPSHOTPERIOD"
PARTITIONING = "CAMUNDA_CLUSTER_PARTITIONING_"
ZONE = "CAMUNDA_CLUSTER_ZONE"
METADATA = "CAMUNDA_CLUSTER_METADATA_"
RAFT = "CAMUNDA_CLUSTER_RAFT_"
POOL = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_CONNECTIONPOOL_"
SOONEST = 0.25  # seconds to wait for a connection (HikariConfig, SOFT_TIMEOUT_FLOOR)
SOONEST_LEAK = 2  # seconds that a connection may be away (HikariConfig, validateNumerics)
SHORTEST = {"MAXLIFETIME": (30, "30 minutes"), "IDLETIMEOUT": (10, "10 minutes")}
_BYTES = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


@rule("CAM253", "Settings with which brokers do not start")
def coherence(d: Deployment) -> Iterator[Violation]:
    """Brokers look at their settings when they start, and end if these do not fit together:
    snapshots are at least a minute apart; processing stops with more free disk space (2 GB unless
    set) than replication does (1 GB); the partitioning scheme FIXED has a table, and ZONE_AWARE has
    zones, of which each broker is in one; news of the cluster go to two brokers or more, and after
    a time that is not zero; the pool of connections has one at least, for which brokers wait a
    quarter of a second or more; batch operations have chunks, pages and delays; there are threads,
    and commands in a batch; TLS between brokers has a certificate; backups have a path without a
    slash at its ends, an endpoint with its scheme, and a compression that there is. A number
    without a unit is in milliseconds.

    A follower that waits for its leader no longer than the leader's heartbeat takes calls elections
    all the time: this is a warning. So are requests to followers that give up later than these call
    elections (both after 2.5 seconds unless set), a lifetime of connections below 30 seconds and an
    idle time below 10: the pool takes its own instead. It ignores an idle time that is not below
    the lifetime, and leaks that are looked for after less than 2 seconds.

    Source: camunda/camunda, SystemContext; Camunda docs, Cluster properties (zone, partitioning,
    raft, metadata), Batch operations; camunda/camunda, ProcessingCfg and S3BackupConfig;
    camunda/camunda issues 12009 and 56043; HikariCP, HikariConfig.
    """
    settings = broker_settings(d)
    yield from _data(settings)
    yield from _pool(settings)
    yield from _partitioning(settings)
    for name in ("SYNCDELAY", "SYNCREQUESTTIMEOUT"):
        found = settings.find(f"{METADATA}{name}")
        if found and found.value and seconds(found.value) == 0:
            yield Violation(
                found.path, f"brokers start only with {found.said} above zero", found.removal
            )
    fanout = settings.find(f"{METADATA}GOSSIPFANOUT")
    if fanout and (fanout.value or "").strip() in ("0", "1"):
        yield Violation(
            fanout.path, f"brokers start only with {fanout.said} of 2 or more", fanout.removal
        )
    for judged in (engine.batches, engine.counts, engine.appends, engine.transport, engine.backups):
        yield from judged(settings)
    election = settings.find(f"{RAFT}ELECTIONTIMEOUT")
    heartbeat = settings.find(f"{RAFT}HEARTBEATINTERVAL")
    waits = seconds(election.value or "") if election else 2.5
    beats = seconds(heartbeat.value or "") if heartbeat else 0.25
    if (
        waits is not None
        and beats is not None
        and waits <= beats
        and (one := election or heartbeat)
    ):
        yield Violation(
            one.path,
            f"followers wait {waits:g} s for a heartbeat that comes every {beats:g} s, and call "
            "elections",
            f"set {RAFT}ELECTIONTIMEOUT to several times {RAFT}HEARTBEATINTERVAL",
            Severity.WARNING,
        )
    request = settings.find(f"{RAFT}REQUESTTIMEOUT")
    ends = seconds(request.value or "") if request else 2.5
    if waits and ends and waits < ends and (one := election or request):
        yield Violation(
            one.path,
            f"requests to followers give up after {ends:g} s, and followers call elections after "
            f"{waits:g} s: lost answers cause elections",
            f"set {RAFT}REQUESTTIMEOUT to {RAFT}ELECTIONTIMEOUT or less",
            Severity.WARNING,
        )


def _data(settings: Settings) -> Iterator[Violation]:
    period = settings.find(SNAPSHOTS)
    if period and period.value and (seconds(period.value) or 60) < 60:
        yield Violation(
            period.path,
            f"brokers start only with {period.said} of a minute or more",
            f"set {SNAPSHOTS} to 1m or more",
        )
    stops = {name: settings.find(f"{FREE}{name}") for name in ("PROCESSING", "REPLICATION")}
    given = [each for each in stops.values() if each]
    if not given or settings.switch(MONITORING) is False:
        return
    processing, replication = (
        _size(found.value) if found else usual * 2**30
        for found, usual in zip(stops.values(), (2, 1), strict=True)
    )
    if processing is not None and replication is not None and processing <= replication:
        yield Violation(
            given[0].path,
            "processing has to stop with more free disk space than replication: "
            f"{processing // 2**20} MB are not more than {replication // 2**20}",
            f"set {FREE}PROCESSING above {FREE}REPLICATION",
        )


def _pool(settings: Settings) -> Iterator[Violation]:
    most = settings.find(f"{POOL}MAXIMUMPOOLSIZE")
    if most and re.fullmatch(r"-\d{1,9}|0+", (most.value or "").strip()):
        yield Violation(
            most.path,
            f"brokers start only with {most.said} of 1 or more",
            "write 10, which is the default, or more",
        )
    waits = settings.find(f"{POOL}CONNECTIONTIMEOUT")
    text = (waits.value or "").strip() if waits else ""
    time = seconds(text)
    if waits and time and time < SOONEST:
        yield Violation(
            waits.path,
            f"brokers start only with {waits.said} of 250 milliseconds or more: this is "
            f"{_said(text)}",
            f"write its unit too: {text}s" if text.isdecimal() else "write for example 30s",
        )
    for name, (least, own) in SHORTEST.items():
        found = settings.find(f"{POOL}{name}")
        text = (found.value or "").strip() if found else ""
        if found and (given := seconds(text)) and given < least:
            yield Violation(
                found.path,
                f"the pool takes {own} in place of {found.said}, which is {_said(text)}, less than "
                f"{least} seconds",
                f"write its unit too: {text}s" if text.isdecimal() else f"write {least}s or more",
                Severity.WARNING,
            )
    yield from _switched_off(settings)


def _switched_off(settings: Settings) -> Iterator[Violation]:
    """Yield times of the pool with which it does not do what they are for."""
    most, least = settings.value(f"{POOL}MAXIMUMPOOLSIZE"), settings.find(f"{POOL}MINIMUMIDLE")
    idlest = (least.value or "").strip() if least else ""
    size = int(most) if re.fullmatch(r"[1-9]\d{0,8}", most) else 10
    if least and re.fullmatch(r"\d{1,9}", idlest) and int(idlest) > size:
        yield Violation(
            least.path,
            f"the pool has {size} connections, of which it cannot keep {idlest} idle",
            f"write {size} or less, or {least.removal}",
            Severity.WARNING,
        )
    lifetime = settings.find(f"{POOL}MAXLIFETIME")
    lives = seconds((lifetime.value or "") if lifetime else "30m")
    idle, leak = (settings.find(f"{POOL}{n}") for n in ("IDLETIMEOUT", "LEAKDETECTIONTHRESHOLD"))
    idles = seconds((idle.value or "") if idle else "")
    if idle and idles and lives and lives >= SHORTEST["MAXLIFETIME"][0] and idles + 1 > lives:
        yield Violation(
            idle.path,
            f"the pool ignores {idle.said}, which is not less than {POOL}MAXLIFETIME, {lives:g} s",
            f"write less, or {idle.removal}",
            Severity.WARNING,
        )
    leaks = seconds((leak.value or "") if leak else "")
    if leak and leaks and (leaks < SOONEST_LEAK or (lives and leaks > lives)):
        yield Violation(
            leak.path,
            f"the pool ignores {leak.said} below {SOONEST_LEAK} s and above {POOL}MAXLIFETIME",
            f"write for example 30s, or {leak.removal}",
            Severity.WARNING,
        )


def _said(text: str) -> str:
    return f"{text} milliseconds" if text.isdecimal() else text


def _partitioning(settings: Settings) -> Iterator[Violation]:
    scheme = settings.find(f"{PARTITIONING}SCHEME")
    named = re.sub(r"[\W_]", "", (scheme.value or "") if scheme else "").upper()
    zone = settings.find(ZONE)
    unknown = scheme is not None and scheme.value is None
    if zone and zone.value and named != "ZONEAWARE" and not unknown:
        yield Violation(
            zone.path,
            f"{zone.said} needs the partitioning scheme ZONE_AWARE",
            f"set {PARTITIONING}SCHEME to ZONE_AWARE, and its zones; or {zone.removal}",
        )
    if scheme and named in ("FIXED", "ZONEAWARE"):
        table = "FIXED" if named == "FIXED" else "ZONEAWARE_ZONES"
        if next(settings.below(f"{PARTITIONING}{table}"), None) is None:
            yield Violation(
                scheme.path,
                f"the scheme {scheme.value} needs {'a table' if table == 'FIXED' else 'zones'}",
                f"set {PARTITIONING}{table}_0_…, or {scheme.removal}",
            )
        elif named == "ZONEAWARE" and zone is None:
            yield Violation(
                scheme.path,
                f"with the scheme {scheme.value} each broker is in a zone",
                f"set {ZONE}",
            )


def _size(text: str | None) -> int | None:
    found = re.fullmatch(r"(\d{1,15})(B|KB|MB|GB|TB|)", (text or "").strip())
    return int(found[1]) * _BYTES[found[2]] if found else None
