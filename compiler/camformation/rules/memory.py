"""The rule for the brokers' memory: what the JVM and RocksDB may take, of what a task has."""

import re
from collections.abc import Iterator
from math import ceil

from camformation.deployment import Deployment
from camformation.diagnostics import Path, Severity
from camformation.fargate_sizes import GIB
from camformation.frozen import frozen
from camformation.rules import jvm
from camformation.rules.heap import LEAST_NATIVE_MIB, heap_path, heap_setting, options_of
from camformation.rules.images import minor
from camformation.rules.registry import Violation, rule
from camformation.rules.settings import Setting, Settings, broker_settings

ROCKSDB = "CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_"
STRATEGY = f"{ROCKSDB}MEMORYALLOCATIONSTRATEGY"
FRACTION = f"{ROCKSDB}MEMORYFRACTION"
LIMIT = f"{ROCKSDB}MEMORYLIMIT"
LARGEST = f"{ROCKSDB}MAXMEMORYFRACTION"
USUAL_LIMIT_MIB = 512.0
USUAL_SHARE = 0.1
LEAST_HEAP_MIB = 256
LEAST_MIB = 32  # for each partition
MOST = 0.5  # of the memory, for RocksDB
NATIVE = 0.25  # of the memory: what the JVM takes beside its heap
NATIVE_MIB = 512  # the same, where the options bound what Java may allocate itself
FREE = 0.2  # of the memory, for the page cache
MOST_MIB = 120 * GIB  # that a task can have
_SIZE = r"(?i)(\d{1,18})\s*(B|KB|MB|GB|TB|)"
_MIB = {"": 2**-20, "B": 2**-20, "KB": 2**-10, "MB": 1, "GB": 2**10, "TB": 2**20}


@frozen
class State:
    """RocksDB's memory in MiB, and the setting that decides it, if any."""

    mib: float
    setting: Setting | None


