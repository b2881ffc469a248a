"""Settings of the engine and of TLS between brokers that brokers refuse when they start."""

import re
from collections.abc import Iterator, Mapping

from camformation.diagnostics import quoted
from camformation.durations import seconds
from camformation.rules.registry import Violation
from camformation.rules.settings import Settings

BATCHES = "CAMUNDA_PROCESSING_ENGINE_BATCHOPERATIONS_"
APPEND = "CAMUNDA_CLUSTER_RAFT_MAXAPPENDBATCHSIZE"
TLS = "CAMUNDA_SECURITY_TRANSPORTLAYERSECURITY_CLUSTER_"
LEAST: Mapping[str, tuple[int, str]] = {  # of a number, and what it is otherwise
    "CHUNKSIZE": (1, "100"),
    "DBCHUNKSIZE": (1, "3500"),
    "QUERYPAGESIZE": (1, "10000"),
    "QUERYINCLAUSESIZE": (1, "1000"),
    "QUERYRETRYMAX": (0, "0"),
    "QUERYRETRYBACKOFFFACTOR": (1, "2"),
}
DELAYS: Mapping[str, str] = {"QUERYRETRYINITIALDELAY": "1s", "QUERYRETRYMAXDELAY": "60s"}
COUNTS: Mapping[str, str] = {
    "CAMUNDA_SYSTEM_CPUTHREADCOUNT": "2",
    "CAMUNDA_SYSTEM_IOTHREADCOUNT": "2",
    "CAMUNDA_PROCESSING_MAXCOMMANDSINBATCH": "100",
    "CAMUNDA_PROCESSING_MAXRECOVERABLERETRIES": "1000",
    "CAMUNDA_PROCESSING_MAXPENDINGSIDEEFFECTS": "1000",
}
BACKUPS = "CAMUNDA_DATA_PRIMARYSTORAGE_BACKUP_S3_"
COMPRESSIONS = (
    *("bzip2", "deflate", "gz", "lz4-block", "lz4-framed", "lzma", "pack200", "snappy-framed"),
    *("xz", "zstd"),
)
"""Names of the compressions that Commons Compress reads and writes (CompressorStreamFactory)."""
_TOO_LARGE = 2**31 - 1  # bytes
_BYTES = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


def batches(settings: Settings) -> Iterator[Violation]:
    """Yield settings of batch operations that are out of range."""
    for name, (least, usual) in LEAST.items():
        found = settings.find(f"{BATCHES}{name}")
        text = (found.value or "").strip() if found else ""
        if found and re.fullmatch(r"[+-]?\d{1,18}", text) and int(text) < least:
            yield Violation(
                found.path,
                f"brokers start only with {found.said} of {least} or more",
                f"write {usual}, which is the default, or {found.removal}",
            )
    times: dict[str, float] = {}
    for name, usual in DELAYS.items():
        found = settings.find(f"{BATCHES}{name}")
        time = seconds((found.value or "") if found else usual)
        if found and time == 0:
            yield Violation(
                found.path,
                f"brokers start only with {found.said} above zero",
                f"write {usual}, which is the default, or {found.removal}",
            )
        if time:
            times[name] = time
    first, last = DELAYS
    if len(times) == len(DELAYS) and times[last] < times[first]:
        wrong = settings.find(f"{BATCHES}{last}") or settings.find(f"{BATCHES}{first}")
        if wrong:
            yield Violation(
                wrong.path,
                f"brokers start only with {BATCHES}{last} of {BATCHES}{first} or more: it is "
                f"{times[last]:g} s, and the other {times[first]:g} s",
                f"set {BATCHES}{last} to more, {BATCHES}{first} to less, or neither",
            )


def counts(settings: Settings) -> Iterator[Violation]:
    """Yield counts of which brokers need one at least."""
    for name, usual in COUNTS.items():
        found = settings.find(name)
        if found and re.fullmatch(r"-\d{1,9}|\+?0+", (found.value or "").strip()):
            yield Violation(
                found.path,
                f"brokers start only with {found.said} of 1 or more",
                f"write {usual}, which is the default, or {found.removal}",
            )


def backups(settings: Settings) -> Iterator[Violation]:
    """Yield settings of the store of backups that it refuses."""
    found = {name: settings.find(f"{BACKUPS}{name}") for name in ("BASEPATH", "COMPRESSION")}
    for name, setting in found.items():
        value = (setting.value or "").strip() if setting else ""
        if setting is None or not value:
            continue
        if name == "BASEPATH" and (value.startswith("/") or value.endswith("/")):
            yield Violation(
                setting.path,
                f"{setting.said} starts or ends with a slash: brokers do not start",
                f"write {value.strip('/')}" if value.strip("/") else setting.removal,
            )
        elif name == "COMPRESSION" and value != "none" and value not in COMPRESSIONS:
            meant = {"gzip": "gz", "zstandard": "zstd", "lz4": "lz4-block"}.get(
                value.lower(), "zstd"
            )
            yield Violation(
                setting.path,
                f"{setting.said} is one of {', '.join(COMPRESSIONS)}: with {quoted(value, 40)} "
                "brokers do not start",
                f"write {meant}",
            )
    address = settings.find(f"{BACKUPS}ENDPOINT")
    value = (address.value or "").strip() if address else ""
    if address and value and not re.match(r"(?i)https?://", value):
        yield Violation(
            address.path,
            f"{address.said} has no scheme: brokers do not start",
            f"{address.removal}: the AWS SDK knows the region's, or write https://{value}",
        )


def appends(settings: Settings) -> Iterator[Violation]:
    """Yield that batches of the log are larger than brokers can count."""
    found = settings.find(APPEND)
    size = re.fullmatch(r"(\d{1,15})(B|KB|MB|GB|TB|)", (found.value or "").strip() if found else "")
    if found and size and int(size[1]) * _BYTES[size[2]] >= _TOO_LARGE:
        yield Violation(
            found.path,
            f"brokers start only with {found.said} of less than 2 GB",
            "write 32KB, which is the default, or a few MB",
        )


def transport(settings: Settings) -> Iterator[Violation]:
    """Yield that TLS between brokers has no certificate."""
    on = settings.find(f"{TLS}ENABLED")
    names = ("CERTIFICATECHAINPATH", "KEYSTORE_FILEPATH")
    if on and settings.switch(f"{TLS}ENABLED") and not any(settings.find(TLS + n) for n in names):
        yield Violation(
            on.path,
            "TLS between brokers has no certificate: brokers do not start",
            f"set {TLS}CERTIFICATECHAINPATH and {TLS}CERTIFICATEPRIVATEKEYPATH to files that an "
            f"init container writes, or {on.removal}",
        )
