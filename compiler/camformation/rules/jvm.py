"""JVM options in variables: system properties and memory sizes."""

import re
from collections.abc import Iterable, Iterator

from camformation.frozen import frozen

OPTIONS = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "_JAVA_OPTIONS")
"""Variables with options, in the order a JVM gets them: what comes later wins (the `java` command,
Using the JDK_JAVA_OPTIONS launcher environment variable; JVM TI, JAVA_TOOL_OPTIONS; start scripts
of Camunda's images, JAVA_OPTS)."""

USUAL_SHARE = 25.0  # per cent of the memory that the heap may take (java -XX:MaxRAMPercentage)
LEAST_HEAP_MIB, LEAST_INITIAL_MIB = 2, 1
"""Sizes below which no JVM starts, most likely without a unit (the java command, -Xmx, -Xms)."""
_WORD = r"""(?:[^\s"']|"[^"]*"|'[^']*')+"""
_QUOTED = r"""\"([^\"]*)\"|'([^']*)'"""
_SIZE = r"(\d{1,18})([kKmMgGtT]?)"
_MIB = {"": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}


@frozen
class Memory:
    """Memory limits of a JVM set by options; None for those that are not set."""

    heap_mib: float | None = None  # -Xmx
    initial_mib: float | None = None  # -Xms
    share: float | None = None  # -XX:MaxRAMPercentage
    direct_mib: float | None = None  # -XX:MaxDirectMemorySize
    wrong: tuple[str, ...] = ()  # options that a JVM refuses, and does not start

    def heap(self, memory_mib: int) -> float:
        """Return the maximum heap size in MiB."""
        if self.heap_mib is not None:
            return self.heap_mib
        return memory_mib * (USUAL_SHARE if self.share is None else self.share) / 100


def words(options: str) -> list[str]:
    """Split options at blanks outside quotes, and remove the quotes; a quote of the other kind
    inside them stays (JVM TI, The JAVA_TOOL_OPTIONS Environment Variable)."""
    found = re.findall(_WORD, options) if options else []
    return [re.sub(_QUOTED, r"\1\2", word) for word in found]


def open_quote(options: str) -> str | None:
    """Return the quote that is never closed, if there is one: no JVM starts with it."""
    left: str = re.sub(_WORD, "", options).strip()
    return left[0] if left else None


def properties(options: str) -> Iterator[tuple[str, str]]:
    """Yield the system properties that options set with `-D`."""
    for word in words(options):
        if word.startswith("-D"):
            name, _, value = word[2:].partition("=")
            yield name, value


def memory(options: Iterable[str]) -> Memory:
    """Read the options; later ones take precedence."""
    found: dict[str, float] = {}
    wrong: list[str] = []
    for word in (word for each in options for word in words(each)):
        if size := re.fullmatch("(?:-Xmx|-XX:MaxHeapSize=)(.*)", word):
            _keep(found, wrong, "heap_mib", word, _mib(size[1], LEAST_HEAP_MIB))
        elif size := re.fullmatch("(?:-Xms|-XX:InitialHeapSize=)(.*)", word):
            _keep(found, wrong, "initial_mib", word, _mib(size[1], LEAST_INITIAL_MIB))
        elif direct := re.fullmatch("-XX:MaxDirectMemorySize=(.*)", word):
            _keep(found, wrong, "direct_mib", word, _mib(direct[1]))
        elif share := re.fullmatch("-XX:MaxRAM(Percentage|Fraction)=(.*)", word):
            _keep(found, wrong, "share", word, _share(share[1], share[2]))
    return Memory(**found, wrong=tuple(wrong))


def _keep(
    found: dict[str, float], wrong: list[str], key: str, word: str, value: float | None
) -> None:
    if value is None:
        wrong.append(word)
    else:
        found[key] = value


def _mib(text: str, least: float = 0) -> float | None:
    size = re.fullmatch(_SIZE, text)
    found = int(size[1]) * _MIB[size[2].upper()] if size else -1.0
    return found if found >= least else None


def _share(kind: str, text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    if kind == "Fraction":
        return 100 / value if value >= 1 else None
    return value if 0 <= value <= 100 else None
