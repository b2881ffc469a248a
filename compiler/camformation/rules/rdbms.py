"""The rule for what the export to the database refuses."""

import re
from collections.abc import Iterator, Mapping

from camformation.deployment import Deployment
from camformation.diagnostics import quoted
from camformation.durations import seconds
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings, switched
from camformation.spelling import bound

START = "CAMUNDA_DATA_SECONDARYSTORAGE_RDBMS_"
HISTORY = f"{START}HISTORY_"
REPLICATION = f"{START}ASYNCREPLICATION_"
VENDOR = "postgresql"
SHORTEST, LONGEST = f"{HISTORY}MINHISTORYCLEANUPINTERVAL", f"{HISTORY}MAXHISTORYCLEANUPINTERVAL"
UNSET = {SHORTEST: "5s", LONGEST: "1h"}
LEAST: Mapping[str, int] = {
    "QUEUESIZE": 0,
    "QUEUEMEMORYLIMIT": 0,
    "BATCHOPERATIONITEMINSERTBLOCKSIZE": 1,
    "PROCESSCACHEMAXSIZE": 1,
    "BATCHOPERATIONCACHEMAXSIZE": 1,
    "HISTORYHISTORYCLEANUPBATCHSIZE": 1,
    "INSERTBATCHINGMAXVARIABLEINSERTBATCHSIZE": 1,
    "INSERTBATCHINGMAXAUDITLOGINSERTBATCHSIZE": 1,
    "INSERTBATCHINGMAXJOBINSERTBATCHSIZE": 1,
    "INSERTBATCHINGMAXFLOWNODEINSERTBATCHSIZE": 1,
}
WAITING: Mapping[str, int] = {
    "ASYNCREPLICATIONMINSYNCREPLICAS": 1,
    "ASYNCREPLICATIONQUEUECAPACITY": 1,
}
_OF = rf"(?:CAMUNDAPHYSICALTENANTS.+?|CAMUNDA){bound('DATA_SECONDARYSTORAGE_RDBMS')}(.+)"
_POSITIVE = r"HISTORY(?:.+TTL|.+INTERVAL|USAGEMETRICSCLEANUP|JOBBATCHMETRICSCLEANUP)"


@rule("CAM264", "Export setting that brokers refuse")
def export(d: Deployment) -> Iterator[Violation]:
    """Brokers check the settings of the export to the database when they start, and exit if one is
    out of range: retention times and cleanup intervals of the history are above 0, the longest
    interval is longer than the shortest, sizes of caches and batches are 1 or more, and
    `MAXHISTORYCLEANUPUSAGE` is a share between 0 and 1. `DATABASEVENDORID` is `postgresql`, for
    Aurora too.

    With `ASYNCREPLICATION_ENABLED`, brokers wait until replicas have a record: those of an Aurora
    Global Database, which camformation does not create. Its Aurora stores each record in three
    zones before it confirms it. `ASYNCREPLICATION_TYPE: DELAY` waits for a fixed time instead, and
    needs `ASYNCREPLICATION_DELAY`.

    Source: camunda/camunda, io.camunda.exporter.rdbms.ExporterConfiguration,
    ReplicationLsnProviderFactory and RdbmsVendorIdProvider; Camunda docs, RDBMS configuration
    (replication monitoring).
    """
    settings = broker_settings(d)
    waits = settings.switch(f"{REPLICATION}ENABLED") is True
    for each in settings.all:
        if each.value is not None and (matched := re.fullmatch(_OF, each.key)):
            yield from _in_range(each, matched[1], each.value.strip(), waits=waits)
    yield from _intervals(settings)
    if waits and d.version != "8.9":  # or CAM114
        yield from _replication(d, settings)


def _in_range(setting: Setting, name: str, value: str, *, waits: bool) -> Iterator[Violation]:
    least = LEAST.get(name, WAITING.get(name) if waits else None)
    if least is not None and re.fullmatch(r"[+-]?\d{1,18}", value) and int(value) < least:
        example = "1" if name.endswith("REPLICAS") else "1000"
        yield _refused(setting, value, f"{least} or more", example)
    elif name == "HISTORYMAXHISTORYCLEANUPUSAGE" and re.fullmatch(r"-?\d+(?:\.\d+)?", value):
        if not 0 < float(value[:40]) <= 1:
            yield _refused(setting, value, "a share, more than 0 and at most 1", "0.2")
    elif re.fullmatch(_POSITIVE, name) and (_negative(value) or seconds(value) == 0):
        example = "P30D" if name.endswith("TTL") else "PT1H"
        yield _refused(setting, value, "more than 0", example)
    elif name == "FLUSHINTERVAL" and _negative(value):
        yield _refused(setting, value, "0 or more", "PT0.5S")
    elif name == "DATABASEVENDORID" and value and value != VENDOR:
        yield _refused(setting, value, f"{VENDOR}, as the deployment's database is", VENDOR)


def _negative(value: str) -> bool:
    return re.fullmatch(r"(?i)-(?:P[\dDTHMS.]+|\d+[a-z]*)|P.*-\d.*", value) is not None


def _refused(setting: Setting, value: str, what: str, example: str) -> Violation:
    return Violation(
        setting.path,
        f"{setting.said} is {what}: with {quoted(value, 40)} brokers do not start",
        f"write for example {example}",
    )


def _intervals(settings: Settings) -> Iterator[Violation]:
    """Yield that the shortest interval of cleanups is not shorter than the longest."""
    given = {name: settings.find(name) for name in (SHORTEST, LONGEST)}
    times: dict[str, float] = {}
    for name, setting in given.items():
        time = seconds((setting.value or "") if setting else UNSET[name])
        if not time:
            return  # one that nobody knows, or that is refused anyway
        times[name] = time
    if times[LONGEST] > times[SHORTEST]:
        return
    setting = given[SHORTEST] or given[LONGEST]
    if setting is None:
        return
    other = LONGEST if given[SHORTEST] else SHORTEST
    known = given[other]
    than = (
        f"{other}, {(known.value or '').strip()}" if known else f"{other}, {UNSET[other]} if unset"
    )
    yield Violation(
        setting.path,
        f"{setting.said} is not {'less' if other == LONGEST else 'more'} than {than}: brokers do "
        "not start",
        f"set {other} to a {'longer' if other == LONGEST else 'shorter'} time, or "
        f"{setting.removal}",
    )


def _replication(d: Deployment, settings: Settings) -> Iterator[Violation]:
    enabled = settings.find(f"{REPLICATION}ENABLED")
    way = settings.find(f"{REPLICATION}TYPE")
    if enabled is None or not switched(enabled.value or "") or (way and way.value is None):
        return
    kind = bound(way.value or "") if way else ""
    if kind in ("", "LOGSEQ", "TIMELAG") and d.database.existing is None:
        yield Violation(
            enabled.path,
            "brokers wait for replicas of an Aurora Global Database, and the deployment's Aurora "
            "is in one region: they do not start",
            f"{enabled.removal}, or set {REPLICATION}TYPE to DELAY",
        )
    elif way and kind == "DELAY" and not settings.find(f"{REPLICATION}DELAY"):
        yield Violation(
            way.path,
            f"{way.said} is DELAY, and there is no delay: brokers do not start",
            f"set {REPLICATION}DELAY, for example to PT10M",
        )