@rule("CAM164", "Too little memory for the brokers' state", Severity.WARNING)
def memory(d: Deployment) -> Iterator[Violation]:
    """A broker needs memory for the JVM's heap, a quarter of the task's memory unless options set
    it; for the JVM outside the heap, another quarter; for RocksDB; and for the page cache, at least
    a fifth. If the heap and RocksDB alone exceed the task's memory, brokers are killed: that is an
    error.

    With the strategy FRACTION, the default of 8.10, RocksDB takes a tenth of the memory, or the
    share in `CAMUNDA_DATA_PRIMARYSTORAGE_ROCKSDB_MEMORYFRACTION`. With PARTITION, the default of
    8.9, it takes `…_MEMORYLIMIT` (512 MB) for each partition on the broker; with BROKER, it takes
    that amount once. It needs 32 MiB for each partition. A fraction has no effect with another
    strategy, and a limit has none with FRACTION. Brokers do not start if RocksDB takes more than
    `…_MAXMEMORYFRACTION` allows, unless that is -1. A setting of more than half of the memory is an
    error: some versions refuse to start, and with others, brokers are killed.

    Source: Camunda docs, Self-Managed resource planning (memory); camunda/camunda issues 36455 and
    42748; camunda/camunda, validation of RocksDB's memory.
    """
    o = d.orchestration
    if o.replication_factor > o.brokers or o.memory_budget:
        return  # CAM101, CAM241
    settings = broker_settings(d)
    carried = ceil(o.partitions * o.replication_factor / o.brokers)
    words = f"{carried} partition{'s' * (carried > 1)} on each broker"
    usual = "FRACTION" if minor(d.version) >= (8, 10) else "PARTITION"
    strategy = settings.value(STRATEGY).upper() or usual
    if strategy not in ("FRACTION", "PARTITION", "BROKER"):
        setting = settings.find(STRATEGY)
        yield _wrong(setting, "is not one of FRACTION, PARTITION and BROKER")
        return
    if unused := settings.find(LIMIT if strategy == "FRACTION" else FRACTION):
        yield Violation(
            unused.path,
            f"{unused.said} has no effect with the strategy {strategy}",
            f"{unused.removal}, or set {STRATEGY} to "
            + ("PARTITION or BROKER" if strategy == "FRACTION" else "FRACTION"),
        )
    if strategy == "FRACTION":
        state = _fraction(settings, o.memory_mib)
    else:
        state = _limit(settings, carried if strategy == "PARTITION" else 1)
    if state is None:
        setting = settings.find(FRACTION if strategy == "FRACTION" else LIMIT)
        kind = "a number from 0 to 1" if strategy == "FRACTION" else "a size such as 512MB"
        yield _wrong(setting, f"is not {kind}", _share(setting) if "number" in kind else None)
        return
    if problem := _largest(settings, state.mib if strategy != "FRACTION" else 0, o.memory_mib):
        yield problem
        return
    options = options_of(settings)
    heap = options.heap(o.memory_mib)
    if state.mib > MOST * o.memory_mib:
        yield _too_much(
            state.setting.path if state.setting else ("orchestration", "memory_mib"),
            f"RocksDB uses {state.mib:.0f} MiB, more than half of the task's {o.memory_mib} MiB",
            f"lower {state.setting.said}" if state.setting else "",
            state.mib / 0.3 if strategy != "FRACTION" else None,
            Severity.ERROR if state.setting or state.mib > o.memory_mib else None,
        )
    elif heap < o.memory_mib < heap + state.mib + LEAST_NATIVE_MIB:
        yield _too_much(
            heap_path(settings),
            f"a heap of {heap:.0f} MiB and RocksDB's {state.mib:.0f} MiB exceed the "
            f"task's {o.memory_mib} MiB",
            _lower_heap(options, state.mib, o.memory_mib) if heap_setting(settings) else "",
            (heap + state.mib + LEAST_NATIVE_MIB) / (1 - FREE),
            Severity.ERROR if state.setting or heap_setting(settings) else None,
        )
    elif state.mib < LEAST_MIB * carried and state.setting and strategy != "FRACTION":
        value = (state.setting.value or "").strip()
        least = LEAST_MIB * (1 if strategy == "PARTITION" else carried)
        yield Violation(
            state.setting.path,
            f"{state.setting.said} is less than {least} MB, which RocksDB needs"
            + (" for each partition" if strategy == "PARTITION" else f" for {carried} partitions")
            + ": brokers do not start",
            f"write its unit too, such as {value}MB"
            if value.isdecimal() and int(value[:9]) >= least
            else f"write {least}MB or more",
            Severity.ERROR,
        )
    elif state.mib < LEAST_MIB * carried:
        yield _too_much(
            ("orchestration", "memory_mib"),
            f"{words} need {LEAST_MIB * carried} MiB for RocksDB, too much of the task's "
            f"{o.memory_mib} MiB"
            if strategy == "FRACTION"
            else f"{words} need {LEAST_MIB * carried} MiB for RocksDB, which gets {state.mib:.0f}",
            "" if strategy == "FRACTION" else f"raise {LIMIT}",
            LEAST_MIB * carried / state.mib * o.memory_mib if strategy == "FRACTION" else None,
        )
    elif heap < o.memory_mib and _tight(options, heap, state.mib, o.memory_mib):
        if heap == o.memory_mib * jvm.USUAL_SHARE / 100:
            said = (
                f"{words} use {state.mib:.0f} MiB for RocksDB, too much of the task's "
                f"{o.memory_mib} MiB"
            )
        else:
            said = (
                f"a heap of {heap:.0f} MiB and RocksDB's {state.mib:.0f} MiB leave too little of "
                f"the task's {o.memory_mib} MiB for the rest of the JVM and the page cache"
            )
        yield _too_much(
            heap_path(settings),
            said,
            _lower_heap(options, state.mib, o.memory_mib) if heap_setting(settings) else "",
            _needed(options, heap, state.mib, o.memory_mib),
        )


