"""Settings of the engine and of TLS between brokers that brokers refuse when they start."""

import re
from collections.abc import Iterator, Mapping

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