def _largest(settings: Settings, used: float, memory_mib: int) -> Violation | None:
    """Return why brokers do not start with the largest share of the memory for RocksDB."""
    setting = settings.find(LARGEST)
    text = (setting.value or "").strip() if setting else ""
    if setting is None or not re.fullmatch(r"[+-]?\d{1,9}(?:\.\d{1,9})?", text):
        return None
    share = float(text)
    if share == -1:
        return None
    if not 0 < share <= 1:
        return _wrong(setting, "is not a number from 0 to 1, or -1", _share(setting))
    if used > share * memory_mib:
        return Violation(
            setting.path,
            f"RocksDB uses {used:.0f} MiB, more than {setting.said} allows of the task's "
            f"{memory_mib} MiB: brokers do not start",
            f"lower {LIMIT}, or write {ceil(used / memory_mib * 100) / 100:g} or more",
            Severity.ERROR,
        )
    return None


def _fraction(settings: Settings, memory_mib: int) -> State | None:
    setting = settings.find(FRACTION)
    if setting is None or setting.value is None:
        return State(USUAL_SHARE * memory_mib, None)
    try:
        share = float(setting.value)
    except ValueError:
        return None
    return State(share * memory_mib, setting) if 0 < share <= 1 else None


def _limit(settings: Settings, times: int) -> State | None:
    setting = settings.find(LIMIT)
    if setting is None or setting.value is None:
        return State(USUAL_LIMIT_MIB * times, None)
    size = re.fullmatch(_SIZE, setting.value.strip())
    return State(int(size[1]) * _MIB[size[2].upper()] * times, setting) if size else None


def _tight(options: jvm.Memory, heap: float, state: float, memory_mib: int) -> bool:
    return heap + native_mib(options, memory_mib) + state > (1 - FREE) * memory_mib


def native_mib(options: jvm.Memory, memory_mib: int) -> float:
    """Return the JVM's memory outside its heap."""
    direct = options.direct_mib
    return NATIVE * memory_mib if direct is None else min(direct, memory_mib) + NATIVE_MIB


def _lower_heap(options: jvm.Memory, state: float, memory_mib: int) -> str:
    most = int((1 - FREE) * memory_mib - native_mib(options, memory_mib) - state)
    return f"lower the heap to {most} MiB or less" if most >= LEAST_HEAP_MIB else "lower the heap"


def _needed(options: jvm.Memory, heap: float, state: float, memory_mib: int) -> float | None:
    """Return the memory that would suffice, if the fixed amounts stay the same."""
    for needed in range(memory_mib, MOST_MIB + 1, GIB):
        larger = heap if options.heap_mib is not None else heap * needed / memory_mib
        if not _tight(options, larger, state, needed):
            return needed
    return None


def _too_much(
    path: Path, said: str, lower: str, needed: float | None, severity: Severity | None = None
) -> Violation:
    ways = [lower] if lower else []
    if needed is not None and needed <= MOST_MIB:
        ways.append(f"set orchestration.memory_mib to {ceil(needed / GIB) * GIB} or more")
    if needed is not None or not ways:
        ways.append("use fewer partitions")
    hint = ", ".join(ways[:-1]) + ", or " * bool(ways[1:]) + ways[-1]
    return Violation(path, said, hint, severity)


def _share(setting: Setting | None) -> str | None:
    """Return the share that was meant by one in per cent."""
    found = re.fullmatch(r"(\d{1,2})\s*%?", (setting.value or "").strip() if setting else "")
    return f"write {int(found[1]) / 100:g}" if found and int(found[1]) > 1 else None


def _wrong(setting: Setting | None, what: str, hint: str | None = None) -> Violation:
    assert setting is not None
    said = f"the value of {setting.said} {what}"
    return Violation(setting.path, said, hint or setting.removal, Severity.ERROR)
